"""The models' computation, written once for both frameworks: ``xp`` is `torch` or `keras.ops`, whose names agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers import CRF, AdditiveAttention, CharLSTM, Conv1D, Dense, Embedding, Layer, Stack, WordDropout
from birnn_ref.layers.recurrent.merging import merge_pair
from birnn_ref.models import CharTagger, Classifier, ConvClassifier, Regressor, Summary, Tagger
from birnn_ref.models.words import Vectors
from birnn_ref.twins.spec import gradients

MODELS = (Classifier, ConvClassifier, Tagger, CharTagger, Regressor)


def leaves(model: Layer, prefix: str = "") -> dict[str, Layer]:
    """Return the layers that hold a model's parameters by their dotted names; a stack is one of them.

    Examples
    --------
    >>> list(leaves(Tagger("gru", 100, 3, 4, 5, rng=np.random.default_rng(0))))
    ['words', 'tags.stack', 'tags.readout']
    """
    found: dict[str, Layer] = {}
    for name, child in model.children.items():
        if isinstance(child, Stack | Dense | Embedding | Conv1D | AdditiveAttention | CRF):
            found[prefix + name] = child
        else:
            found |= leaves(child, f"{prefix}{name}.")
    return found


def ref_gradients(model: Layer) -> dict[str, Any]:
    """Return the reference's gradients by leaf: a stack's as `Chains`, an embedding's as a whole matrix."""
    named: dict[str, Any] = {}
    for name, layer in leaves(model).items():
        if name.endswith("stack"):
            named[name] = gradients(layer)
            continue
        dense: dict[str, Float] = {}
        for key, value in layer.grads.items():
            if isinstance(value, np.ndarray):
                dense[key] = value
            else:
                dense[key] = np.zeros_like(layer.params[key])
                dense[key][value.rows] = value.values
        named[name] = dense
    return named


class Graph:
    """A model's forward pass over a twin's leaves.

    Parameters
    ----------
    xp : module
        `torch` or `keras.ops`.
    part : callable
        The twin's leaf of a dotted name.
    drop : callable
        ``drop(x, rate)``: dropout, in training.
    within : callable
        ``within(lengths, time)``: True ``(batch, time)`` at the steps that count.
    rows : callable
        ``rows(matrix, at)``: the matrix's rows that an integer array of any shape names.
    """

    def __init__(
        self, xp: Any, part: Callable[[str], Any], drop: Callable[[Any, float], Any], within: Callable[[Any, int], Any],
        rows: Callable[[Any, Any], Any],
    ) -> None:  # fmt: skip
        self.xp, self.part, self.drop, self.within, self.rows = xp, part, drop, within, rows

    def logits(self, model: Layer, x: Any, lengths: Any) -> Any:
        """Compute what the model's ``forward`` computes."""
        if isinstance(model, Classifier) or (isinstance(model, Regressor) and not model.tags):
            summary = self.summary(model.summary, self.read(model, x, lengths), lengths)
            return self.part("readout")(self.drop(summary, model.dropout.rate))
        if isinstance(model, ConvClassifier):
            words = self.drop(self.look_up("words", x, lengths), model.dropout.rate)
            phrases = self.xp.relu(self.convolve("conv", words, lengths))
            pooled, lengths = self.max_pool(phrases, lengths, model.pool.size)
            return self.part("readout")(self.summary(model.summary, pooled, lengths))
        if isinstance(model, Tagger | Regressor):
            assert model.tags is not None
            return self.tags(self.read(model, x, lengths), lengths, model.tags.dropout.rate)
        if not isinstance(model, CharTagger):
            raise TypeError(f"model must be one of birnn_ref.models, got {type(model).__name__}")
        ids, (words_at, letters, counts) = x
        words = self.look_up("words", self.drop_words(model.word_dropout, ids), lengths)
        if lengths is not None:
            words_at = self.xp.where(self.within(lengths, ids.shape[1]), words_at, self.xp.zeros_like(words_at))
        vectors = self.look_up("chars.letters", letters, counts)
        if isinstance(model.chars, CharLSTM):
            h = self.part("chars.stack")(vectors, counts)[1][0][0]  # (2, spellings, features / 2)
            read_once = self.xp.concatenate([h[0], h[1]], axis=-1)
        else:
            read_once = self.pool(self.convolve("chars.conv", vectors, counts), counts, "max")
        spelt = self.keep(self.rows(read_once, words_at), lengths)
        read = self.drop(self.xp.concatenate([words, spelt], axis=-1), model.dropout.rate)
        return self.tags(read, lengths, model.tags.dropout.rate)

    def read(self, model: Classifier | Tagger | Regressor, x: Any, lengths: Any) -> Any:
        """Return the vectors that the recurrence reads."""
        if isinstance(model.words, Vectors):
            return self.drop(self.keep(x, lengths), model.words.dropout.rate)
        ids = self.drop_words(model.words.word_dropout, x)
        return self.drop(self.look_up("words", ids, lengths), model.words.dropout.rate)

    def drop_words(self, layer: WordDropout, ids: Any) -> Any:
        """Take words for unknown ones, in training: those whose one is dropped."""
        if not layer.rate:
            return ids
        ones = self.xp.ones_like(self.part("words")(self.xp.zeros_like(ids))[:, :, 0])
        return self.xp.where(self.drop(ones, layer.rate) > 0, ids, self.xp.full_like(ids, layer.unknown))

    def look_up(self, name: str, ids: Any, lengths: Any) -> Any:
        """Return the vectors of ids, 0 at padded steps, whatever id stands there."""
        if lengths is not None:
            ids = self.xp.where(self.within(lengths, ids.shape[1]), ids, self.xp.zeros_like(ids))
        return self.keep(self.part(name)(ids), lengths)

    def keep(self, x: Any, lengths: Any, fill: float = 0.0) -> Any:
        """Return ``x`` with ``fill`` at the steps that do not count."""
        if lengths is None:
            return x
        return self.xp.where(self.within(lengths, x.shape[1])[:, :, None], x, self.xp.full_like(x, fill))

    def convolve(self, name: str, x: Any, lengths: Any) -> Any:
        """Convolve over time; beyond a sequence's end is zero."""
        return self.keep(self.part(name)(self.keep(x, lengths)), lengths)

    def max_pool(self, x: Any, lengths: Any, size: int) -> tuple[Any, Any]:
        """Return the largest value of each window, and how many windows count."""
        batch, time, features = x.shape
        windows = -(-time // size)
        filled = self.keep(x, lengths, float("-inf"))
        rest = [self.xp.full_like(x[:, :1], float("-inf"))] * (windows * size - time)
        filled = self.xp.concatenate([filled, *rest], axis=1)
        largest = self.xp.amax(self.xp.reshape(filled, (batch, windows, size, features)), axis=2)
        if lengths is None:
            return largest, None
        lengths = (lengths + size - 1) // size
        return self.keep(largest, lengths), lengths

    def pool(self, x: Any, lengths: Any, how: str) -> Any:
        """Return the mean or the maximum over the steps that count; 0 where there are none."""
        xp = self.xp
        ones = self.keep(xp.ones_like(x), lengths)
        count = xp.sum(ones, axis=1)
        some = count > 0
        if how == "mean":
            return xp.sum(self.keep(x, lengths), axis=1) / xp.where(some, count, xp.ones_like(count))
        largest = xp.amax(self.keep(x, lengths, float("-inf")), axis=1)
        return xp.where(some, largest, xp.zeros_like(largest))

    def summary(self, model: Summary, x: Any, lengths: Any) -> Any:
        """Read in both directions and pool over time."""
        xp = self.xp
        outputs, final = self.part("summary.stack")(x, lengths)
        if model.pooling == "final":
            h = final[0][-1]
            return merge_pair(xp, h[0], h[1], model.stack.merge) if model.stack.bidirectional else h[0]
        if model.pooling != "attention":
            return self.pool(outputs, lengths, model.pooling)
        scores = self.part("summary.pool.v")(xp.tanh(self.part("summary.pool.U")(outputs)))
        # A finite score keeps the softmax of an empty sequence finite; its weights become 0 afterwards.
        alpha = self.keep(xp.softmax(self.keep(scores, lengths, -1e30), axis=1), lengths)
        return xp.sum(alpha * outputs, axis=1)

    def tags(self, x: Any, lengths: Any, rate: float) -> Any:
        """Return logits at every step, 0 at padded ones."""
        outputs, _ = self.part("tags.stack")(x, lengths)
        return self.keep(self.part("tags.readout")(self.drop(outputs, rate)), lengths)
