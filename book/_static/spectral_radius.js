// Spectral radius against distance: drag the radius of W_hh, and see how far back a last state still answers.
//
// The norms with tanh are the package's, mean and range of five draws for each radius. Without tanh they are powers of
// the weights: the logarithm is that at radius 1, plus the distance times the logarithm of the radius.
"use strict";

const SpectralRadius = (() => {
  const WIDE = 290, TALL = 210, LEFT = 42, RIGHT = 10, TOP = 26, BOTTOM = 172; // pixels
  const LOWEST = -20, HIGHEST = 10; // powers of ten

  /** The mean logarithm by distance, without tanh. */
  const powers = ({ powers: base }, radius) => base.map((value, k) => value + k * Math.log10(radius));
  /** The farthest distance up to which the norm is never under what counts as left. */
  function reach(values, { left }) {
    const under = values.findIndex((value) => value < Math.log10(left));
    return under < 0 ? values.length - 1 : under - 1;
  }

  const scale = (from, to, low, high) => (value) => from + (to - from) * (Math.min(high, Math.max(low, value)) - low) / (high - low);
  const points = (values, x, y) => values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const axis = (x, y, [title, under], ticks, marks) =>
    `<text x="${(LEFT + WIDE) / 2}" y="14">${title}</text><text x="${(LEFT + WIDE) / 2}" y="${TALL - 4}">${under}</text>` +
    ticks.map(([value, text]) => `<line class="sr-rule" x1="${LEFT}" x2="${WIDE - RIGHT}" y1="${y(value)}" y2="${y(value)}"/>` +
      `<text class="sr-tick" x="${LEFT - 5}" y="${y(value) + 4}">${text}</text>`).join("") +
    marks.map((value) => `<text x="${x(value)}" y="${BOTTOM + 17}">${value}</text>`).join("");
  const svg = (name, label, inside) => `<svg class="${name}" width="${WIDE}" height="${TALL}" viewBox="0 0 ${WIDE} ${TALL}" role="img" aria-label="${label}">${inside}</svg>`;
  const power = (n) => (n ? `10<tspan dy="-4" font-size="9">${String(n).replace("-", "−")}</tspan>` : "1");

  function byDistance(numbers, at, label) {
    const [mean, least, most] = numbers.tanh[at], T = mean.length - 1;
    const x = scale(LEFT, WIDE - RIGHT, 0, T), y = scale(BOTTOM, TOP, LOWEST, HIGHEST);
    const band = `${points(most, x, y)} ${points(least, x, y).split(" ").reverse().join(" ")}`;
    return svg("sr-norms", label, axis(x, y, ["norm of the gradient", "distance in steps"],
      [-20, -10, 0, 10].map((n) => [n, power(n)]), [0, 25, 50]) +
      `<line class="sr-left" x1="${LEFT}" x2="${WIDE - RIGHT}" y1="${y(Math.log10(numbers.left))}" y2="${y(Math.log10(numbers.left))}"/>` +
      `<polygon class="sr-band" points="${band}"/><polyline class="sr-powers" points="${points(powers(numbers, numbers.radii[at]), x, y)}"/>` +
      `<polyline class="sr-tanh" points="${points(mean, x, y)}"/>`);
  }

  function byRadius(numbers, at, label) {
    const { radii, tanh } = numbers, T = numbers.powers.length - 1;
    const along = scale(LEFT, WIDE - RIGHT, 0, radii.length - 1), y = scale(BOTTOM, TOP, 0, T);
    const x = (radius) => along(radii.indexOf(radius));
    const ways = { tanh: tanh.map(([mean]) => reach(mean, numbers)), powers: radii.map((r) => reach(powers(numbers, r), numbers)) };
    return svg("sr-reach", label, axis(x, y, ["reach in steps", "spectral radius"], [[0, 0], [25, 25], [50, "≥ 50"]], [0.5, 1, 2, 3]) +
      Object.entries(ways).reverse().map(([way, values]) => `<polyline class="sr-${way}" points="${points(values, along, y)}"/>` +
        `<circle class="sr-${way}" cx="${along(at)}" cy="${y(values[at])}" r="5" data-reach="${values[at]}"/>`).join(""));
  }

  function mount(root) {
    const numbers = JSON.parse(root.dataset.numbers), { radii, tanh } = numbers, T = numbers.powers.length - 1;
    root.insertAdjacentHTML("afterbegin", `<form><p class="picture-controls"><button type="button" name="play">play</button>
        <label>spectral radius <input name="step" type="range" min="0" max="${radii.length - 1}"> <output name="radiusOut"></output></label></p></form>
      <div class="sr-panels"></div><p class="picture-caption"></p><p class="picture-status" role="status"></p>`);
    const field = root.querySelector("form").elements, place = root.querySelector(".sr-panels");
    const caption = root.querySelector(".picture-caption"), tell = Pictures.quiet(root.querySelector(".picture-status"));
    const steps = (n) => (n === T ? `over all ${T} steps` : `over ${n} step${n === 1 ? "" : "s"}`);

    const { go } = Pictures.player(field, (at, playing) => {
      const radius = radii[at].toFixed(1), own = reach(tanh[at][0], numbers), alone = reach(powers(numbers, radii[at]), numbers);
      field.step.setAttribute("aria-valuetext", radius);
      field.radiusOut.value = radius;
      caption.textContent = `At a spectral radius of ${radius}, at least a hundredth of the gradient is left ${steps(own)} with tanh (solid) ` +
        `and ${steps(alone)} without (dashed).`;
      place.innerHTML = byDistance(numbers, at, caption.textContent) + byRadius(numbers, at, `reach at a spectral radius of ${radius}: ${own} steps with tanh, ${alone} without`);
      tell(playing ? "" : caption.textContent);
    }, 300);

    document.querySelectorAll("[data-spectral-radius]").forEach((link) =>
      link.addEventListener("click", () => go(radii.indexOf(Number(link.dataset.spectralRadius)))));
    go(radii.indexOf(1));
    root.dataset.ready = "";
  }

  return { powers, reach, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".spectral-radius").forEach(SpectralRadius.mount));
