// A small bidirectional GRU that names the parts of a sentence: the numbers under "two chains" and "waiting".
//
// Its weights come as a script, reader/tagger.js, since a page opened from disk may fetch nothing. Names follow the
// book: W_xh (features, 3 * hidden) with the gates r z n side by side, one of each for the forward and backward chain.
"use strict";

const SmallTagger = (() => {
  let model, loading;

  /** Whole numbers of one byte, times the parameter's scale, as nested lists of its shape; -128 is minus infinity. */
  function unpack({ shape, scale, bytes }) {
    const value = (whole) => (whole === -128 ? -Infinity : Math.fround(whole * scale));
    const flat = Array.from(Int8Array.from(atob(bytes), (c) => c.charCodeAt(0)), value);
    const cut = (values, [count, ...inner]) => inner.length
      ? Array.from({ length: count }, (_, i) => cut(values.slice(i * values.length / count, (i + 1) * values.length / count), inner))
      : values;
    return cut(flat, shape);
  }

  /** The loaded script hands in what it holds. */
  function supply({ words, tags, unknown, parameters }) {
    const p = Object.fromEntries(Object.entries(parameters).map(([name, packed]) => [name, unpack(packed)]));
    const chain = (way) => Object.fromEntries(["W_xh", "W_hh", "b_h", "b_hn"].map((name) => [name, p[name][way]]));
    const ids = new Map(words.map((word, id) => [word, id]));
    model = { ids, tags, unknown, vectors: p.vectors, forward: chain(0), backward: chain(1), W: p.W, b: p.b };
  }

  /** Load the weights, once. */
  const load = () => (loading ??= Pictures.load("tagger.js"));

  const affine = (row, W, b) => b.map((bias, j) => row.reduce((sum, value, i) => sum + value * W[i][j], bias));
  const sigmoid = (a) => 1 / (1 + Math.exp(-a));

  function step(x_t, h, { W_xh, W_hh, b_h, b_hn }) {
    const H = h.length;
    const a = affine(x_t, W_xh, b_h), u = affine(h, W_hh, [...Array(2 * H).fill(0), ...b_hn]);
    return h.map((before, j) => {
      const r = sigmoid(a[j] + u[j]), z = sigmoid(a[H + j] + u[H + j]);
      const n = Math.tanh(a[2 * H + j] + r * u[2 * H + j]);
      return (1 - z) * n + z * before;
    });
  }

  function run(vectors, chain) {
    let h = Array(chain.W_hh.length).fill(0);
    return vectors.map((x_t) => (h = step(x_t, h, chain)));
  }

  /** A text's words: lower case, without the marks of punctuation, an apostrophe apart from what stands before it. */
  const split = (text) =>
    text.toLowerCase().replace(/[’‘]/g, "'").replace(/'/g, " '").match(/'?[\p{L}\p{N}][\p{L}\p{N}.:]*(?<![.:])/gu) ?? [];

  /** What is read of words: {words, known, forward, backward, scores, tags}; states and scores are lists, one per word. */
  function read(words) {
    const ids = words.map((word) => model.ids.get(word) ?? model.unknown);
    const vectors = ids.map((id) => model.vectors[id]);
    const forward = run(vectors, model.forward), backward = run([...vectors].reverse(), model.backward).reverse();
    const scores = words.map((_, t) => affine([...forward[t], ...backward[t]], model.W, model.b));
    const tags = scores.map((row) => model.tags[row.indexOf(Math.max(...row))]);
    return { words, known: ids.map((id) => id !== model.unknown), forward, backward, scores, tags };
  }

  /** The tags of the first 1, 2, … and all words, as the words come. */
  const asTheyCome = (words) => words.map((_, n) => read(words.slice(0, n + 1)).tags);

  /** The names of all tags, in the order of the scores. */
  const names = () => model.tags;

  /** A tag as a person reads it: "B-object_name" is "object name", and "O" is nothing. */
  const spoken = (tag) => (tag === "O" ? "" : tag.slice(2).replaceAll("_", " "));

  return { supply, load, unpack, names, split, read, asTheyCome, spoken };
})();
