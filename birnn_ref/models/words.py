"""Word vectors for a recurrence, with dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int
from birnn_ref.layers import Dropout, Embedding, SparseRows
from birnn_ref.layers.embedding import LookedUp


class Words(Embedding):
    """An `Embedding` whose vectors are written out only where some of their entries are dropped.

    Parameters
    ----------
    num_words, features, rng, dtype
        As in `Embedding`.
    dropout : float
        The share of entries dropped, in training.
    """

    def __init__(
        self, num_words: int, features: int, dropout: float = 0.0, *, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__(num_words, features, rng=rng, dtype=dtype)
        self.dropout = Dropout(dropout)

    def read(self, ids: Int, lengths: Any, rng: np.random.Generator | None) -> Float | LookedUp:
        """Return the vectors of the ids, in the form that costs the recurrent layer least."""
        if rng is None or not self.dropout.rate:
            return self.look_up(ids, lengths)
        return self.dropout.forward(self.forward(ids, lengths), rng=rng)

    def backward(self, d_outputs: Float | SparseRows) -> None:
        """Store the gradient of ``W``."""
        super().backward(d_outputs if isinstance(d_outputs, SparseRows) else self.dropout.backward(d_outputs))
