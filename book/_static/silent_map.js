// A map that falls silent: a night of Beijing's air, one station without a line, and what two networks fill in.
//
// At hour k the readings up to k have come. One way, an estimate is made once and stays. Both ways, the backward chain
// starts at hour k, so earlier estimates are revised as the night goes on. What has not come yet is not drawn.
"use strict";

const SilentMap = (() => {
  const WIDE = 300, HIGH = 640; // pixels; µg/m³ at the top of the chart

  /** What is known at hour k: each station's reading or null, and both fillings of the silent hours so far. */
  function frame({ readings, silent, first, back, one_way, both }, k) {
    const quiet = (t) => t >= first && t < back;
    return {
      readings: readings[k].map((value, i) => (i === silent && quiet(k) ? null : value)),
      own: readings.slice(0, k + 1).map((row, t) => (quiet(t) ? null : row[silent])),
      oneWay: one_way.slice(0, Math.max(0, Math.min(k + 1, back) - first)),
      both: both[k],
    };
  }

  function map(night, now) {
    const at = ([x, y]) => [28 + (WIDE - 56) * x, 174 - 150 * y], [sx, sy] = at(night.places[night.silent]);
    const parts = night.places.map((place, i) => {
      const [x, y] = at(place), value = now.readings[i], own = i === night.silent;
      return (own ? "" : `<line class="sm-edge" x1="${sx}" y1="${sy}" x2="${x}" y2="${y}" stroke-width="${(3 * night.weights[i]).toFixed(2)}"/>`) +
        `<circle class="sm-station ${value === null ? "sm-silent" : ""}" data-station="${i}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" ` +
        `r="${value === null ? 9 : (3 + Math.sqrt(value) / 1.6).toFixed(1)}"><title>${night.stations[i]}: ${value ?? "silent"}</title></circle>`;
    });
    const label = now.readings[night.silent] === null ? `<text x="${sx}" y="${sy + 5}">?</text>` : "";
    return `<svg width="${WIDE}" height="200" viewBox="0 0 ${WIDE} 200" role="img" aria-label="The stations, each a circle as large as its reading">` +
      `${parts.join("")}${label}</svg>`;
  }

  function chart(night, now, k, truth) {
    const x = (t) => 34 + 11 * t, y = (v) => 170 - 150 * v / HIGH, { first, back, silent, readings } = night;
    const line = (values, from, kind) => {
      const points = values.map((v, i) => `${x(from + i)},${y(v).toFixed(1)}`).join(" ");
      return values.length ? `<polyline class="${kind}" points="${points}"/>` : "";
    };
    const before = now.own.slice(0, first), after = now.own.slice(back);
    const dots = readings.slice(first, Math.min(k + 1, back)).map((row, i) =>
      `<circle class="sm-truth" cx="${x(first + i)}" cy="${y(row[silent]).toFixed(1)}" r="2.5"/>`).join("");
    const axis = [0, 200, 400, 600].map((v) => `<text class="sm-number" x="28" y="${y(v) + 4}">${v}</text>`).join("") +
      [0, 6, 12, 18].map((t) => `<text x="${x(t)}" y="190">${night.hours[t]}</text>`).join("");
    return `<svg width="${WIDE}" height="200" viewBox="0 0 ${WIDE} 200" role="img" aria-label="${night.stations[silent]}: its readings and both fillings up to ${night.hours[k]}">` +
      `<rect class="sm-gap" x="${x(first - 0.5)}" y="15" width="${11 * (back - first)}" height="155"/>${axis}` +
      `<line class="sm-now" x1="${x(k)}" x2="${x(k)}" y1="15" y2="170"/>` +
      line(before, 0, "sm-own") + line(after, back, "sm-own") +
      line(now.oneWay, first, "sm-one-way") + line(now.both, first, "sm-both") + (truth ? dots : "") + "</svg>";
  }

  function said(night, k) {
    const { first, back, hours, stations, silent, both } = night, name = stations[silent], now = frame(night, k);
    if (k < first) return `${hours[k]}. All twelve stations report. ${name} reads ${night.readings[k][silent]}.`;
    if (k < back) return `${hours[k]}. ${name} is silent. One way fills in ${now.oneWay.at(-1)} for this hour, both ways ${now.both.at(-1)}.`;
    const early = night.both.slice(first, back).map((row) => row.at(-1)), moved = now.both.map((v, i) => Math.abs(v - early[i]));
    const most = moved.indexOf(Math.max(...moved));
    return `${hours[k]}. ${name} reports again. What both ways had said of ${hours[first + most]} at that hour, ${early[most]}, ` +
      `is ${now.both[most]} now; one way's ${now.oneWay[most]} stays.`;
  }

  function mount(root) {
    const night = JSON.parse(root.dataset.night);
    root.insertAdjacentHTML("afterbegin", `<form><p class="picture-controls">${Pictures.CONTROLS}
        <label><input name="truth" type="checkbox"> show what was there</label></p></form>
      <div class="sm-pictures"><div class="sm-map"></div><div class="sm-chart"></div></div>
      <p class="sm-key"><span class="sm-key-one">one way</span> <span class="sm-key-both">both ways</span> <span class="sm-key-truth">what was there</span></p>
      <p class="picture-caption"></p><p class="picture-status" role="status"></p>`);
    const field = root.querySelector("form").elements, caption = root.querySelector(".picture-caption");
    const tell = Pictures.quiet(root.querySelector(".picture-status"));

    function draw(k, playing) {
      const now = frame(night, k);
      root.querySelector(".sm-map").innerHTML = map(night, now);
      root.querySelector(".sm-chart").innerHTML = chart(night, now, k, field.truth.checked);
      caption.textContent = said(night, k);
      field.step.setAttribute("aria-valuetext", night.hours[k]);
      tell(playing ? "" : caption.textContent);
    }

    const { go } = Pictures.player(field, draw);
    field.step.max = night.hours.length - 1;
    field.truth.addEventListener("change", () => go(field.step.value));
    document.querySelectorAll("[data-silent-map-step]").forEach((link) => {
      link.addEventListener("click", () => go(link.dataset.silentMapStep));
    });
    go(night.back - 1);
    root.dataset.ready = "";
  }

  return { frame, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".silent-map").forEach(SilentMap.mount));
