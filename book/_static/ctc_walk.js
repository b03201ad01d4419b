// From steps to labels: what a network trained by CTC says of one spoken number, read off step by step.
//
// At frame k the best label of the first k steps is known, and what they say so far; the two frames after merge equal
// neighbours and drop the blanks. The probabilities are the network's own, which has heard the whole string.
"use strict";

const CtcWalk = (() => {
  const STEP = 11, ROW = 17, LEFT = 24, TOP = 66; // pixels

  const largest = (row) => row.indexOf(Math.max(...row));
  /** The best label of each step. */
  const bestPath = (p) => p.map(largest);
  /** Equal neighbours as one: [{label, from, to}]. */
  function merge(path) {
    const runs = [];
    path.forEach((label, t) => {
      if (runs.length && runs.at(-1).label === label) runs.at(-1).to = t;
      else runs.push({ label, from: t, to: t });
    });
    return runs;
  }
  /** What a path says: merged, then without blanks. */
  const says = (path, blank) => merge(path).map((run) => run.label).filter((label) => label !== blank);

  function draw({ p, loud, begins, blank }, k) {
    const T = p.length, labels = Pictures.upTo(p[0].length), path = bestPath(p.slice(0, Math.min(k, T)));
    const name = (label) => (label === blank ? "␣" : label), x = (t) => LEFT + STEP * t, y = (label) => TOP + ROW * label;
    const quiet = Math.min(...loud), most = Math.max(...loud) - quiet;
    const sound = loud.map((value, t) => `<rect class="cw-loud" x="${x(t) + 1}" width="${STEP - 2}" ` +
      `y="${56 - 44 * (value - quiet) / most}" height="${44 * (value - quiet) / most}"/>`).join("");
    const cells = path.map((best, t) => labels.map((label) =>
      `<rect class="cw-p ${label === blank ? "blank" : ""}" x="${x(t)}" y="${y(label)}" width="${STEP}" height="${ROW - 2}" fill-opacity="${p[t][label]}"/>`).join("") +
      `<rect class="cw-best" data-t="${t}" data-label="${best}" x="${x(t) + 0.5}" y="${y(best)}" width="${STEP - 1}" height="${ROW - 2}"/>`).join("");
    // Boxes under the steps: the path, then equal neighbours merged, then no blanks.
    const base = TOP + ROW * labels.length + 12, runs = k > T ? merge(path) : path.map((label, t) => ({ label, from: t, to: t }));
    const boxes = runs.filter(({ label }) => k < T + 2 || label !== blank).map(({ label, from, to }) =>
      `<g class="cw-run ${label === blank ? "blank" : ""}" data-label="${label}" data-from="${from}" data-to="${to}">` +
      `<rect x="${x(from) + 0.5}" y="${base}" width="${STEP * (to - from + 1) - 1}" height="22"/>` +
      `<text x="${(x(from) + x(to + 1)) / 2}" y="${base + 16}">${name(label)}</text></g>`).join("");
    const true_ = begins.map((t) => `<line class="cw-begins" x1="${x(t)}" x2="${x(t)}" y1="6" y2="${base + 24}"/>`).join("");
    const wide = LEFT + STEP * T + 8, tall = base + 30;
    return `<svg width="${wide}" height="${tall}" viewBox="0 0 ${wide} ${tall}" role="img" aria-label="${said({ p, blank }, k)}">${sound}` +
      labels.map((label) => `<text x="12" y="${y(label) + 12}">${name(label)}</text>`).join("") + cells + boxes + (k > T ? true_ : "") + "</svg>";
  }

  function said({ p, blank }, k) {
    const T = p.length, path = bestPath(p.slice(0, Math.min(k, T))), heard = says(path, blank).join(" ") || "nothing";
    if (!k) return "The network has heard the string. Its answers are read off from the left, a step at a time.";
    if (k <= T) return `Step ${k} of ${T}: the best label is ${path.at(-1) === blank ? "the blank" : path.at(-1)}. What the path says so far: ${heard}.`;
    if (k === T + 1) return `Equal neighbours are merged: ${T} steps become ${merge(path).length} runs. Dotted: where the recordings truly begin.`;
    return `The blanks are dropped, and what is left is the answer: ${heard}.`;
  }

  function mount(root) {
    const spoken = JSON.parse(root.dataset.spoken);
    root.insertAdjacentHTML("afterbegin", `<form><p class="picture-controls">${Pictures.CONTROLS}</p></form>
      <div class="picture-scroll" tabindex="0" role="region" aria-label="labels of each step"></div>
      <p class="picture-caption"></p><p class="picture-status" role="status"></p>`);
    const field = root.querySelector("form").elements, place = root.querySelector(".picture-scroll");
    const caption = root.querySelector(".picture-caption"), tell = Pictures.quiet(root.querySelector(".picture-status"));
    const { go } = Pictures.player(field, (k, playing) => {
      place.innerHTML = draw(spoken, k);
      caption.textContent = said(spoken, k);
      tell(playing ? "" : caption.textContent);
    }, 250);
    field.step.max = spoken.p.length + 2;
    go(field.step.max);
    root.dataset.ready = "";
  }

  return { bestPath, merge, says, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".ctc-walk").forEach(CtcWalk.mount));
