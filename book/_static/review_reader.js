// Read a review with a small bidirectional network, by ONNX Runtime Web, loaded when it is first asked to read.
//
// The model gives for each word what the forward direction adds there, what the backward one adds, and their sum with
// the bias, y; the logit is the mean of y. Nothing is fetched: the model and the runtime come as scripts.
"use strict";

const ReviewReader = (() => {
  const LONGEST = 200, UNKNOWN = 2;
  const supplies = {};

  /** The loaded scripts hand in what they hold. */
  const supply = (things) => Object.assign(supplies, things);

  // --- The model --------------------------------------------------------------------------------------------------

  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const inflate = (packed) =>
    new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();

  const once = (make) => {
    let made;
    return () => (made ??= make().catch((error) => { made = undefined; throw error; }));
  };

  const loadModel = once(() => Pictures.load("model.js"));
  const loadRuntime = once(async () => {
    await loadModel();
    if (supplies.missing) throw new Error(supplies.missing);
    await Pictures.load("runtime.js");
    Object.assign(ort.env.wasm, {
      numThreads: 1, // more need headers that a file on disk has not
      wasmBinary: await inflate(bytes(supplies.wasm)),
      wasmPaths: { mjs: URL.createObjectURL(new Blob([supplies.glue], { type: "text/javascript" })) },
    });
    delete supplies.wasm;
  });
  const session = async (model) => {
    await loadRuntime();
    return ort.InferenceSession.create(bytes(model), { executionProviders: ["wasm"] });
  };
  const ownSession = once(() => loadModel().then(() => session(supplies.model)));

  /** What a model, the page's own if none is given, says of word ids: {forward, backward, y, logit}. */
  async function run(ids, model) {
    const made = model ? await session(model) : await ownSession();
    const input = new ort.Tensor("int64", BigInt64Array.from(ids.map(BigInt)), [1, ids.length]);
    const { readings, y, logit } = await made.run({ ids: input });
    const values = Array.from(readings.data), T = ids.length;
    return { forward: values.slice(0, T), backward: values.slice(T), y: Array.from(y.data), logit: logit.data[0] };
  }

  /** A text's words: lower case, letters and digits, an apostrophe inside a word. */
  const split = (text) =>
    text.toLowerCase().replace(/[’‘]/g, "'").match(/[\p{L}\p{N}]+(?:'[\p{L}\p{N}]+)*/gu) ?? [];

  /** Words with what the model says of them; `known` tells which it knows. */
  async function read(text) {
    const words = split(text).slice(0, LONGEST);
    if (!words.length) throw new Error("there is no word to read");
    await loadModel();
    const ids = words.map((word) => {
      const rank = supplies.words.indexOf(word);
      return rank < 0 ? UNKNOWN : supplies.first + rank;
    });
    return { words, ids, known: ids.map((id) => id !== UNKNOWN), ...(await run(ids)) };
  }

  // --- The page's part ----------------------------------------------------------------------------------------------

  const EXAMPLES = ["This film is good.", "This film is not good.", "Not a bad film at all."];
  const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);

  const MARKUP = `
    <form>
      <label>A sentence or a review, in English
        <textarea name="text" rows="3" maxlength="5000" spellcheck="false"></textarea></label>
      <p class="rr-buttons">
        <button type="submit" name="read">Read it</button>
        ${EXAMPLES.map((text) => `<button type="button" data-text="${text}">${text}</button>`).join(" ")}
      </p>
      <p class="rr-note">The first reading loads the model and its runtime, 5 MB. What you type stays on this page.</p>
      <p class="rr-says" role="status"></p>
      <label class="rr-step">read up to step <input name="step" type="range" min="0">
        <output name="stepOut"></output></label>
    </form>
    <p class="rr-sentence" aria-hidden="true"></p>
    <div class="rr-scroll" tabindex="0" role="region" aria-label="what each direction says at each word"><table></table></div>`;

  function mount(root) {
    let shown = { ...JSON.parse(root.dataset.example), known: [] };
    root.insertAdjacentHTML("afterbegin", MARKUP);
    const form = root.querySelector("form"), table = root.querySelector("table"), says = root.querySelector(".rr-says");
    const sentence = root.querySelector(".rr-sentence"), field = form.elements;
    let asked = 0, ready = false, typing = null;

    // At step k the forward direction has read the first k words, the backward one the last k.
    function draw() {
      const { words, known, forward, backward, y } = shown, T = words.length, step = Number(field.step.value);
      const largest = Math.max(...[...forward, ...backward, ...y].map(Math.abs));
      const shade = (value) => `class="${value < 0 ? "negative" : "positive"}" ` +
        `style="--level: ${(0.15 + 0.7 * Math.abs(value) / largest).toFixed(3)}"`;
      const cell = (value, visible) =>
        visible ? `<td ${shade(value)} data-value="${value}">${signed(value)}</td>` : "<td></td>";
      // The sentence itself: what forward says above each word, what backward says below it, both on the word.
      const part = (tag, value, visible, text = "") => `<${tag} ${visible ? shade(value) : ""}>${text}</${tag}>`;
      sentence.innerHTML = words.map((word, t) => {
        const f = t < step, b = t >= T - step;
        return `<span>${part("i", forward[t], f)}${part("b", y[t], f && b, Pictures.escape(word))}${part("i", backward[t], b)}</span>`;
      }).join(" ");
      const rows = words.map((word, t) => {
        const f = t < step, b = t >= T - step;
        const unknown = known[t] === false ? ' <span class="rr-unknown">(unknown)</span>' : "";
        return `<tr><th scope="row">${Pictures.escape(word)}${unknown}</th>` +
          cell(forward[t], f) + cell(backward[t], b) + cell(y[t], f && b) + "</tr>";
      });
      table.innerHTML =
        `<thead><tr>${["word", "forward →", "backward ←", "both"].map((h) => `<th scope="col">${h}</th>`).join("")}</tr>` +
        `</thead><tbody>${rows.join("")}</tbody>`;
      field.stepOut.value = `${step} of ${T}`;
    }

    function verdict({ words, known, logit }, whose) {
      const sure = 1 / (1 + Math.exp(-Math.abs(logit))), strange = known.filter((is) => !is).length;
      return `${whose}${logit > 0 ? "Positive" : "Negative"}, ${(100 * sure).toFixed(0)} % sure: ` +
        `the mean of the last column is ${signed(logit)}.` +
        (2 * strange > words.length ? " But most of the words are unknown to it. It has read English film reviews only: take this for a guess." : "") +
        (words.length === LONGEST ? ` Only the first ${LONGEST} words were read.` : "");
    }

    function show(found, whose) {
      shown = found;
      field.step.max = found.words.length;
      field.step.value = found.words.length;
      root.dataset.logit = found.logit;
      says.textContent = verdict(found, whose);
      draw();
    }

    // An answer that comes after another question has been asked is thrown away.
    async function readText() {
      const own = ++asked;
      root.dataset.busy = "";
      says.textContent = ready ? "Reading …" : "Loading and reading …";
      try {
        const found = await read(field.text.value);
        ready = true;
        if (own === asked) show(found, "");
      } catch (error) {
        if (own === asked) says.textContent = `The text was not read: ${error.message}. The table is of the text before.`;
      } finally {
        if (own === asked) delete root.dataset.busy;
      }
    }

    // No old verdict stands under a new text. Before the model is there, it is not loaded by a key that was pressed.
    field.text.addEventListener("input", () => {
      clearTimeout(typing);
      asked += 1;
      says.textContent = ready ? "Reading …" : "Press “Read it”: then it goes on reading while you type.";
      if (ready) typing = setTimeout(readText, 100);
    });
    form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(typing); readText(); });
    field.step.addEventListener("input", draw);
    root.querySelector(".rr-buttons").addEventListener("click", ({ target }) => {
      if (!target.dataset.text) return;
      field.text.value = target.dataset.text;
      readText();
    });
    field.text.value = shown.words.join(" ");
    show(shown, "The stored example. ");
  }

  return { supply, run, read, mount };
})();

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".review-reader").forEach(ReviewReader.mount));
