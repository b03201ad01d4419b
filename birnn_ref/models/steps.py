"""A sequence, read in both directions, answered at each of its steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float
from birnn_ref.layers import Dense, Dropout, Layer, Stack
from birnn_ref.layers.embedding import LookedUp
from birnn_ref.models.summary import output_size


class Steps(Layer):
    """From vectors to an answer at every step: dropout, a stack and a linear readout.

    Parameters
    ----------
    cell, features, hidden, depth, rng, dtype, **options
        As in `Stack`.
    outputs : int
        Of the readout.
    dropout : float
        The share dropped of the states, in training.
    """

    def __init__(
        self, cell: str, features: int, hidden: int, outputs: int, depth: int, dropout: float, *,
        rng: np.random.Generator, dtype: npt.DTypeLike, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.dropout = Dropout(dropout)
        self.stack = Stack(cell, features, hidden, depth, rng=rng, dtype=dtype, **options)
        self.readout = Dense(output_size(self.stack), outputs, rng=rng, dtype=dtype)
        self.children = {"stack": self.stack, "readout": self.readout}

    def forward(self, x: Float | LookedUp, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return ``(batch, time, outputs)``, 0 at padded steps."""
        h, _ = self.stack.forward(x, lengths, rng=rng)
        return self.readout.forward(self.dropout.forward(h, rng=rng), lengths)

    def backward(self, d_logits: Float) -> Any:
        """Return the gradient with respect to ``x``, as the recurrent layer does."""
        return self.stack.backward(self.dropout.backward(self.readout.backward(d_logits)))[0]
