"""Layer normalisation: every step by itself, so that padding and batch mates cannot enter."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_input, check_sizes
from birnn_ref.layers._padding import steps_that_count, without_padding
from birnn_ref.layers.base import Layer


class LayerNorm(Layer):
    r"""Normalise over the features, :math:`y = g \odot \hat x + b` with :math:`\hat x = (x - \mu) / \sigma`.

    The mean :math:`\mu` and the variance :math:`\sigma^2`, to which ``epsilon`` is added, are one step's.

    Parameters
    ----------
    features : int
        Size of the last axis.
    epsilon : float
        Keeps the division away from 0.
    dtype : dtype
        Of the parameters, and of every array that comes in and goes out.

    Attributes
    ----------
    params : dict
        ``g (features,)``, the gain, which starts at 1, and ``b (features,)``, which starts at 0.

    Notes
    -----
    J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", arXiv 1607.06450 (2016).

    Examples
    --------
    >>> LayerNorm(2, dtype=np.float64).forward(np.array([[1.0, 3.0]])).round(3)
    array([[-1.,  1.]])
    """

    def __init__(self, features: int, *, epsilon: float = 1e-5, dtype: npt.DTypeLike = np.float32) -> None:
        super().__init__()
        check_sizes(features=features)
        self.epsilon = epsilon
        self.params = {"g": np.ones(features, dtype), "b": np.zeros(features, dtype)}

    def forward(self, x: Float, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Normalise ``x``.

        Parameters
        ----------
        x : array, ``(batch, features)`` or ``(batch, time, features)``
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence; the outputs of the others are 0.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        array of the shape of ``x``

        Raises
        ------
        TypeError, ValueError
            If ``x`` or ``lengths`` does not fit.
        """
        g, b = self.params["g"], self.params["b"]
        axes = ("batch", "time") if np.ndim(x) == 3 else ("batch",)
        check_input("x", x, (*axes, len(g)), g.dtype)
        counts = steps_that_count(x, lengths)
        x = without_padding(x, counts)
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = 1 / np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + g.dtype.type(self.epsilon))
        x_hat = centred * scale
        self._keep(x_hat, scale, counts)
        return without_padding(g * x_hat + b, counts)

    def backward(self, d_outputs: Float) -> Float:
        r"""Return the gradient with respect to ``x``; store those of ``g`` and ``b``.

        With :math:`d\hat x = dy \odot g` it is
        :math:`(d\hat x - \overline{d\hat x} - \hat x\, \overline{d\hat x \odot \hat x}) / \sqrt{\sigma^2 + \epsilon}`,
        means taken over the features.

        Parameters
        ----------
        d_outputs : array of the shape of ``x``
        """
        x_hat, scale, counts = self._take()
        g = self.params["g"]
        dy = without_padding(check_input("d_outputs", d_outputs, x_hat.shape, g.dtype), counts)
        others = tuple(range(dy.ndim - 1))
        self.grads = {"g": (dy * x_hat).sum(axis=others), "b": dy.sum(axis=others)}
        d_hat = dy * g
        along = (d_hat * x_hat).mean(axis=-1, keepdims=True)
        dx: Float = (d_hat - d_hat.mean(axis=-1, keepdims=True) - x_hat * along) * scale
        return dx
