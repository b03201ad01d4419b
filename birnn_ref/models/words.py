"""What a recurrence reads: word vectors or vectors that are given, with dropout of their entries and of words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int, check_input, check_sizes
from birnn_ref.layers import Dropout, Embedding, Layer, SparseRows, WordDropout
from birnn_ref.layers.embedding import LookedUp


class Words(Embedding):
    """An `Embedding` whose vectors are written out only where some of their entries are dropped.

    Parameters
    ----------
    num_words, features, rng, limit, dtype
        As in `Embedding`.
    dropout : float
        The share of entries dropped, in training.
    word_dropout : float
        The share of words taken for unknown ones, in training; see `WordDropout`.
    unknown : int
        Their id.
    """

    def __init__(
        self, num_words: int, features: int, dropout: float = 0.0, *, word_dropout: float = 0.0, unknown: int = 1,
        rng: np.random.Generator, limit: float = 0.05, dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__(num_words, features, rng=rng, limit=limit, dtype=dtype)
        if not 0 <= unknown < num_words:
            raise ValueError(f"unknown must lie between 0 and {num_words - 1}, got {unknown}")
        self.dropout, self.word_dropout = Dropout(dropout), WordDropout(word_dropout, unknown)

    def read(self, ids: Int, lengths: Any, rng: np.random.Generator | None) -> Float | LookedUp:
        """Return the vectors of the ids, in the form that costs the recurrent layer least."""
        ids = self.word_dropout.forward(ids, lengths, rng=rng)
        if rng is None or not self.dropout.rate:
            return self.look_up(ids, lengths)
        return self.dropout.forward(self.forward(ids, lengths), rng=rng)

    def backward(self, d_outputs: Float | SparseRows) -> None:
        """Store the gradient of ``W``."""
        super().backward(d_outputs if isinstance(d_outputs, SparseRows) else self.dropout.backward(d_outputs))


class Vectors(Layer):
    """Sequences of vectors, as they are: nothing to look up, and nothing to learn.

    Parameters
    ----------
    features : int
        Of a vector.
    dropout : float
        The share of entries dropped, in training.
    dtype : dtype
    """

    def __init__(self, features: int, dropout: float = 0.0, *, dtype: npt.DTypeLike = np.float32) -> None:
        super().__init__()
        check_sizes(features=features)
        self.features, self.dtype, self.dropout = features, np.dtype(dtype), Dropout(dropout)

    def _about(self) -> str:
        return f"{self.features} features"

    def read(self, x: Any, lengths: Any, rng: np.random.Generator | None) -> Float:
        """Check the vectors, ``(batch, time, features)``, and drop some of their entries in training."""
        check_input("x", x, ("batch", "time", self.features), self.dtype)
        return self.dropout.forward(x, lengths, rng=rng)

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient with respect to the vectors."""
        return self.dropout.backward(d_outputs)


def inputs(
    num_words: int | None, features: int, dropout: float, word_dropout: float, unknown: int, *,
    rng: np.random.Generator, dtype: npt.DTypeLike,
) -> Words | Vectors:  # fmt: skip
    """Return what reads ids, or without ``num_words`` what reads vectors.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as the models say, or words are to be dropped where there are none.
    """
    if num_words is not None:
        return Words(num_words, features, dropout, word_dropout=word_dropout, unknown=unknown, rng=rng, dtype=dtype)
    if word_dropout:
        raise ValueError("word_dropout needs words: give num_words, or leave it out")
    return Vectors(features, dropout, dtype=dtype)
