"""One direction, read at its end."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers import Dense, Layer, Recurrent


class LastState(Layer):
    r"""One answer for a whole sequence, :math:`y = h_T W + b`.

    Parameters
    ----------
    recurrent : Recurrent
    readout : Dense

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> LastState(Recurrent("lstm", 2, 3, rng=rng), Dense(3, 1, rng=rng)).forward(np.ones((4, 5, 2), np.float32)).shape
    (4, 1)
    """

    def __init__(self, recurrent: Recurrent, readout: Dense) -> None:
        super().__init__()
        self.recurrent, self.readout = recurrent, readout
        self.children = {"recurrent": recurrent, "readout": readout}

    def forward(self, x: Float, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the answers ``(batch, outputs)`` for ``x (batch, time, features)``; ``rng`` is ignored."""
        _, (h_last, *others) = self.recurrent.forward(x, lengths)  # (batch, hidden) each
        self._keep(len(others))
        return self.readout.forward(h_last)

    def backward(self, d_outputs: Float) -> None:
        """Store every parameter's gradient."""
        (others,) = self._take()
        dh_last = self.readout.backward(d_outputs)
        self.recurrent.backward(None, (dh_last, *(np.zeros_like(dh_last) for _ in range(others))))
