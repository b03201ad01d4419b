"""The dense layer: one matrix product, the same at every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_input, check_sizes
from birnn_ref._initial import glorot_uniform
from birnn_ref.layers._padding import steps_that_count, without_padding
from birnn_ref.layers.base import Layer


class Dense(Layer):
    r"""Map features linearly, :math:`y = x W + b`; of a sequence, every step by itself.

    Parameters
    ----------
    features, outputs : int
        Sizes of the last axis of the input and of the output.
    rng : numpy.random.Generator
        Draws ``W`` (Glorot uniform); ``b`` starts at 0.
    dtype : dtype
        Of the parameters, and of every array that comes in and goes out.

    Attributes
    ----------
    params : dict
        ``W (features, outputs)`` and ``b (outputs,)``.

    Examples
    --------
    >>> layer = Dense(3, 2, rng=np.random.default_rng(0), dtype=np.float64)
    >>> layer.forward(np.zeros((4, 5, 3))).shape
    (4, 5, 2)
    """

    def __init__(
        self, features: int, outputs: int, *, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32
    ) -> None:
        super().__init__()
        check_sizes(features=features, outputs=outputs)
        self.params["W"] = glorot_uniform(rng, (features, outputs), features, outputs, dtype)
        self.params["b"] = np.zeros(outputs, dtype)

    def forward(self, x: Float, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Map ``x``.

        Parameters
        ----------
        x : array, ``(batch, features)`` or ``(batch, time, features)``
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence; the outputs of the others are 0.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        array, ``(batch, outputs)`` or ``(batch, time, outputs)``

        Raises
        ------
        TypeError, ValueError
            If ``x`` or ``lengths`` does not fit.
        """
        W, b = self.params["W"], self.params["b"]
        axes = ("batch", "time") if np.ndim(x) == 3 else ("batch",)
        check_input("x", x, (*axes, len(W)), W.dtype)
        counts = steps_that_count(x, lengths)
        x = without_padding(x, counts)
        self._keep(x, counts)
        return without_padding(x @ W + b, counts)

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient with respect to ``x``; store those of ``W`` and ``b``.

        Parameters
        ----------
        d_outputs : array of the outputs' shape
        """
        x, counts = self._take()
        W = self.params["W"]
        check_input("d_outputs", d_outputs, (*x.shape[:-1], W.shape[1]), W.dtype)
        dy = without_padding(d_outputs, counts)
        rows, d_rows = x.reshape(-1, W.shape[0]), dy.reshape(-1, W.shape[1])
        self.grads = {"W": rows.T @ d_rows, "b": d_rows.sum(axis=0)}
        return dy @ W.T
