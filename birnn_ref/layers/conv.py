"""Convolution over time, and the largest value in each window of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int, check_array, check_input, check_lengths, check_sizes
from birnn_ref._initial import glorot_uniform
from birnn_ref.layers._padding import steps_that_count, without_padding
from birnn_ref.layers.base import Layer


class Conv1D(Layer):
    r"""Convolve over time, :math:`y_t = \sum_{k=0}^{K-1} x_{t+k-p} W_k + b`, :math:`p = \lfloor (K - 1) / 2 \rfloor`.

    The output has as many steps as the input ("same" padding): beyond either end of a sequence, which is where its
    length says, x is 0.

    Parameters
    ----------
    features, filters : int
        Sizes of the last axis of the input and of the output.
    width : int
        Steps K that a filter sees.
    rng : numpy.random.Generator
        Draws ``W`` (Glorot uniform); ``b`` starts at 0.
    dtype : dtype
        Of the parameters, and of every array that comes in and goes out.

    Attributes
    ----------
    params : dict
        ``W (width, features, filters)`` and ``b (filters,)``.

    Examples
    --------
    >>> layer = Conv1D(1, 1, 3, rng=np.random.default_rng(0), dtype=np.float64)
    >>> layer.params["W"][:] = 1
    >>> layer.forward(np.array([[[1.0], [2.0], [4.0], [9.0]]]), np.array([3])).ravel()
    array([3., 7., 6., 0.])
    """

    def __init__(
        self, features: int, filters: int, width: int, *, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32
    ) -> None:
        super().__init__()
        check_sizes(features=features, filters=filters, width=width)
        shape = width, features, filters
        self.params["W"] = glorot_uniform(rng, shape, width * features, width * filters, dtype)
        self.params["b"] = np.zeros(filters, dtype)

    def forward(self, x: Float, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Convolve ``x``.

        Parameters
        ----------
        x : array, ``(batch, time, features)``
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence; the outputs of the others are 0.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        array, ``(batch, time, filters)``

        Raises
        ------
        TypeError, ValueError
            If ``x`` or ``lengths`` does not fit.
        """
        W, b = self.params["W"], self.params["b"]
        width, features, filters = W.shape
        check_input("x", x, ("batch", "time", features), W.dtype)
        batch, time, _ = x.shape
        counts = steps_that_count(x, lengths)
        before = (width - 1) // 2
        padded = np.zeros((batch, time + width - 1, features), W.dtype)
        padded[:, before : before + time] = without_padding(x, counts)
        y = np.zeros((batch, time, filters), W.dtype)
        for k in range(width):
            y += padded[:, k : k + time] @ W[k]
        self._keep(padded, counts)
        return without_padding(y + b, counts)

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient with respect to ``x``; store those of ``W`` and ``b``.

        Parameters
        ----------
        d_outputs : array, ``(batch, time, filters)``
        """
        padded, counts = self._take()
        W = self.params["W"]
        width, _, filters = W.shape
        time = padded.shape[1] - width + 1
        check_input("d_outputs", d_outputs, (len(padded), time, filters), W.dtype)
        dy = without_padding(d_outputs, counts)
        dW, d_padded = np.empty_like(W), np.zeros_like(padded)
        for k in range(width):
            seen = padded[:, k : k + time]
            dW[k] = np.tensordot(seen, dy, axes=((0, 1), (0, 1)))
            d_padded[:, k : k + time] += dy @ W[k].T
        self.grads = {"W": dW, "b": dy.sum(axis=(0, 1))}
        before = (width - 1) // 2
        return without_padding(d_padded[:, before : before + time], counts)


class MaxPoolTime(Layer):
    r"""Keep the largest value of each window of ``size`` steps, :math:`y_w = \max_{0 \le k < K} x_{wK + k}`.

    Windows do not overlap. The last one may hold fewer steps, and steps past a sequence's length are in none.

    Parameters
    ----------
    size : int
        Steps K in a window.

    Examples
    --------
    >>> MaxPoolTime(2).forward(np.array([[[1.0], [3.0], [2.0]]])).ravel()
    array([3., 2.])
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        check_sizes(size=size)
        self.size = size

    def lengths(self, lengths: Any) -> Int | None:
        """Return how many windows count in each sequence: lengths divided by ``size``, rounded up; None stays None."""
        if lengths is None:
            return None
        steps = np.asarray(lengths)
        windows: Int = steps // self.size + (steps % self.size > 0)  # not -(-n // size): unsigned numbers wrap
        return windows

    def forward(self, x: Float, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Pool ``x``.

        Parameters
        ----------
        x : array, ``(batch, time, features)``
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence. Windows without any are 0.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        array, ``(batch, ceil(time / size), features)``

        Raises
        ------
        TypeError, ValueError
            If ``x`` or ``lengths`` does not fit.
        """
        check_input("x", x, ("batch", "time", "features"))
        batch, time, features = x.shape
        windows = -(-time // self.size)
        lengths = check_lengths(lengths, batch, time)
        whole = np.full((batch, windows * self.size, features), -np.inf, x.dtype)
        whole[:, :time] = without_padding(x, steps_that_count(x, lengths), -np.inf)
        whole = whole.reshape(batch, windows, self.size, features)
        # The first of equal values; that one alone gets the gradient.
        at = whole.argmax(axis=2, keepdims=True)
        largest = np.take_along_axis(whole, at, axis=2)[:, :, 0]
        counts = np.arange(windows) * self.size < lengths[:, None]
        self._keep(at, x.shape, x.dtype, counts)
        return without_padding(largest, counts)

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient with respect to ``x``: each window's goes to its largest value.

        Parameters
        ----------
        d_outputs : array, ``(batch, ceil(time / size), features)``
        """
        at, shape, dtype, counts = self._take()
        batch, time, features = shape
        windows = at.shape[1]
        dy = without_padding(check_array("d_outputs", d_outputs, (batch, windows, features)), counts)
        whole = np.zeros((batch, windows, self.size, features), dtype)
        np.put_along_axis(whole, at, dy[:, :, None], axis=2)
        return whole.reshape(batch, windows * self.size, features)[:, :time]
