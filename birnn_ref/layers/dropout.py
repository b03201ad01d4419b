"""Dropout: ordinary, and with one mask for all steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, check_array, check_probability, check_rng
from birnn_ref.layers._padding import steps_that_count, without_padding
from birnn_ref.layers.base import Layer


class Dropout(Layer):
    r"""Set entries to zero at random in training: :math:`y = x \odot m / (1 - p)`, :math:`m_i = 0` with probability p.

    The division keeps the expected value, so that evaluation needs no scaling.

    Parameters
    ----------
    rate : float
        The probability p of dropping an entry, in ``[0, 1)``.
    over_time : bool
        Draw one mask per sequence and use it at every step (variational dropout), instead of one per step.

    Raises
    ------
    ValueError
        If ``rate`` is outside ``[0, 1)``.

    Notes
    -----
    N. Srivastava et al., "Dropout", JMLR 15 (2014). Y. Gal and Z. Ghahramani, "A theoretically grounded application
    of dropout in recurrent neural networks", NeurIPS 2016.

    Examples
    --------
    >>> x = np.ones((1, 3, 4))
    >>> y = Dropout(0.5, over_time=True).forward(x, rng=np.random.default_rng(0))
    >>> bool((y == y[:, :1]).all()), sorted(set(y.ravel().tolist()))
    (True, [0.0, 2.0])
    >>> Dropout(0.5).forward(x) is x
    True
    """

    def __init__(self, rate: float, over_time: bool = False) -> None:
        super().__init__()
        self.rate, self.over_time = check_probability("rate", rate), over_time

    def forward(self, x: Float, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Drop entries of ``x`` if there is an ``rng``.

        Parameters
        ----------
        x : array, ``(batch, time, features)``, or ``(batch, features)`` unless ``over_time``
        lengths : integer array ``(batch,)``, optional
        rng : numpy.random.Generator, optional
            Draws the mask; without it nothing is dropped.

        Returns
        -------
        array of the shape of ``x``
        """
        expects_time = self.over_time or lengths is not None or np.ndim(x) == 3
        check_array("x", x, ("batch", "time", "features") if expects_time else ("batch", "features"))
        counts = steps_that_count(x, lengths)
        scale = None
        if rng is not None and self.rate:
            drawn = (len(x), 1, x.shape[2]) if self.over_time else x.shape
            # Drawn in float32 whatever x is: twice as fast, and one seed drops the same entries in either dtype.
            kept = check_rng(rng).random(drawn, dtype=np.float32) >= self.rate
            scale = kept * x.dtype.type(1 / (1 - self.rate))
        self._keep(x.shape, scale, counts)
        return self._scaled(x, scale, counts)

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient with respect to ``x``: the same entries dropped."""
        shape, scale, counts = self._take()
        return self._scaled(check_array("d_outputs", d_outputs, shape), scale, counts)

    @staticmethod
    def _scaled(x: Float, scale: Float | None, counts: Any) -> Float:
        x = without_padding(x, counts)
        return x if scale is None else x * scale
