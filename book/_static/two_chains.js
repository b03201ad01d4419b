// Two chains meet over a sentence, and their gradients run back: one slider through time.
//
// At step k of the T steps of reading the forward chain has read the first k words and the backward one the last k. In
// the T steps after, each chain's gradient runs against its reading. What a step cannot know is not drawn.
"use strict";

const TwoChains = (() => {
  const COLUMN = 84, LONGEST = 12, STEP = 900; // pixels, words, milliseconds

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

  // A state as bars, up for what is above 0 and down for what is below.
  function bars(state, x, y) {
    const wide = 56 / state.length;
    return state.map((value, j) => {
      const tall = 11 * Math.abs(value);
      return `<rect x="${x - 28 + j * wide}" y="${value > 0 ? y - tall : y}" width="${wide - 0.6}" height="${tall}"/>`;
    }).join("");
  }

  const arrow = (x1, y1, x2, y2, on, kind) =>
    `<line class="tc-arrow ${kind} ${on ? "on" : ""}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;

  function draw({ words, known, forward, backward, tags }, k) {
    const T = words.length, now = frame(T, k), at = (t) => COLUMN * (t + 0.5);
    const node = (name, state, t, y) => {
      const on = now[t][name], gradient = now[t][`${name}Gradient`];
      return `<g class="tc-node tc-${name} ${on ? "on" : ""} ${gradient ? "gradient" : ""}" data-t="${t}">` +
        `<rect class="tc-box" x="${at(t) - 32}" y="${y - 15}" width="64" height="30" rx="5"/>` +
        (on ? bars(state[t], at(t), y) : "") + "</g>";
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
        `<text class="tc-word ${known[t] ? "" : "unknown"}" x="${at(t)}" y="202">${SmallTagger.escape(short(word, 11))}</text>`;
    });
    return `<svg width="${COLUMN * T}" height="212" viewBox="0 0 ${COLUMN * T} 212" role="img" aria-label="${said(words, k)}">` +
      `${parts.join("")}</svg>`;
  }

  const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  // A tag in one line or two.
  function label(text, x) {
    const cut = text.length > 11 ? text.indexOf(" ") : -1;
    const lines = cut < 0 ? [text] : [text.slice(0, cut), text.slice(cut + 1)];
    return lines.map((line, i) => `<text x="${x}" y="${32 - 7 * (lines.length - 1) + 14 * i}">${SmallTagger.escape(short(line, 12))}</text>`).join("");
  }

  function said(words, k) {
    const T = words.length, now = frame(T, k), met = now.filter((w) => w.y).length;
    const quote = (part) => SmallTagger.escape(part.join(" "));
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
        <p class="tc-controls"><button type="button" name="play">play</button>
        <label>step <input name="step" type="range" min="0"> <output name="stepOut"></output></label></p></form>
      <div class="tc-scroll" tabindex="0" role="region" aria-label="the two chains"></div>
      <p class="tc-caption"></p><p class="tc-status" role="status"></p>`);
    const field = root.querySelector("form").elements, place = root.querySelector(".tc-scroll");
    const caption = root.querySelector(".tc-caption"), status = root.querySelector(".tc-status");
    let found, timer = null, quiet = null;

    function show() {
      const k = Number(field.step.value), T = found.words.length;
      place.innerHTML = draw(found, k);
      caption.innerHTML = said(found.words, k);
      field.stepOut.value = `${k} of ${field.step.max}`;
      root.dataset.step = k;
      clearTimeout(quiet); // a reader of the screen hears where it came to rest, not every step
      if (!timer) quiet = setTimeout(() => { status.textContent = k === T ? found.tags.map(SmallTagger.spoken).map((tag, t) => `${found.words[t]}: ${tag || "nothing"}`).join(", ") : ""; }, 600);
    }

    function pause() {
      clearInterval(timer);
      timer = null;
      field.play.textContent = "play";
    }

    function play() {
      if (Number(field.step.value) >= Number(field.step.max)) field.step.value = 0;
      timer = setInterval(() => {
        field.step.value = Number(field.step.value) + 1;
        if (Number(field.step.value) >= Number(field.step.max)) pause();
        show();
      }, STEP);
      field.play.textContent = "pause";
      show();
    }

    function read(words) {
      found = SmallTagger.read(words.slice(0, LONGEST));
      const T = found.words.length;
      field.step.max = back ? 2 * T : T;
      field.step.value = T;
      show();
      if (words.length > LONGEST) caption.append(` Only the first ${LONGEST} words are read.`);
    }

    field.text.value = example;
    field.text.addEventListener("input", () => {
      pause();
      const words = SmallTagger.split(field.text.value);
      if (words.length) read(words);
      else caption.textContent = "There is no word to read; what is drawn is the sentence before.";
    });
    field.step.addEventListener("input", () => { pause(); show(); });
    field.play.addEventListener("click", () => (timer ? (pause(), show()) : play()));
    root.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    document.querySelectorAll("[data-two-chains-step]").forEach((link) => link.addEventListener("click", () => {
      pause();
      field.step.value = link.dataset.twoChainsStep;
      show();
    }));
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

// Jupyter Book puts every script of _static into the head of every page.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".two-chains").forEach(TwoChains.mount);
});
