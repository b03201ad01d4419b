// Two chains meet over a sentence, and their gradients run back: one slider through time.
//
// At step k of the T steps of reading the forward chain has read the first k words and the backward one the last k. In
// the T steps after, each chain's gradient runs against its reading. What a step cannot know is not drawn.
"use strict";

const TwoChains = (() => {
  const COLUMN = 84, LONGEST = 12; // pixels, words

  /** What stands at step k of T words: for each word whether its states, its answer and their gradients are known. */
  function frame(T, k) {
    const read = Math.min(k, T), back = Math.max(0, k - T);
    return Array.from({ length: T }, (_, t) => ({
      forward: t < read,
      backward: t >= T - read,
      y: t < read && t >= T - read,
      forwardGradient: t >= T - back,
      backwardGradient: t < back,
    }));
  }

  const arrow = (x1, y1, x2, y2, on, kind) =>
    `<line class="tc-arrow ${kind} ${on ? "on" : ""}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;

  function draw({ words, known, forward, backward, tags }, k) {
    const T = words.length, now = frame(T, k), at = (t) => COLUMN * (t + 0.5);
    const node = (name, state, t, y) => {
      const on = now[t][name], gradient = now[t][`${name}Gradient`];
      return `<g class="tc-node tc-${name} ${on ? "on" : ""} ${gradient ? "gradient" : ""}" data-t="${t}">` +
        `<rect class="tc-box" x="${at(t) - 32}" y="${y - 15}" width="64" height="30" rx="5"/>` +
        (on ? Pictures.bars(state[t], at(t), y) : "") + "</g>";
    };
    const parts = words.map((word, t) => {
      const { forward: f, backward: b, y } = now[t], last = t + 1 === T;
      return arrow(at(t), 185, at(t), 168, f, "tc-forward") + arrow(at(t) + 38, 185, at(t) + 38, 100, b, "tc-backward") +
        arrow(at(t) + 38, 100, at(t) + 33, 94, b, "tc-backward") +
        (last ? "" : arrow(at(t) + 32, 150, at(t + 1) - 33, 150, now[t + 1].forward, "tc-forward") +
          arrow(at(t + 1) - 32, 86, at(t) + 33, 86, now[t].backward && now[t + 1].backward, "tc-backward")) +
        arrow(at(t), 70, at(t), 50, y, "tc-both") +
        node("backward", backward, t, 86) + node("forward", forward, t, 150) +
        `<g class="tc-answer ${y ? "on" : ""}" data-t="${t}"><rect x="${at(t) - 38}" y="8" width="76" height="40" rx="5"/>` +
        (y ? label(SmallTagger.spoken(tags[t]) || "–", at(t)) : "") + "</g>" +
        `<text class="tc-word ${known[t] ? "" : "unknown"}" x="${at(t)}" y="202">${Pictures.escape(Pictures.short(word, 11))}</text>`;
    });
    return `<svg width="${COLUMN * T}" height="212" viewBox="0 0 ${COLUMN * T} 212" role="img" aria-label="${said(words, k)}">` +
      `${parts.join("")}</svg>`;
  }

  // A tag in one line or two.
  function label(text, x) {
    const cut = text.length > 11 ? text.indexOf(" ") : -1;
    const lines = cut < 0 ? [text] : [text.slice(0, cut), text.slice(cut + 1)];
    return lines.map((line, i) => `<text x="${x}" y="${32 - 7 * (lines.length - 1) + 14 * i}">${Pictures.escape(Pictures.short(line, 12))}</text>`).join("");
  }

  function said(words, k) {
    const T = words.length, now = frame(T, k), met = now.filter((w) => w.y).length;
    const quote = (part) => Pictures.escape(part.join(" "));
    if (!k) return "Nothing is read yet. The two chains stand at the two ends.";
    if (k < T) return `Step ${k} of ${T}: forward has read “${quote(words.slice(0, k))}”, backward “${quote(words.slice(T - k))}”. ` +
      (met ? `${met} of ${T} words have met both.` : "No word has met both.");
    if (k === T) return `Step ${T} of ${T}: both chains have read everything, and every word has its answer.`;
    return `Backpropagation, step ${k - T} of ${T}: forward's gradient has come back over its last ${k - T} words, ` +
      `backward's over the first ${k - T}.`;
  }

  function mount(root) {
    const example = root.dataset.example, back = root.dataset.gradients !== undefined;
    root.insertAdjacentHTML("afterbegin", `
      <form><label>A sentence, as to a phone <input name="text" type="text" maxlength="120" spellcheck="false" autocomplete="off"></label>
        <p class="tc-controls">${Pictures.CONTROLS}</p></form>
      <div class="tc-scroll" tabindex="0" role="region" aria-label="the two chains"></div>
      <p class="tc-caption"></p><p class="tc-status" role="status"></p>`);
    const field = root.querySelector("form").elements, place = root.querySelector(".tc-scroll");
    const caption = root.querySelector(".tc-caption"), status = root.querySelector(".tc-status");
    const tell = Pictures.quiet(status);
    let found;

    const { go, play, pause } = Pictures.player(field, (k, playing) => {
      const { words, tags } = found;
      place.innerHTML = draw(found, k);
      caption.innerHTML = said(words, k);
      root.dataset.step = k;
      const over = k === words.length && !playing;
      tell(over ? words.map((word, t) => `${word}: ${SmallTagger.spoken(tags[t]) || "nothing"}`).join(", ") : "");
    });

    function read(words) {
      found = SmallTagger.read(words.slice(0, LONGEST));
      const T = found.words.length;
      field.step.max = back ? 2 * T : T;
      go(T);
      if (words.length > LONGEST) caption.append(` Only the first ${LONGEST} words are read.`);
    }

    field.text.value = example;
    field.text.addEventListener("input", () => {
      pause();
      const words = SmallTagger.split(field.text.value);
      if (words.length) read(words);
      else caption.textContent = "There is no word to read; what is drawn is the sentence before.";
    });
    document.querySelectorAll("[data-two-chains-step]").forEach((link) => {
      link.addEventListener("click", () => go(link.dataset.twoChainsStep));
    });
    SmallTagger.load().then(() => {
      read(SmallTagger.split(example));
      root.dataset.ready = "";
      if (root.dataset.autoplay !== undefined && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
        field.step.value = 0;
        play();
      }
    }).catch((error) => { caption.textContent = `There is no picture: ${error.message}.`; });
  }

  return { frame, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".two-chains").forEach(TwoChains.mount));
