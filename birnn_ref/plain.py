"""The specification: recurrence and both directions written as plainly as the book writes them.

The layers of `birnn_ref.layers` do the same faster, and are tested against these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int, check_array, check_lengths
from birnn_ref.cells import gru_step, lstm_step, rnn_step


def rnn_forward(x: Float, h_0: Float, W_xh: Float, W_hh: Float, b_h: Float, lengths: Int | None = None) -> Float:
    r"""Unroll the simple recurrent cell: the same weights at every step.

    Parameters
    ----------
    x : array, ``(batch, time, features)``
    h_0 : array, ``(batch, hidden)``
        The state before the first step.
    W_xh, W_hh, b_h : arrays
        As in `rnn_step`.
    lengths : integer array ``(batch,)``, optional
        Steps that count in each sequence. Past its length a sequence's output is 0.

    Returns
    -------
    array, ``(batch, time, hidden)``
        The hidden state after every step.

    Examples
    --------
    >>> x, h_0 = np.ones((2, 5, 3)), np.zeros((2, 4))
    >>> rnn_forward(x, h_0, np.zeros((3, 4)), np.zeros((4, 4)), np.zeros(4)).shape
    (2, 5, 4)
    """
    check_array("x", x, ("batch", "time", "features"))
    batch, time, _ = x.shape
    lengths = check_lengths(lengths, batch, time)
    h_t = h_0
    outputs = np.zeros((batch, time, h_0.shape[1]), dtype=x.dtype)
    for t in range(time):
        counts = (t < lengths)[:, None]
        h_next, _ = rnn_step(np.where(counts, x[:, t], 0), h_t, W_xh, W_hh, b_h)
        h_t = np.where(counts, h_next, h_t)
        outputs[:, t] = np.where(counts, h_t, 0)
    return outputs


def lstm_forward(
    x: Float, h_0: Float, c_0: Float, W_xh: Float, W_hh: Float, b_h: Float, lengths: Int | None = None
) -> tuple[Float, Float]:
    r"""Unroll the LSTM cell.

    Parameters
    ----------
    x : array, ``(batch, time, features)``
    h_0, c_0 : arrays, ``(batch, hidden)``
        The hidden state and the memory cell before the first step.
    W_xh, W_hh, b_h : arrays
        As in `lstm_step`.
    lengths : integer array ``(batch,)``, optional
        Steps that count in each sequence. Past its length both results are 0.

    Returns
    -------
    h, c : arrays, ``(batch, time, hidden)``
        The hidden state and the memory cell after every step.

    Examples
    --------
    >>> x, zeros = np.ones((2, 5, 3)), np.zeros((2, 4))
    >>> h, c = lstm_forward(x, zeros, zeros, np.zeros((3, 16)), np.zeros((4, 16)), np.zeros(16))
    >>> h.shape, c.shape
    ((2, 5, 4), (2, 5, 4))
    """
    check_array("x", x, ("batch", "time", "features"))
    batch, time, _ = x.shape
    lengths = check_lengths(lengths, batch, time)
    h_t, c_t = h_0, c_0
    h, c = (np.zeros((batch, time, state.shape[1]), dtype=x.dtype) for state in (h_0, c_0))
    for t in range(time):
        counts = (t < lengths)[:, None]
        h_next, c_next, _ = lstm_step(np.where(counts, x[:, t], 0), h_t, c_t, W_xh, W_hh, b_h)
        h_t, c_t = np.where(counts, h_next, h_t), np.where(counts, c_next, c_t)
        h[:, t], c[:, t] = np.where(counts, h_t, 0), np.where(counts, c_t, 0)
    return h, c


def gru_forward(
    x: Float,
    h_0: Float,
    W_xh: Float,
    W_hh: Float,
    b_h: Float,
    b_hn: Float | None = None,
    reset_after: bool = True,
    lengths: Int | None = None,
) -> Float:
    r"""Unroll the gated recurrent unit.

    Parameters
    ----------
    x : array, ``(batch, time, features)``
    h_0 : array, ``(batch, hidden)``
        The state before the first step.
    W_xh, W_hh, b_h, b_hn, reset_after
        As in `gru_step`.
    lengths : integer array ``(batch,)``, optional
        Steps that count in each sequence. Past its length a sequence's output is 0.

    Returns
    -------
    array, ``(batch, time, hidden)``
        The hidden state after every step.

    Examples
    --------
    >>> x, h_0 = np.ones((2, 5, 3)), np.zeros((2, 4))
    >>> gru_forward(x, h_0, np.zeros((3, 12)), np.zeros((4, 12)), np.zeros(12)).shape
    (2, 5, 4)
    """
    check_array("x", x, ("batch", "time", "features"))
    batch, time, _ = x.shape
    lengths = check_lengths(lengths, batch, time)
    h_t = h_0
    outputs = np.zeros((batch, time, h_0.shape[1]), dtype=x.dtype)
    for t in range(time):
        counts = (t < lengths)[:, None]
        h_next, _ = gru_step(np.where(counts, x[:, t], 0), h_t, W_xh, W_hh, b_h, b_hn, reset_after)
        h_t = np.where(counts, h_next, h_t)
        outputs[:, t] = np.where(counts, h_t, 0)
    return outputs


def reverse_time(x: Float, lengths: Int | None = None) -> Float:
    """Reverse each sequence within its own length; the padding after it stays where it is.

    Parameters
    ----------
    x : array, ``(batch, time, features)``
    lengths : integer array ``(batch,)``, optional

    Returns
    -------
    array, ``(batch, time, features)``

    Examples
    --------
    >>> x = np.array([[[1.0], [2.0], [0.0]]])
    >>> reverse_time(x, np.array([2])).ravel()
    array([2., 1., 0.])
    """
    check_array("x", x, ("batch", "time", "features"))
    lengths = check_lengths(lengths, *x.shape[:2])
    steps = np.arange(x.shape[1])
    source = np.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    reversed_: Float = np.take_along_axis(x, source[:, :, None], axis=1)
    return reversed_


def birnn_forward(
    x: Float, forward: dict[str, Float], backward: dict[str, Float], lengths: Int | None = None
) -> tuple[Float, Float]:
    r"""Read a sequence in both directions (Schuster and Paliwal, 1997).

    The backward chain computes :math:`h^b_t` from :math:`x_t` and :math:`h^b_{t+1}`: it is the forward chain run on
    the reversed sequence, its outputs reversed again so that step t of both belongs to :math:`x_t`.

    Parameters
    ----------
    x : array, ``(batch, time, features)``
    forward, backward : dict
        Each chain's ``h_0``, ``W_xh``, ``W_hh`` and ``b_h``, as in `rnn_forward`.
    lengths : integer array ``(batch,)``, optional

    Returns
    -------
    h_f, h_b : arrays, ``(batch, time, hidden)``
        The forward and the backward states, both in the order of ``x``.

    Notes
    -----
    M. Schuster and K. K. Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on Signal
    Processing 45 (1997).
    """
    return _both(rnn_forward, x, forward, backward, lengths)


def bilstm_forward(
    x: Float, forward: dict[str, Float], backward: dict[str, Float], lengths: Int | None = None
) -> tuple[Float, Float]:
    r"""Read a sequence in both directions with an LSTM (Graves and Schmidhuber, 2005).

    Parameters
    ----------
    x : array, ``(batch, time, features)``
    forward, backward : dict
        Each chain's ``h_0``, ``c_0``, ``W_xh``, ``W_hh`` and ``b_h``, as in `lstm_forward`.
    lengths : integer array ``(batch,)``, optional

    Returns
    -------
    h_f, h_b : arrays, ``(batch, time, hidden)``
        The forward and the backward hidden states, both in the order of ``x``.

    Notes
    -----
    A. Graves and J. Schmidhuber, "Framewise phoneme classification with bidirectional LSTM and other neural network
    architectures", Neural Networks 18 (2005).
    """
    return _both(lambda *arguments, **chain: lstm_forward(*arguments, **chain)[0], x, forward, backward, lengths)


def bigru_forward(
    x: Float, forward: dict[str, Any], backward: dict[str, Any], lengths: Int | None = None
) -> tuple[Float, Float]:
    r"""Read a sequence in both directions with gated recurrent units.

    Parameters
    ----------
    x : array, ``(batch, time, features)``
    forward, backward : dict
        Each chain's ``h_0``, ``W_xh``, ``W_hh`` and ``b_h``, and if wanted ``b_hn`` and ``reset_after``, as in
        `gru_forward`.
    lengths : integer array ``(batch,)``, optional

    Returns
    -------
    h_f, h_b : arrays, ``(batch, time, hidden)``
        The forward and the backward states, both in the order of ``x``.
    """
    return _both(gru_forward, x, forward, backward, lengths)


def _both(
    chain: Callable[..., Float], x: Float, forward: dict[str, Any], backward: dict[str, Any], lengths: Int | None
) -> tuple[Float, Float]:
    """Run one chain on the sequence and one on the reversed sequence, and put the second's states back in order."""
    h_f = chain(x, **forward, lengths=lengths)
    h_b = reverse_time(chain(reverse_time(x, lengths), **backward, lengths=lengths), lengths)
    return h_f, h_b
