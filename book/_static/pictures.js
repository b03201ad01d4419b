// What the pictures that scripts draw share: text in markup, a slider through time that plays, a status that is quiet.
//
// Jupyter Book puts every script of _static into the head of every page, in no order: the others use this one only once
// the page stands.
"use strict";

const Pictures = (() => {
  const PLACE = new URL("reader/", document.currentScript.src);

  /** Load a script of `_static/reader`, once it is needed: a page opened from disk may load scripts, and fetch nothing. */
  function load(name) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(name, PLACE);
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${name} could not be loaded`));
      document.head.append(script);
    });
  }

  /** Text that may stand in markup. */
  const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

  /** Text of at most so many characters. */
  const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  /** The whole numbers below n. */
  const upTo = (n) => Array.from({ length: n }, (_, k) => k);

  /** What a `player` needs of a form. */
  const CONTROLS = `<button type="button" name="play">play</button>
    <label>step <input name="step" type="range" min="0"> <output name="stepOut"></output></label>`;

  /** A way to tell a reader of the screen where things came to rest, not every step on the way there; "" is at once. */
  function quiet(node, milliseconds = 600) {
    let timer = null;
    return (text) => {
      clearTimeout(timer);
      if (text) timer = setTimeout(() => { node.textContent = text; }, milliseconds);
      else node.textContent = "";
    };
  }

  /** The slider `field.step` and the button `field.play`: `draw(step, playing)` is called for every frame. */
  function player(field, draw, milliseconds = 900) {
    let timer = null;
    const over = () => Number(field.step.value) >= Number(field.step.max);

    function show() {
      draw(Number(field.step.value), timer !== null);
      if (field.stepOut) field.stepOut.value = `${field.step.value} of ${field.step.max}`;
    }

    function pause() {
      clearInterval(timer);
      timer = null;
      field.play.textContent = "play";
    }

    function go(step) {
      pause();
      field.step.value = step;
      show();
    }

    function play() {
      if (over()) field.step.value = 0;
      timer = setInterval(() => {
        field.step.value = Number(field.step.value) + 1;
        if (over()) pause();
        show();
      }, milliseconds);
      field.play.textContent = "pause";
      show();
    }

    field.step.addEventListener("input", () => go(field.step.value));
    field.play.addEventListener("click", () => (timer ? go(field.step.value) : play()));
    field.play.form.addEventListener("submit", (event) => event.preventDefault());
    return { go, play, pause };
  }

  // A number as a bar, up for what is above 0 and down for what is below; together they are a state.
  function bars(state, x, y, wide = 56, tall = 11) {
    const each = wide / state.length;
    return state.map((value, j) => {
      const size = tall * Math.abs(value);
      return `<rect x="${x - wide / 2 + j * each}" y="${value > 0 ? y - size : y}" width="${each - 0.6}" height="${size}"/>`;
    }).join("");
  }

  return { load, escape, short, upTo, CONTROLS, quiet, player, bars };
})();
