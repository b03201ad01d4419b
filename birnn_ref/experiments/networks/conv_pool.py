"""A convolutional classifier that knows no order beyond its windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int
from birnn_ref.layers import Conv1D, Dense, Embedding, Layer, PoolTime, ReLU


class ConvPool(Layer):
    """Word vectors, a convolution, the maximum over time, one linear readout: a CNN without any order beyond a window.

    Parameters
    ----------
    num_words, embedding, filters, width : int
    rng : numpy.random.Generator
    dtype : dtype

    Notes
    -----
    Y. Kim, "Convolutional neural networks for sentence classification", EMNLP 2014; here with one width of filters.
    """

    def __init__(
        self, num_words: int, embedding: int, filters: int, width: int, *, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        self.words = Embedding(num_words, embedding, rng=rng, dtype=dtype)
        self.conv = Conv1D(embedding, filters, width, rng=rng, dtype=dtype)
        self.relu, self.pool = ReLU(), PoolTime("max")
        self.readout = Dense(filters, 1, rng=rng, dtype=dtype)
        self.children = {"words": self.words, "conv": self.conv, "readout": self.readout}

    def forward(self, ids: Int, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, 1)`` of token ids ``(batch, time)``; ``rng`` is ignored."""
        found = self.relu.forward(self.conv.forward(self.words.forward(ids, lengths), lengths))
        return self.readout.forward(self.pool.forward(found, lengths))

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        d_found = self.pool.backward(self.readout.backward(d_logits))
        self.words.backward(self.conv.backward(self.relu.backward(d_found)))
