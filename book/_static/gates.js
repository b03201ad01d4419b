// A trace that fades: how long what the first word did is still there, in an RNN, an LSTM and a GRU side by side.
//
// Each cell reads the same words twice, once with another first word. What is drawn is the distance between its two
// states, as a part of that after the first step. Names follow the book: gates i f g o (LSTM) and r z n (GRU).
"use strict";

const Gates = (() => {
  const WIDE = 205, TALL = 190, LEFT = 40, TOP = 24, BOTTOM = 158, LOWEST = -10; // pixels, a power of ten

  const sigmoid = (a) => 1 / (1 + Math.exp(-a));
  const affine = (row, W, b) => b.map((bias, j) => row.reduce((sum, value, i) => sum + value * W[i][j], bias));
  const none = (b) => b.map(() => 0);

  const step = {
    rnn(x_t, [h], w) {
      const a = affine(x_t, w.W_xh, w.b_h), u = affine(h, w.W_hh, none(w.b_h));
      return [a.map((value, j) => Math.tanh(value + u[j]))];
    },
    lstm(x_t, [h, c], w) {
      const H = h.length, u = affine(h, w.W_hh, none(w.b_h)), a = affine(x_t, w.W_xh, w.b_h).map((value, j) => value + u[j]);
      const c_t = c.map((old, j) => sigmoid(a[H + j]) * old + sigmoid(a[j]) * Math.tanh(a[2 * H + j]));
      return [c_t.map((value, j) => sigmoid(a[3 * H + j]) * Math.tanh(value)), c_t];
    },
    gru(x_t, [h], w) {
      const H = h.length, a = affine(x_t, w.W_xh, w.b_h);
      const u = affine(h, w.W_hh, w.b_h.map((_, j) => (j < 2 * H ? 0 : w.b_hn[j - 2 * H])));
      return [h.map((old, j) => {
        const r = sigmoid(a[j] + u[j]), z = sigmoid(a[H + j] + u[H + j]), n = Math.tanh(a[2 * H + j] + r * u[2 * H + j]);
        return (1 - z) * n + z * old;
      })];
    },
  };

  /** A cell's weights with the bias of its keeping gate (f, z), or its recurrent weights (RNN) of a spectral radius. */
  function set(cell, w, { bias, radius }) {
    const H = w.W_hh.length;
    if (cell === "rnn") return { ...w, W_hh: w.W_hh.map((row) => row.map((value) => value * radius / w.radius)) };
    return { ...w, b_h: w.b_h.map((value, j) => (j >= H && j < 2 * H ? bias : value)) };
  }

  function run(cell, x, w) {
    const zeros = () => w.W_hh.map(() => 0);
    let state = cell === "lstm" ? [zeros(), zeros()] : [zeros()];
    return x.map((x_t) => (state = step[cell](x_t, state, w))[0]);
  }

  /** What is left of the first word after each step, 1 after the first. */
  function trace(cell, { x, other, weights }, settings) {
    const w = set(cell, weights[cell], settings), one = run(cell, x, w), two = run(cell, [other, ...x.slice(1)], w);
    const apart = one.map((h, t) => Math.hypot(...h.map((value, j) => value - two[t][j])));
    return apart.map((distance) => distance / apart[0]);
  }

  const written = (value) => (value >= 0.01 ? value.toFixed(2) : value === 0 ? "0" : value.toExponential(0).replace(/e-(\d+)/, (_, power) => ` · 10⁻${[...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("")}`));

  function panel(cell, values, k) {
    const T = values.length, x = (t) => LEFT + (WIDE - LEFT - 10) * t / (T - 1);
    const y = (value) => TOP + (BOTTOM - TOP) * Math.min(1, Math.max(0, Math.log10(Math.max(value, 1e-300)) / LOWEST));
    const points = values.slice(0, k).map((value, t) => `${x(t).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    const rule = [0, -5, -10].map((power) => `<line class="gt-rule" x1="${LEFT}" x2="${WIDE - 10}" y1="${y(10 ** power)}" y2="${y(10 ** power)}"/>` +
      `<text class="gt-power" x="${LEFT - 5}" y="${y(10 ** power) + 4}">${power === 0 ? "1" : `10<tspan dy="-4" font-size="9">−${-power}</tspan>`}</text>`).join("");
    return `<svg class="gt-panel" data-cell="${cell}" data-points="${Math.min(k, T)}" data-left="${k ? values[k - 1] : ""}" width="${WIDE}" height="${TALL}" ` +
      `viewBox="0 0 ${WIDE} ${TALL}" role="img" aria-label="${cell.toUpperCase()}: ${k ? `${written(values[k - 1])} is left after ${k} steps` : "nothing is read yet"}">` +
      `<text x="${(WIDE + LEFT) / 2}" y="14">${cell.toUpperCase()}${k ? `: ${written(values[k - 1])} left` : ""}</text>${rule}` +
      `<polyline points="${points}"/><text x="${(WIDE + LEFT) / 2}" y="${TALL - 6}">step</text></svg>`;
  }

  function mount(root) {
    const numbers = JSON.parse(root.dataset.numbers), T = numbers.x.length;
    root.insertAdjacentHTML("afterbegin", `<form><p class="picture-controls">
        <label>bias of the gate that keeps, f or z <input name="bias" type="range" min="-2" max="6" step="0.5" value="1"> <output name="biasOut"></output></label>
        <label>spectral radius of the RNN <input name="radius" type="range" min="0.4" max="1.6" step="0.1" value="1"> <output name="radiusOut"></output></label></p>
        <p class="picture-controls">${Pictures.CONTROLS}</p></form>
      <div class="gt-panels"></div><p class="picture-caption"></p><p class="picture-status" role="status"></p>`);
    const field = root.querySelector("form").elements, place = root.querySelector(".gt-panels");
    const caption = root.querySelector(".picture-caption"), tell = Pictures.quiet(root.querySelector(".picture-status"));

    const { go } = Pictures.player(field, (k, playing) => {
      const settings = { bias: Number(field.bias.value), radius: Number(field.radius.value) };
      field.biasOut.value = settings.bias.toFixed(1);
      field.radiusOut.value = settings.radius.toFixed(1);
      const traces = Object.fromEntries(Object.keys(step).map((cell) => [cell, trace(cell, numbers, settings)]));
      place.innerHTML = Object.entries(traces).map(([cell, values]) => panel(cell, values, k)).join("");
      const keeps = sigmoid(settings.bias), half = Math.log(0.5) / Math.log(keeps);
      caption.textContent = (k ? `After step ${k} of ${T}. ` : "Nothing is read yet. ") +
        `With a bias of ${settings.bias.toFixed(1)} the gate keeps ${keeps.toFixed(2)} of the memory at each step, ` +
        `and by itself half is gone after ${half.toFixed(1)} steps.`;
      tell(playing || !k ? "" : Object.entries(traces).map(([cell, values]) => `${cell.toUpperCase()}: ${written(values[k - 1])} left`).join(", "));
    }, 200);

    root.querySelector("form").addEventListener("input", ({ target }) => target.name !== "step" && go(field.step.value));
    document.querySelectorAll("[data-gates]").forEach((link) => link.addEventListener("click", () => {
      Object.entries(JSON.parse(link.dataset.gates)).forEach(([name, value]) => { field[name].value = value; });
      go(T);
    }));
    field.step.max = T;
    go(T);
    root.dataset.ready = "";
  }

  return { trace, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".gates").forEach(Gates.mount));
