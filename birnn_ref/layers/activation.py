"""Rectification, which stands between a convolution and what reads it."""

from __future__ import annotations

import numpy as np

from birnn_ref._checks import Float, check_array, check_input
from birnn_ref.layers.base import Layer


class ReLU(Layer):
    r"""Set negative entries to 0: :math:`y = \max(x, 0)`.

    Examples
    --------
    >>> ReLU().forward(np.array([[-1.0, 2.0]]))
    array([[0., 2.]])
    """

    def forward(self, x: Float, *, rng: np.random.Generator | None = None) -> Float:
        """Rectify ``x (batch, ...)``; ``rng`` is ignored."""
        check_input("x", x, ("batch", *(["time"] if np.ndim(x) == 3 else []), "features"))
        y: Float = np.maximum(x, 0)
        self._keep(y)
        return y

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient with respect to ``x``: 0 where y is 0."""
        (y,) = self._take()
        check_array("d_outputs", d_outputs, y.shape)
        return np.where(y > 0, d_outputs, d_outputs.dtype.type(0))
