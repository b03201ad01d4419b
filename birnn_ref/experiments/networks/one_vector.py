"""An encoder that hands its decoder one vector, however long the sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers import Layer, Stack


class OneVector(Layer):
    """A `Stack` whose output at every step is what its directions end in: attention has nothing left to choose from.

    Parameters
    ----------
    stack : Stack
        Its directions side by side, ``merge="concat"``.

    Examples
    --------
    >>> layer = OneVector(Stack("gru", 3, 4, 1, rng=np.random.default_rng(0)))
    >>> outputs, final = layer.forward(np.ones((2, 5, 3), np.float32), [5, 2])
    >>> outputs.shape, bool(np.all(outputs[:, 0] == outputs[:, 4]))
    ((2, 5, 8), True)
    """

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.stack, self.children = stack, {"stack": stack}
        self.bidirectional, self.depth = stack.bidirectional, stack.depth

    def forward(self, x: Float, lengths: Any = None, *, rng: np.random.Generator | None = None) -> tuple[Float, Any]:
        """Return ``(batch, time, directions * hidden)``, the same at every step, and the final states."""
        outputs, final = self.stack.forward(x, lengths, rng=rng)
        ends = np.concatenate(final[0][-1], axis=1)  # (batch, directions * hidden)
        return np.broadcast_to(ends[:, None], outputs.shape).copy(), final

    def backward(self, d_outputs: Float, d_final: tuple[Float, ...]) -> tuple[Float, Any]:
        """Store every parameter's gradient; return those of the input and of the first states."""
        d_ends = np.split(d_outputs.sum(axis=1), len(d_final[0][-1]), axis=1)  # (batch, hidden) each
        d_state = d_final[0].copy()
        d_state[-1] += np.stack(d_ends)
        found: tuple[Float, Any] = self.stack.backward(np.zeros_like(d_outputs), (d_state, *d_final[1:]))
        return found
