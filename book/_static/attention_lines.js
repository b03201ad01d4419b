// Where a translator looks while it writes: the words read on the left, the words written on the right, lines between.
//
// At step k the first k words are written, and no more is on the page: neither a later word nor what Tatoeba has. The
// lines are the weights of one written word, the last one or the one that the reader points at.
"use strict";

const AttentionLines = (() => {
  const ROW = 32, WIDE = 72, THICK = 9, NAMED = 15; // pixels; a weight of so many hundredths is named
  const NAMES = { both: "The encoder reads both ways", forward: "The encoder reads forward only" };

  /** What is known of a text at step k: its words so far. */
  const soFar = ({ written }, k) => written.slice(0, k);
  const quote = (word) => `“${word}”`;

  /** In words, where word j looks (1 is the first): what weighs most, and what is not far behind. */
  function looks(read, { written, alpha }, j) {
    const row = alpha[j - 1], most = Math.max(...row);
    const named = Pictures.upTo(row.length).filter((i) => row[i] >= Math.min(NAMED, most)).sort((a, b) => row[b] - row[a]);
    return `${quote(written[j - 1])} looks at ${named.map((i) => `${quote(read[i])} (${row[i]} %)`).join(", ")}`;
  }

  const panel = (way, read, { written }) => `<section class="al-panel" data-way="${way}" aria-label="${NAMES[way]}">
      <p>${NAMES[way]}</p><div class="al-rows">
      <ol class="al-read">${read.map((word) => `<li><span>${Pictures.escape(word)}</span> <span class="al-percent"></span></li>`).join("")}</ol>
      <svg width="${WIDE}" height="${ROW * Math.max(read.length, written.length)}" role="img"></svg>
      <ol class="al-written">${written.map(() => `<li><button type="button" hidden></button></li>`).join("")}</ol></div></section>`;

  /** Bring a panel to step k, with the lines of word j. The words stay where they are, and with them the focus. */
  function paint(place, read, text, k, j) {
    const row = j ? text.alpha[j - 1] : read.map(() => 0), known = soFar(text, k), y = (i) => ROW * (i + 0.5);
    place.querySelectorAll(".al-written button").forEach((button, i) => {
      button.hidden = i >= known.length;
      button.textContent = known[i] ?? "";
      button.setAttribute("aria-pressed", i === j - 1);
    });
    place.querySelectorAll(".al-read li").forEach((item, i) => {
      item.style.setProperty("--weight", row[i] / 100);
      item.querySelector(".al-percent").textContent = j ? `${row[i]} %` : "";
    });
    const lines = place.querySelector("svg");
    lines.setAttribute("aria-label", j ? looks(read, text, j) : "nothing is written yet");
    lines.innerHTML = row.map((weight, i) => (weight ? `<line x1="0" y1="${y(i)}" x2="${WIDE}" y2="${y(j - 1)}" ` +
      `stroke-width="${THICK * weight / 100}" data-read="${i}"/>` : "")).join("");
  }

  function mount(root) {
    const sentences = JSON.parse(root.dataset.attention);
    root.insertAdjacentHTML("afterbegin", `<form><label>A sentence of the test part <select name="sentence">
        ${sentences.map(({ read }, i) => `<option value="${i}">${Pictures.escape(read.join(" "))}</option>`).join("")}</select></label>
        <p class="picture-controls">${Pictures.CONTROLS}</p></form>
      <div class="al-panels"></div><p class="picture-caption"></p><p class="picture-status" role="status"></p>`);
    const field = root.querySelector("form").elements, panels = root.querySelector(".al-panels");
    const caption = root.querySelector(".picture-caption"), tell = Pictures.quiet(root.querySelector(".picture-status"));
    const chosen = {}; // the number of the word whose lines are drawn, 0 for none
    let sentence, k;

    function show(playing) {
      const { read, true: has } = sentence;
      panels.querySelectorAll(".al-panel").forEach((place) =>
        paint(place, read, sentence[place.dataset.way], k, chosen[place.dataset.way]));
      caption.textContent = !k
        ? "The sentence is read, and nothing is written yet."
        : Object.keys(NAMES).map((way) => `${NAMES[way]}: ${looks(read, sentence[way], chosen[way])}.`).join(" ") +
          (k === Number(field.step.max) ? ` Tatoeba has: ${quote(has)}` : "");
      tell(playing ? "" : caption.textContent);
    }

    const { go } = Pictures.player(field, (step, playing) => {
      k = step;
      Object.keys(NAMES).forEach((way) => { chosen[way] = soFar(sentence[way], k).length; });
      show(playing);
    });

    function choose(way, j) {
      chosen[way] = j;
      show(false);
    }

    function open(number) {
      sentence = sentences[number];
      field.sentence.value = number;
      panels.innerHTML = Object.keys(NAMES).map((way) => panel(way, sentence.read, sentence[way])).join("");
      panels.querySelectorAll(".al-panel").forEach((place) => {
        const buttons = [...place.querySelectorAll("button")];
        buttons.forEach((button, i) => {
          ["mouseenter", "focus", "click"].forEach((kind) => button.addEventListener(kind, () => choose(place.dataset.way, i + 1)));
          button.addEventListener("keydown", (event) => {
            const move = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
            if (!move) return;
            event.preventDefault();
            if (i + move >= 0 && i + move < k) buttons[i + move]?.focus();
          });
        });
      });
      field.step.max = Math.max(...Object.keys(NAMES).map((way) => sentence[way].written.length));
      go(field.step.max);
    }

    field.sentence.addEventListener("change", () => open(Number(field.sentence.value)));
    document.querySelectorAll("[data-attention-lines]").forEach((link) => link.addEventListener("click", () => {
      const { read, word } = JSON.parse(link.dataset.attentionLines);
      open(sentences.findIndex((one) => one.read.join(" ") === read));
      Object.keys(NAMES).forEach((way) => {
        const at = sentence[way].written.lastIndexOf(word);
        if (at >= 0) choose(way, at + 1);
      });
    }));
    open(0);
    go(field.step.max - 1); // the last word is a full stop
    root.dataset.ready = "";
  }

  return { looks, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".attention-lines").forEach(AttentionLines.mount));
