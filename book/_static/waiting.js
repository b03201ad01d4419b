// A tagger that reads while you type: what it says of each word as the words come, and what waiting is worth.
"use strict";

const Waiting = (() => {
  const LONGEST = 12;

  /** For each word the moment at which its tag is decided, counted in words that have come: `wait` words later. */
  const decidedAt = (T, wait) => Array.from({ length: T }, (_, t) => Math.min(t + wait + 1, T));

  function table(words, said, wait) {
    const T = words.length, when = decidedAt(T, wait), last = said[T - 1];
    const head = words.map((word) => `<th scope="col">${Pictures.escape(word)}</th>`).join("");
    const rows = said.map((tags, n) => `<tr><th scope="row">${Pictures.escape(words[n])}</th>` + words.map((_, t) => {
      if (t > n) return '<td class="wt-later"></td>'; // not come yet
      const decided = when[t] === n + 1, changes = decided && tags[t] !== last[t];
      return `<td class="${decided ? "wt-decided" : ""} ${changes ? "wt-changes" : ""}">${SmallTagger.spoken(tags[t]) || "–"}</td>`;
    }).join("") + "</tr>");
    return `<table><thead><tr><th scope="col">after</th>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
  }

  // The score by lookahead, with the chosen one marked.
  function curve({ lookaheads, scores }, chosen) {
    const x = (i) => 46 + 52 * i, low = Math.floor(20 * Math.min(...scores)) / 20, y = (v) => 20 + 90 * (1 - v) / (1 - low);
    const points = scores.map((v, i) => `${x(i)},${y(v)}`).join(" ");
    const name = (i) => (i + 1 === lookaheads.length ? "all" : lookaheads[i]);
    return `<svg width="330" height="150" viewBox="0 0 330 150" role="img" aria-label="Span F1 by words waited for: ` +
      `${scores.map((v, i) => `${name(i)}: ${(100 * v).toFixed(1)} %`).join(", ")}"><polyline points="${points}"/>` +
      scores.map((v, i) => `<circle class="${i === chosen ? "chosen" : ""}" cx="${x(i)}" cy="${y(v)}" r="${i === chosen ? 6 : 3.5}"/>` +
        `<text x="${x(i)}" y="${y(v) - 11}">${(100 * v).toFixed(1)}</text><text x="${x(i)}" y="128">${name(i)}</text>`).join("") +
      `<text class="wt-axis" x="${x(2.5)}" y="147">words waited for</text></svg>`;
  }

  function mount(root) {
    const price = JSON.parse(root.dataset.price), names = price.lookaheads.map((n, i) =>
      i + 1 === price.lookaheads.length ? "the whole sentence" : `${n} word${n === 1 ? "" : "s"}`);
    root.insertAdjacentHTML("afterbegin", `
      <form><label>A sentence, as to a phone <input name="text" type="text" maxlength="120" spellcheck="false" autocomplete="off"></label>
        <p class="wt-controls"><label>waits for <input name="wait" type="range" min="0" max="${names.length - 1}" value="0">
        <output name="waitOut"></output></label></p></form>
      <div class="wt-scroll" tabindex="0" role="region" aria-label="what is said of each word as the words come"></div>
      <p class="wt-says" role="status"></p><div class="wt-price"></div>`);
    const field = root.querySelector("form").elements, place = root.querySelector(".wt-scroll");
    const says = root.querySelector(".wt-says"), chart = root.querySelector(".wt-price");
    const tell = Pictures.quiet(says, 300);

    function show() {
      const words = SmallTagger.split(field.text.value).slice(0, LONGEST), i = Number(field.wait.value);
      field.waitOut.value = names[i];
      chart.innerHTML = curve(price, i);
      if (!words.length) return;
      const said = SmallTagger.asTheyCome(words), when = decidedAt(words.length, price.lookaheads[i]), last = said.at(-1);
      place.innerHTML = table(words, said, price.lookaheads[i]);
      const changed = words.filter((_, t) => said[when[t] - 1][t] !== last[t]);
      tell(changed.length
        ? `Decided too soon: ${changed.join(", ")}. With the whole sentence the answer is another.`
        : "Nothing is decided too soon: the whole sentence gives the same answers.");
    }

    field.text.value = root.dataset.example;
    root.querySelector("form").addEventListener("input", show);
    root.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    SmallTagger.load().then(() => { show(); root.dataset.ready = ""; })
      .catch((error) => { says.textContent = `There is no table: ${error.message}.`; });
  }

  return { decidedAt, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".waiting").forEach(Waiting.mount));
