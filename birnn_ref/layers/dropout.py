"""Dropout: ordinary, with one mask for all steps, and of whole words."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int, check_array, check_probability, check_rng
from birnn_ref.layers._padding import steps_that_count, without_padding
from birnn_ref.layers.base import Layer


class Dropout(Layer):
    r"""Set entries to zero at random in training: :math:`y = x \odot m / (1 - p)`, :math:`m_i = 0` with probability p.

    The division keeps the expected value, so evaluation needs no scaling.

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


class WordDropout(Layer):
    """Take words for unknown ones at random in training, so that the unknown word's vector learns to stand for many.

    Parameters
    ----------
    rate : float
        The probability of it, in ``[0, 1)``.
    unknown : int
        The id of the unknown word.

    Notes
    -----
    M. Iyyer, V. Manjunatha, J. Boyd-Graber and H. Daumé III, "Deep unordered composition rivals syntactic methods for
    text classification", ACL 2015, drop words; in place of them the unknown word stands in G. Lample et al., "Neural
    architectures for named entity recognition", NAACL 2016 (there for words that occur once).

    Examples
    --------
    >>> WordDropout(0.5).forward(np.array([[5, 6, 7, 8]]), rng=np.random.default_rng(0))
    array([[5, 6, 7, 1]])
    """

    def __init__(self, rate: float, unknown: int = 1) -> None:
        super().__init__()
        self.rate, self.unknown = check_probability("rate", rate), unknown

    def forward(self, ids: Int, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Int:
        """Return ids, ``(batch, time)``, some of them the unknown word's if there is an ``rng``.

        Parameters
        ----------
        ids : integer array, ``(batch, time)``
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence; the others' ids stay.
        rng : numpy.random.Generator, optional
            Draws which; without it all stay.
        """
        if rng is None or not self.rate:
            return ids
        dropped = check_rng(rng).random(np.shape(ids), dtype=np.float32) < self.rate
        if lengths is not None:  # padding stays what it is, so that ids padded in front are still seen
            dropped &= np.arange(np.shape(ids)[1]) < np.asarray(lengths)[:, None]
        return np.where(dropped, self.unknown, ids)
