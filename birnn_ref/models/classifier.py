"""One answer for a whole sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int
from birnn_ref.layers import Conv1D, Dense, Dropout, Embedding, Layer, MaxPoolTime, ReLU
from birnn_ref.models.summary import Summary
from birnn_ref.models.words import Words


class Classifier(Layer):
    """Word vectors, a bidirectional recurrence, one linear readout: a BRNN, a BiLSTM or a BiGRU by its cell.

    Parameters
    ----------
    cell : str, a name in `birnn_ref.cells.CELLS`
    num_words : int
        Token ids run from 0 to ``num_words - 1``.
    embedding, hidden : int
        Features of a word vector, and of each direction's state.
    outputs : int
        Logits: 1 for yes or no, else one per class.
    depth : int
        Recurrent layers.
    pooling : {"final", "mean", "max", "attention"}
        How the states become one vector; see `Summary`.
    dropout : float
        The share dropped of the word vectors and of the pooled vector, in training.
    rng : numpy.random.Generator
        Draws the weights.
    dtype : dtype
    **options
        Further arguments of `Stack`.

    Examples
    --------
    >>> model = Classifier("lstm", 2000, 16, 8, rng=np.random.default_rng(0))
    >>> model.forward(np.array([[5, 6, 7], [8, 0, 0]]), np.array([3, 1])).shape
    (2, 1)
    """

    def __init__(
        self, cell: str, num_words: int, embedding: int, hidden: int, outputs: int = 1, *, depth: int = 1,
        pooling: str = "final", dropout: float = 0.0, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.words, self.dropout = Words(num_words, embedding, dropout, rng=rng, dtype=dtype), Dropout(dropout)
        self.summary = Summary(cell, embedding, hidden, depth, pooling, rng=rng, dtype=dtype, **options)
        self.readout = Dense(self.summary.features, outputs, rng=rng, dtype=dtype)
        self.children = {"words": self.words, "summary": self.summary, "readout": self.readout}

    def forward(self, ids: Int, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, outputs)`` of token ids ``(batch, time)``; ``rng`` draws what is dropped."""
        summary = self.summary.forward(self.words.read(ids, lengths, rng), lengths, rng=rng)
        return self.readout.forward(self.dropout.forward(summary, rng=rng))

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        d_summary = self.dropout.backward(self.readout.backward(d_logits))
        self.words.backward(self.summary.backward(d_summary))


class ConvClassifier(Layer):
    """A convolution over words, max-pooling, then a bidirectional recurrence over what is left: a CNN-BiLSTM.

    Parameters
    ----------
    cell : str, a name in `birnn_ref.cells.CELLS`
    num_words, embedding, hidden, outputs
        As in `Classifier`.
    filters, width : int
        Of the convolution.
    pool : int
        Words in a window of which the largest values are kept.
    dropout : float
        The share that is dropped of the word vectors, in training.
    pooling, rng, dtype, **options
        As in `Classifier`.

    Notes
    -----
    C. Zhou, C. Sun, Z. Liu and F. Lau, "A C-LSTM neural network for text classification", arXiv 1511.08630 (2015).

    Examples
    --------
    >>> model = ConvClassifier("lstm", 2000, 16, 8, filters=12, width=5, pool=4, rng=np.random.default_rng(0))
    >>> model.forward(np.array([[5, 6, 7], [8, 0, 0]]), np.array([3, 1])).shape
    (2, 1)
    """

    def __init__(
        self, cell: str, num_words: int, embedding: int, hidden: int, outputs: int = 1, *, filters: int, width: int,
        pool: int, pooling: str = "final", dropout: float = 0.0, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.words = Embedding(num_words, embedding, rng=rng, dtype=dtype)
        self.dropout, self.relu, self.pool = Dropout(dropout), ReLU(), MaxPoolTime(pool)
        self.conv = Conv1D(embedding, filters, width, rng=rng, dtype=dtype)
        self.summary = Summary(cell, filters, hidden, 1, pooling, rng=rng, dtype=dtype, **options)
        self.readout = Dense(self.summary.features, outputs, rng=rng, dtype=dtype)
        self.children = {
            "words": self.words, "conv": self.conv, "summary": self.summary, "readout": self.readout,
        }  # fmt: skip

    def forward(self, ids: Int, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, outputs)`` of token ids ``(batch, time)``; ``rng`` draws what is dropped."""
        x = self.dropout.forward(self.words.forward(ids, lengths), rng=rng)
        phrases = self.pool.forward(self.relu.forward(self.conv.forward(x, lengths)), lengths)
        return self.readout.forward(self.summary.forward(phrases, self.pool.lengths(lengths), rng=rng))

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        d_phrases = self.summary.backward(self.readout.backward(d_logits))
        dx = self.conv.backward(self.relu.backward(self.pool.backward(d_phrases)))
        self.words.backward(self.dropout.backward(dx))
