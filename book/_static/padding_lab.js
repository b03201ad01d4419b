// The padding lab: a padded batch becomes one vector for each row, in more or less careful ways, and four lamps say
// whether anything but the row has got in. Names follow the book: W_xh (features, hidden), states as lists of numbers.
"use strict";

const PaddingLab = (() => {
  const COLUMN = 62, ROW = 92, MORE = 3, LEAST = 1e-9; // pixels; pads that "more" adds; what rounding alone may change
  const QUESTIONS = { content: "other numbers in the pads", more: "three pads more", alone: "out of its batch", order: "another order" };

  // --- The layer and the pooling ------------------------------------------------------------------------------------

  const dot = (row, W, j) => row.reduce((sum, value, i) => sum + value * W[i][j], 0);
  const step = (x_t, h, { W_xh, W_hh, b_h }) => b_h.map((b, j) => Math.tanh(dot(x_t, W_xh, j) + dot(h, W_hh, j) + b));

  // A chain over the columns in `order`; columns that it does not read keep 0.
  function run(x, order, weights) {
    let h = weights.b_h.map(() => 0);
    const outputs = x.map(() => h);
    for (const t of order) outputs[t] = h = step(x[t], h, weights);
    return outputs;
  }

  /** How many columns of a row of n words in T columns each chain reads. */
  const reach = (n, T, layer) => (layer === "lengths" ? n : T);

  /** A row's states, {forward, backward}. A layer that knows the lengths, or masks its outputs, gives 0 at pads. */
  function states(x, n, layer, weights) {
    const columns = Pictures.upTo(reach(n, x.length, layer)), kept = layer === "none" ? x.length : n;
    const masked = (outputs) => outputs.map((h, t) => (t < kept ? h : h.map(() => 0)));
    return {
      forward: masked(run(x, columns, weights.forward)),
      backward: masked(run(x, [...columns].reverse(), weights.backward)),
    };
  }

  /** The one vector of a row; with `mask` the pooling reads the row's n words, else all columns. */
  function pool({ forward, backward }, n, { pooling, mask }) {
    const end = mask ? n : forward.length;
    if (pooling === "final") return [...forward[end - 1], ...backward[0]];
    const both = Pictures.upTo(end).map((t) => [...forward[t], ...backward[t]]);
    if (pooling === "last") return both[end - 1];
    return both[0].map((_, j) => (pooling === "mean"
      ? both.reduce((sum, h) => sum + h[j], 0) / end
      : Math.max(...both.map((h) => h[j]))));
  }

  /** One vector for each row of a batch; `sorted` puts the longest first and does not put them back. */
  function model(batch, lengths, settings, weights) {
    const order = Pictures.upTo(batch.length);
    if (settings.sorted) order.sort((a, b) => lengths[b] - lengths[a]);
    return order.map((i) => pool(states(batch[i], lengths[i], settings.layer, weights), lengths[i], settings));
  }

  /** The largest change of any row's vector, for each question. */
  function leaks(batch, lengths, settings, { weights, noise }) {
    const ask = (rows, counts) => model(rows, counts, settings, weights);
    const result = ask(batch, lengths), none = batch[0][0].map(() => 0);
    const answers = {
      content: ask(batch.map((x, i) => x.map((x_t, t) => (t < lengths[i] ? x_t : noise[i][t]))), lengths),
      more: ask(batch.map((x) => [...x, ...Array(MORE).fill(none)]), lengths),
      alone: batch.map((x, i) => ask([x.slice(0, lengths[i])], [lengths[i]])[0]),
      order: ask([...batch].reverse(), [...lengths].reverse()).reverse(),
    };
    const change = (rows) => Math.max(...rows.flatMap((row, i) => row.map((value, j) => Math.abs(value - result[i][j]))));
    return Object.fromEntries(Object.entries(answers).map(([name, rows]) => [name, change(rows)]));
  }

  /** What is known of a row when each chain has taken k steps: for each column whether its two states are. */
  const frame = (n, T, layer, k) => Pictures.upTo(T).map((t) => {
    const last = reach(n, T, layer);
    return { forward: t < Math.min(k, last), backward: t < last && t >= last - k };
  });

  // --- The page's part ----------------------------------------------------------------------------------------------

  const option = ([value, text]) => `<option value="${value}">${text}</option>`;
  const choice = (name, label, options) => `<label>${label} <select name="${name}">${options.map(option).join("")}</select></label>`;
  const markup = () => `<form><p class="picture-controls">
      ${choice("layer", "the layer", [["lengths", "knows the lengths"], ["outputs", "only masks its outputs"], ["none", "does not know them"]])}
      ${choice("pooling", "pooling", [["final", "final states"], ["last", "last column"], ["mean", "mean"], ["max", "maximum"]])}
      <label><input name="mask" type="checkbox" checked> pooling knows the lengths</label>
      <label><input name="sorted" type="checkbox"> sorted, not put back</label>
      <label>pads more <input name="pads" type="range" min="0" max="6" value="1"> <output name="padsOut"></output></label></p>
      <p class="picture-controls">${Pictures.CONTROLS}</p></form>
    <ul class="lamps"></ul>
    <div class="picture-scroll" tabindex="0" role="region" aria-label="the batch and its states"></div>
    <p class="picture-caption"></p><p class="picture-status" role="status"></p>`;

  function mount(root) {
    const lab = JSON.parse(root.dataset.numbers), lengths = lab.words.map((row) => row.length), rows = lengths.length;
    root.insertAdjacentHTML("afterbegin", markup());
    const field = root.querySelector("form").elements, place = root.querySelector(".picture-scroll");
    const caption = root.querySelector(".picture-caption"), lamps = root.querySelector(".lamps");
    const tell = Pictures.quiet(root.querySelector(".picture-status"));
    const far = (a, b) => a.some((value, j) => Math.abs(value - b[j]) > LEAST);

    const read = () => ({
      layer: field.layer.value, pooling: field.pooling.value, mask: field.mask.checked, sorted: field.sorted.checked,
    });
    const columns = () => Math.max(...lengths) + Number(field.pads.value);
    const batch = (T) => lab.x.map((x) => [...x, ...Array(T - x.length).fill(x[0].map(() => 0))]);
    // The longest chain's steps, and one more for the pooling.
    const steps = () => Math.max(...lengths.map((n) => reach(n, columns(), read().layer))) + 1;

    function row(i, T, k, over, vectors) {
      const { layer } = read(), n = lengths[i], x = batch(T)[i], top = ROW * i;
      const found = states(x, n, layer, lab.weights), own = states(x.slice(0, n), n, "lengths", lab.weights);
      const now = frame(n, T, layer, k), alone = model([lab.x[i]], [n], { ...read(), layer: "lengths", mask: true, sorted: false }, lab.weights)[0];
      const box = (way, t, y) => {
        const on = now[t][way], hurt = on && t < n && far(found[way][t], own[way][t]), at = COLUMN * (t + 0.5);
        return `<g class="state ${way} ${on ? "on" : ""} ${hurt ? "hurt" : ""}" data-row="${i}" data-t="${t}">` +
          `<rect class="box" x="${at - 27}" y="${y - 13}" width="54" height="26" rx="4"/>` +
          (on ? Pictures.bars(found[way][t], at, y, 46) : "") + (hurt ? `<text class="mark" x="${at + 22}" y="${y - 2}">!</text>` : "") + "</g>";
      };
      const at = COLUMN * T + 60, wrong = over && far(vectors[i], alone);
      return x.map((_, t) => box("backward", t, top + 18) + box("forward", t, top + 48) +
        `<text class="${t < n ? "" : "pad"}" x="${COLUMN * (t + 0.5)}" y="${top + 78}">${t < n ? lab.words[i][t] : "pad"}</text>`).join("") +
        `<g class="pooled ${over ? "on" : ""} ${wrong ? "hurt" : ""}" data-row="${i}">` +
        `<rect class="box" x="${at - 45}" y="${top + 18}" width="90" height="30" rx="4"/>` +
        (over ? Pictures.bars(vectors[i], at, top + 33, 80) : "") + (wrong ? `<text class="mark" x="${at + 38}" y="${top + 30}">!</text>` : "") +
        `<text x="${at}" y="${top + 78}">vector</text></g>`;
    }

    function draw(k, playing) {
      const T = columns(), settings = read(), last = steps(), over = k === last;
      const vectors = model(batch(T), lengths, settings, lab.weights);
      const wide = COLUMN * T + 120, tall = ROW * rows;
      place.innerHTML = `<svg width="${wide}" height="${tall}" viewBox="0 0 ${wide} ${tall}" role="img" aria-label="${rows} rows of ${T} columns after ` +
        `${Math.min(k, last - 1)} steps">${Pictures.upTo(rows).map((i) => row(i, T, k, over, vectors)).join("")}</svg>`;
      const found = leaks(batch(T), lengths, settings, lab);
      lamps.innerHTML = Object.entries(found).map(([name, change]) => {
        const state = !over ? "later" : change > LEAST ? "leak" : "holds";
        const says = { later: "not known yet", leak: `leaks, ${change.toPrecision(2)}`, holds: "holds" }[state];
        return `<li class="${state}" data-name="${name}"><b>${name}</b> ${QUESTIONS[name]}: ${says}</li>`;
      }).join("");
      const leaking = Object.keys(found).filter((name) => found[name] > LEAST);
      const hurt = place.querySelectorAll(".state.hurt").length;
      caption.textContent = (over
        ? leaking.length ? `Leaks: ${leaking.join(", ")}.` : "No leak: each row's vector depends on the row alone."
        : `Step ${k} of ${last}: each chain has read ${k} column${k === 1 ? "" : "s"}, or its row is over. Nothing is pooled yet.`) +
        (hurt ? ` ${hurt} state${hurt === 1 ? " is" : "s are"} not what the words alone give (red, with a mark).` : "");
      field.padsOut.value = field.pads.value;
      tell(playing ? "" : caption.textContent);
    }

    const { go, pause } = Pictures.player(field, draw, 700);

    function anew() {
      pause();
      field.step.max = steps();
      go(field.step.max);
    }

    function set(settings) {
      for (const [name, value] of Object.entries(settings)) {
        if (field[name].type === "checkbox") field[name].checked = value;
        else field[name].value = value;
      }
      anew();
    }

    root.querySelector("form").addEventListener("input", ({ target }) => target.name !== "step" && anew());
    document.querySelectorAll("[data-padding-lab]").forEach((link) => {
      link.addEventListener("click", () => set(JSON.parse(link.dataset.paddingLab)));
    });
    anew();
    root.dataset.ready = "";
  }

  return { states, pool, leaks, frame, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".padding-lab").forEach(PaddingLab.mount));
