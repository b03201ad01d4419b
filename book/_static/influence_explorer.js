// The influence explorer: ‖∂y_t/∂x_s‖ of a small bidirectional layer, live.
//
// Every number carries its derivatives with respect to all inputs (forward-mode differentiation), so the matrix is
// exact. Names follow the book: gates i f g o (LSTM) and r z n (GRU), weights (features, gates * hidden) as nested lists.
"use strict";

const InfluenceExplorer = (() => {
  const GATES = { rnn: 1, lstm: 4, gru: 3 };
  const FEATURES = 3, HIDDEN = 4;

  // --- Numbers with derivatives: {v, d}, d a Float64Array over all inputs ---------------------------------------

  const constant = (v, n) => ({ v, d: new Float64Array(n) });
  const chain = (a, v, slope) => ({ v, d: a.d.map((x) => slope * x) });
  const add = (a, b) => ({ v: a.v + b.v, d: a.d.map((x, k) => x + b.d[k]) });
  const scale = (a, c) => chain(a, c * a.v, c);
  const mul = (a, b) => ({ v: a.v * b.v, d: a.d.map((x, k) => x * b.v + a.v * b.d[k]) });
  const tanh = (a) => { const v = Math.tanh(a.v); return chain(a, v, 1 - v * v); };
  const sigmoid = (a) => { const v = 1 / (1 + Math.exp(-a.v)); return chain(a, v, v * (1 - v)); };

  // Row vector times matrix, plus a bias: entry j is Σ_i row[i] W[i][j] + b[j].
  function affine(row, W, b) {
    return b.map((bias, j) => row.reduce((sum, a, i) => add(sum, scale(a, W[i][j])), constant(bias, row[0].d.length)));
  }

  // --- Cells: one step each ---------------------------------------------------------------------------------------

  const part = (a, k, H) => a.slice(k * H, (k + 1) * H);
  const zip = (f, ...rows) => rows[0].map((_, k) => f(...rows.map((row) => row[k])));

  const step = {
    rnn(x_t, [h], w) {
      return [zip((a, b) => tanh(add(a, b)), affine(x_t, w.W_xh, w.b_h), affine(h, w.W_hh, w.b_h.map(() => 0)))];
    },
    lstm(x_t, [h, c], w) {
      const H = h.length;
      const a = zip(add, affine(x_t, w.W_xh, w.b_h), affine(h, w.W_hh, w.b_h.map(() => 0)));
      const [i, f, o] = [0, 1, 3].map((k) => part(a, k, H).map(sigmoid));
      const c_t = zip((i, f, g, c) => add(mul(f, c), mul(i, tanh(g))), i, f, part(a, 2, H), c);
      return [zip((o, c) => mul(o, tanh(c)), o, c_t), c_t];
    },
    gru(x_t, [h], w) {
      const H = h.length;
      const a = affine(x_t, w.W_xh, w.b_h);
      const u = affine(h, w.W_hh, w.b_h.map((_, k) => (k < 2 * H ? 0 : w.b_hn[k - 2 * H])));
      const [r, z] = [0, 1].map((k) => zip((a, u) => sigmoid(add(a, u)), part(a, k, H), part(u, k, H)));
      const n = zip((a, r, u) => tanh(add(a, mul(r, u))), part(a, 2, H), r, part(u, 2, H));
      return [zip((z, n, h) => add(n, mul(z, add(h, scale(n, -1)))), z, n, h)];
    },
  };

  // One chain over the positions in `order`; positions it skips keep 0.
  function run(cell, x, order, w) {
    const n = x[0][0].d.length, H = w.W_hh.length;
    const zeros = () => Array.from({ length: H }, () => constant(0, n));
    const outputs = x.map(zeros);
    let state = cell === "lstm" ? [zeros(), zeros()] : [zeros()];
    for (const t of order) {
      state = step[cell](x[t], state, w);
      outputs[t] = state[0];
    }
    return outputs;
  }

  const merges = {
    concat: (f, b) => [...f, ...b],
    sum: (f, b) => zip(add, f, b),
    ave: (f, b) => zip((p, q) => scale(add(p, q), 0.5), f, b),
    mul: (f, b) => zip(mul, f, b),
  };

  /** The matrix M[t][s] = ‖∂y_t/∂x_s‖; `length` positions count where `masked`, all of them where not. */
  function influence({ cell, direction, merge, x, length, masked, weights }) {
    const T = x.length, F = x[0].length;
    const inputs = x.map((row, s) => row.map((v, i) => {
      const a = constant(v, T * F);
      a.d[s * F + i] = 1;
      return a;
    }));
    const read = Array.from({ length: masked ? length : T }, (_, t) => t);
    const f = run(cell, inputs, read, weights.f);
    const b = run(cell, inputs, [...read].reverse(), weights.b);
    return x.map((_, t) => {
      const y = direction === "both" ? merges[merge](f[t], b[t]) : direction === "forward" ? f[t] : b[t];
      return x.map((_, s) => Math.hypot(...y.flatMap((a) => [...a.d.slice(s * F, (s + 1) * F)])));
    });
  }

  // --- Random numbers that are the same at every visit (mulberry32, then Box and Muller) ---------------------------

  function generator(seed) {
    const uniform = () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }

  function randomWeights(cell, seed) {
    const normal = generator(seed), G = GATES[cell];
    const matrix = (rows, columns, size) =>
      Array.from({ length: rows }, () => Array.from({ length: columns }, () => size * normal()));
    const one = () => ({
      W_xh: matrix(FEATURES, G * HIDDEN, 0.6),
      W_hh: matrix(HIDDEN, G * HIDDEN, 0.6),
      b_h: Array(G * HIDDEN).fill(0),
      b_hn: Array(HIDDEN).fill(0),
    });
    return { f: one(), b: one() };
  }

  // --- The page's part -------------------------------------------------------------------------------------------------

  const WORDS = ["the", "rat", "ate", "the", "cheese", "in", "the", "kitchen"];
  const choice = (name, label, options) =>
    `<label>${label} <select name="${name}">${options.map((o) => `<option>${o}</option>`).join("")}</select></label>`;

  const MARKUP = `
    <form class="ie-controls">
      ${choice("cell", "cell", ["rnn", "lstm", "gru"])}
      ${choice("direction", "direction", ["both", "forward", "backward"])}
      ${choice("merge", "merge", ["concat", "sum", "ave", "mul"])}
      <label>words <input name="words" type="range" min="1" max="8" value="6"> <output name="wordsOut"></output></label>
      <label><input name="masked" type="checkbox" checked> padding masked</label>
      <label>step <input name="step" type="range" min="0" max="16" value="16"></label>
      <button type="button" name="play">play</button>
    </form>
    <p class="ie-shown"></p><p class="ie-says" role="status"></p>
    <div class="ie-scroll" tabindex="0" role="region" aria-label="influence matrix, one row an output"><table></table></div>`;

  // From white to dark blue over three powers of ten; the text is black or white, whichever stands out more.
  function shade(value, largest) {
    if (!(value > 0)) return "";
    const level = Math.max(0, 1 + Math.log10(value / largest) / 3);
    const rgb = [0, 60, 120].map((c) => Math.round(255 + (c - 255) * level));
    const [r, g, b] = rgb.map((c) => ((c / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return `style="background: rgb(${rgb.join(" ")}); color: ${luminance > 0.179 ? "#000" : "#fff"}"`;
  }

  function mount(root) {
    root.innerHTML = MARKUP;
    const form = root.querySelector("form"), table = root.querySelector("table"), says = root.querySelector(".ie-says");
    const shown = root.querySelector(".ie-shown");
    const field = form.elements, T = WORDS.length;
    const normal = generator(7);
    const vectors = WORDS.map(() => Array.from({ length: FEATURES }, normal));
    const tell = Pictures.quiet(says);
    let chosen = 2;

    function draw(step, playing) {
      const length = Number(field.words.value), masked = field.masked.checked;
      const [cell, direction, merge] = ["cell", "direction", "merge"].map((name) => field[name].value);
      field.merge.disabled = direction !== "both";
      field.wordsOut.value = `${length} of ${T}`;
      const x = vectors.map((v, s) => (s < length ? v : Array(FEATURES).fill(0.5)));
      const M = influence({ cell, direction, merge, x, length, masked, weights: randomWeights(cell, 11) });
      const largest = Math.max(...M.flat());
      const reach = masked ? length : T;
      // Steps 1 to `reach` compute the states, those after carry every output's gradient outwards, a word each.
      field.step.max = 2 * reach;
      const at = Math.min(step, 2 * reach), over = at === 2 * reach;
      const computed = Math.min(at, reach), travelled = at - reach - 1;
      const isForward = (t) => direction !== "backward" && t < computed;
      const isBackward = (t) => direction !== "forward" && t < reach && t >= reach - computed;
      const label = (s) => (s < length ? WORDS[s] : "pad");

      const states = (name, on) =>
        `<tr class="ie-states"><th scope="row">${name}</th>` +
        x.map((_, t) => `<td class="${on(t) ? "on" : ""}">${on(t) ? "●" : "○"}</td>`).join("") + "</tr>";
      const cellOf = (t, s) => {
        if (!over && Math.abs(t - s) > travelled) return '<td class="later">·</td>'; // no gradient has come there
        const value = M[t][s], leak = value > 0 && s >= length && t < length;
        return `<td ${leak ? 'class="leak"' : shade(value, largest)}>${value > 0 ? value.toPrecision(1) : "0"}</td>`;
      };
      const focused = table.contains(document.activeElement) ? document.activeElement.dataset.t : null;
      table.innerHTML =
        `<thead><tr><th></th>${x.map((_, s) => `<th scope="col">${label(s)}</th>`).join("")}</tr></thead><tbody>` +
        states("forward states", isForward) + states("backward states", isBackward) +
        x.map((_, t) => `<tr class="${t === chosen ? "chosen" : ""}"><th scope="row"><button type="button" data-t="${t}" ` +
          `aria-pressed="${t === chosen}">y<sub>${t + 1}</sub> ${label(t)}</button></th>` +
          x.map((_, s) => cellOf(t, s)).join("") + "</tr>").join("") + "</tbody>";
      if (focused !== null) table.querySelector(`button[data-t="${focused}"]`).focus(); // a redraw loses no place

      const leaks = M.slice(0, length).flatMap((row) => row.slice(length)).filter((value) => value > 0).length;
      const caption = over && leaks
        ? `Padding leaks: ${leaks} influences of pads on real words, drawn in red. The backward direction starts in the padding.`
        : at <= reach ? `Step ${at} of ${reach}: each chain has read ${computed} position${computed === 1 ? "" : "s"}; no influence is known yet.`
        : `Every output's gradient has travelled ${travelled} step${travelled === 1 ? "" : "s"} from its position.`;
      shown.textContent = caption;
      tell(playing ? "" : caption);
      root.dataset.leaks = leaks;
    }

    const { go } = Pictures.player(field, draw, 500);
    form.addEventListener("input", ({ target }) => {
      if (target.name === "step") return;
      go(field.step.value); // there may be more steps now, or fewer
      go(field.step.max);
    });
    table.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-t]");
      if (!button) return;
      chosen = Number(button.dataset.t);
      go(field.step.value);
    });
    go(field.step.max);
  }

  return { influence, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".influence-explorer").forEach(InfluenceExplorer.mount));
