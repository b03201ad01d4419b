// A lattice over a sentence that the reader types: a CRF over the small tagger's scores, one slider through its steps.
//
// At step k of the T steps forward the first k words are reached: the best score of a tagging that ends there, and where
// it came from. In the T steps back the path's last words become known, and with them the probability of each tag.
"use strict";

const Lattice = (() => {
  const COLUMN = 100, ROW = 50, TOP = 30, LONGEST = 12, MOST = 7; // pixels, words, tags that are drawn
  let crf;

  /** The loaded script hands in what it holds. */
  function supply({ parameters }) {
    crf = Object.fromEntries(Object.entries(parameters).map(([name, packed]) => [name, SmallTagger.unpack(packed)]));
  }

  const largest = (row) => row.indexOf(Math.max(...row));
  function logSumExp(scores) {
    const top = Math.max(...scores);
    return top === -Infinity ? top : top + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - top), 0));
  }

  /** All of it for emissions P[t][j]: {best, from, path, score, marginals}; best[t][j] ends in tag j at word t. */
  function solve(P, { transitions: A, start, end } = crf) {
    const T = P.length, tags = Pictures.upTo(start.length);
    const first = tags.map((j) => start[j] + P[0][j]);
    const best = [first], from = [tags.map(() => null)], alpha = [first];
    for (let t = 1; t < T; t += 1) {
      from.push(tags.map((j) => largest(tags.map((i) => best[t - 1][i] + A[i][j]))));
      best.push(tags.map((j) => best[t - 1][from[t][j]] + A[from[t][j]][j] + P[t][j]));
      alpha.push(tags.map((j) => logSumExp(tags.map((i) => alpha[t - 1][i] + A[i][j])) + P[t][j]));
    }
    const beta = Array(T);
    beta[T - 1] = end;
    for (let t = T - 2; t >= 0; t -= 1) {
      beta[t] = tags.map((i) => logSumExp(tags.map((j) => A[i][j] + P[t + 1][j] + beta[t + 1][j])));
    }
    const ends = tags.map((j) => best[T - 1][j] + end[j]), path = Array(T);
    path[T - 1] = largest(ends);
    for (let t = T - 1; t > 0; t -= 1) path[t - 1] = from[t][path[t]];
    const logZ = logSumExp(tags.map((j) => alpha[T - 1][j] + end[j]));
    const marginals = alpha.map((row, t) => row.map((a, j) => Math.exp(a + beta[t][j] - logZ)));
    return { best, from, path, score: Math.max(...ends), marginals };
  }

  /** What is known at step k of T words: for each word whether it is reached, and whether its tag is. */
  const frame = (T, k) => Pictures.upTo(T).map((t) => ({ reached: t < k, tagged: t >= 2 * T - k }));

  /** The tags that are drawn: those of the path and of the words by themselves, then the most probable ones. */
  function drawn({ path, marginals }, alone) {
    const chance = marginals[0].map((_, j) => Math.max(...marginals.map((row) => row[j])));
    const needed = [...new Set([...path, ...alone])];
    const others = Pictures.upTo(chance.length).filter((j) => !needed.includes(j)).sort((i, j) => chance[j] - chance[i]);
    return [...needed, ...others.slice(0, Math.max(0, MOST - needed.length))].sort((i, j) => i - j);
  }

  // --- The page's part ----------------------------------------------------------------------------------------------

  const percent = (p) => (p < 0.005 ? "0 %" : p > 0.995 ? "100 %" : `${(100 * p).toFixed(0)} %`);

  function draw({ words, rows, solved, alone, chances }, k) {
    const T = words.length, now = frame(T, k), { best, from, path, marginals } = solved;
    const x = (t) => COLUMN * (t + 0.5), y = (j) => TOP + ROW * (rows.indexOf(j) + 0.5);
    const arrow = (t, j) => {
      const i = from[t][j];
      if (!now[t].reached || i === null || best[t][j] === -Infinity || !rows.includes(i)) return "";
      const chosen = now[t - 1].tagged && path[t] === j;
      return `<line class="lt-arrow ${chosen ? "path" : ""}" data-t="${t}" data-to="${j}" data-from="${i}" ` +
        `x1="${x(t - 1) + 37}" y1="${y(i)}" x2="${x(t) - 38}" y2="${y(j)}"/>`;
    };
    const node = (t, j) => {
      const { reached, tagged } = now[t], impossible = best[t][j] === -Infinity;
      return `<g class="lt-node ${reached ? "on" : ""} ${tagged && path[t] === j ? "path" : ""} ${alone[t] === j ? "alone" : ""}" data-t="${t}" data-tag="${j}">` +
        `<rect class="box" x="${x(t) - 37}" y="${y(j) - 19}" width="74" height="38" rx="5"/>` +
        `<rect class="lt-chance" x="${x(t) - 34}" y="${y(j) + 13}" width="${68 * chances[t][j]}" height="3"/>` +
        `<text class="lt-best" x="${x(t)}" y="${y(j) - 5}">${reached ? (impossible ? "–" : best[t][j].toFixed(1)) : ""}</text>` +
        `<text class="lt-marginal" x="${x(t)}" y="${y(j) + 10}">${tagged ? percent(marginals[t][j]) : ""}</text></g>`;
    };
    const columns = Pictures.upTo(T).map((t) =>
      `<text class="lt-word" x="${x(t)}" y="18">${Pictures.escape(Pictures.short(words[t], 13))}</text>` +
      rows.map((j) => (t ? arrow(t, j) : "") + node(t, j)).join(""));
    const wide = COLUMN * T, tall = TOP + ROW * rows.length;
    return `<svg width="${wide}" height="${tall}" viewBox="0 0 ${wide} ${tall}" role="img" aria-label="${said({ words, alone, solved }, k)}">${columns.join("")}</svg>`;
  }

  const spoken = (j) => SmallTagger.names()[j];

  function said({ words, alone, solved }, k) {
    const T = words.length, quote = (word) => `“${Pictures.escape(word)}”`;
    if (!k) return "The tagger has scored every tag at every word: the thin bar of a box is its softmax. Nothing is decided.";
    if (k <= T) {
      return `Step ${k} of ${2 * T}, forward: each box up to ${quote(words[k - 1])} holds the best score of a tagging that ends in it; ` +
        "the arrow says where that one came from." + (k === T ? " Only now is there a best end." : "");
    }
    const changed = Pictures.upTo(T).filter((t) => t >= 2 * T - k && solved.path[t] !== alone[t]);
    return `Step ${k} of ${2 * T}, back along the arrows: the tags of the last ${k - T} words are settled. ` +
      (changed.length
        ? `By themselves the words would have said otherwise (dotted box): ${changed.map((t) => `${quote(words[t])} is ${spoken(solved.path[t])}, not ${spoken(alone[t])}`).join("; ")}.`
        : "So far each word by itself says the same.");
  }

  const markup = () => `<form><label>A sentence, as to a phone <input name="text" type="text" maxlength="120" spellcheck="false" autocomplete="off"></label>
      <p class="picture-controls">${Pictures.CONTROLS}</p></form>
    <div class="lt-lattice"><div class="lt-tags"></div>
      <div class="picture-scroll" tabindex="0" role="region" aria-label="the lattice"></div></div>
    <p class="picture-caption"></p><p class="picture-status" role="status"></p>`;

  function mount(root) {
    root.insertAdjacentHTML("afterbegin", markup());
    const field = root.querySelector("form").elements, place = root.querySelector(".picture-scroll");
    const caption = root.querySelector(".picture-caption"), tell = Pictures.quiet(root.querySelector(".picture-status"));
    let found;

    const { go, pause } = Pictures.player(field, (k, playing) => {
      place.innerHTML = draw(found, k);
      caption.innerHTML = said(found, k);
      const { words, solved } = found;
      tell(k === 2 * words.length && !playing ? words.map((word, t) => `${word}: ${spoken(solved.path[t])}`).join(", ") : "");
    });

    function read(words) {
      const { scores } = SmallTagger.read(words), solved = solve(scores), alone = scores.map(largest);
      const rows = drawn(solved, alone);
      const chances = scores.map((row) => row.map((score) => Math.exp(score - logSumExp(row))));
      found = { words, rows, solved, alone, chances };
      const label = (j, r) => `<text x="112" y="${TOP + ROW * (r + 0.5) + 4}">${Pictures.short(spoken(j), 15)}</text>`;
      root.querySelector(".lt-tags").innerHTML =
        `<svg width="116" height="${TOP + ROW * rows.length}" aria-hidden="true">${rows.map(label).join("")}</svg>`;
      field.step.max = 2 * words.length;
      go(2 * words.length);
    }

    field.text.value = root.dataset.example;
    field.text.addEventListener("input", () => {
      pause();
      const words = SmallTagger.split(field.text.value);
      if (words.length) read(words.slice(0, LONGEST));
      else caption.textContent = "There is no word to read; what is drawn is the sentence before.";
      if (words.length > LONGEST) caption.append(` Only the first ${LONGEST} words are read.`);
    });
    SmallTagger.load().then(() => Pictures.load("crf.js")).then(() => {
      read(SmallTagger.split(root.dataset.example));
      root.dataset.ready = "";
    }).catch((error) => { caption.textContent = `There is no picture: ${error.message}.`; });
  }

  return { supply, solve, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".lattice").forEach(Lattice.mount));
