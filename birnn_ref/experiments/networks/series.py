"""A recurrent network that corrects a first guess of a series, at every step."""

from __future__ import annotations

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers import Dense, Layer, Stack


class Corrector(Layer):
    """Read features, and add to a first guess what a linear readout of the states says.

    Parameters
    ----------
    features, hidden, outputs : int
        Of the input, of each direction's GRU, and of the guess.
    bidirectional : bool
    rng : numpy.random.Generator
    """

    def __init__(
        self, features: int, hidden: int, outputs: int, *, bidirectional: bool, rng: np.random.Generator
    ) -> None:
        super().__init__()
        self.stack = Stack("gru", features, hidden, 1, bidirectional=bidirectional, rng=rng)
        self.readout = Dense(hidden * (1 + bidirectional), outputs, rng=rng)
        self.children = {"stack": self.stack, "readout": self.readout}

    def forward(self, x: Float, guess: Float, *, rng: np.random.Generator | None = None) -> Float:
        """Return the corrected guess, ``(batch, time, outputs)``, of features ``(batch, time, features)``."""
        states = self.stack.forward(x, rng=rng)[0]  # (batch, time, directions * hidden)
        return guess + self.readout.forward(states)

    def backward(self, d_outputs: Float) -> None:
        """Store every parameter's gradient."""
        self.stack.backward(self.readout.backward(d_outputs))


def absolute_error(outputs: Float, targets: tuple[Float, Float]) -> tuple[float, Float]:
    """Return the mean absolute error over the steps that count, and its gradient.

    Parameters
    ----------
    outputs : array
    targets : pair of arrays of the same shape
        The true values, and 1 where one counts.
    """
    true, counts = targets
    error = outputs - true
    total = counts.sum()
    return float((np.abs(error) * counts).sum() / total), (np.sign(error) * counts / total).astype(outputs.dtype)
