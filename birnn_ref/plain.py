"""The specification: recurrence, its way back and both directions, written as plainly as the book writes them.

The layers of `birnn_ref.layers` do the same faster, and are tested against these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int, check_array, check_lengths
from birnn_ref.cells import gru_step, lstm_step, rnn_step

States = tuple[Float, ...]


def unroll(
    step: Callable[..., Any], x: Float, initial: States, lengths: Int | None = None, **weights: Any
) -> tuple[States, States, list[Any]]:
    r"""Apply a cell's step to every step of a batch, with the same weights: :math:`h_t = \text{step}(x_t, h_{t-1})`.

    Parameters
    ----------
    step : callable
        `rnn_step`, `lstm_step`, `gru_step` or another cell's: ``step(x_t, *states, **weights)`` returns the next states
        and a cache.
    x : array, ``(batch, time, features)``
    initial : tuple of arrays, ``(batch, hidden)``
        The states before the first step: ``(h_0,)``, for the LSTM ``(h_0, c_0)``.
    lengths : integer array ``(batch,)``, optional
        Steps that count in each sequence; what stands after them is never read.
    **weights
        What else the step takes, by name.

    Returns
    -------
    outputs : tuple of arrays, ``(batch, time, hidden)``
        Each state after every step, 0 past a sequence's length.
    final : tuple of arrays, ``(batch, hidden)``
        The states after each sequence's last step.
    caches : list
        What each step kept, for `unroll_backward`.

    Examples
    --------
    >>> weights = {"W_xh": np.ones((3, 4)), "W_hh": np.zeros((4, 4)), "b_h": np.zeros(4)}
    >>> (h,), (h_T,), caches = unroll(rnn_step, np.ones((2, 5, 3)), (np.zeros((2, 4)),), **weights)
    >>> h.shape, h_T.shape, len(caches)
    ((2, 5, 4), (2, 4), 5)
    """
    check_array("x", x, ("batch", "time", "features"))
    batch, time, _ = x.shape
    lengths = check_lengths(lengths, batch, time)
    states, caches = initial, []
    outputs = tuple(np.zeros((batch, time, state.shape[1]), x.dtype) for state in initial)  # (batch, time, hidden)
    for t in range(time):
        counts = (t < lengths)[:, None]  # (batch, 1)
        *after, cache = step(np.where(counts, x[:, t], 0), *states, **weights)
        states = tuple(np.where(counts, new, old) for new, old in zip(after, states, strict=True))
        for output, state in zip(outputs, states, strict=True):
            output[:, t] = np.where(counts, state, 0)
        caches.append(cache)
    return outputs, states, caches


def unroll_backward(
    step_backward: Callable[..., Any],
    d_outputs: Float,
    caches: list[Any],
    lengths: Int | None = None,
    d_final: States | None = None,
) -> tuple[Float, States, dict[str, Float]]:
    r"""Carry gradients back through every step, the last first: backpropagation through time.

    Parameters
    ----------
    step_backward : callable
        `rnn_step_backward` and so on: ``step_backward(*d_states, cache)`` returns the gradients of the input, of the
        states before, and a dict with that of each weight.
    d_outputs : array, ``(batch, time, hidden)``
        The loss's gradient with respect to h after every step; what stands past a length is never read.
    caches : list
        What `unroll` kept.
    lengths : integer array ``(batch,)``, optional
    d_final : tuple of arrays, ``(batch, hidden)``, optional
        The loss's gradients with respect to the final states; the LSTM's need them, if only zeros.

    Returns
    -------
    dx : array, ``(batch, time, features)``
    d_initial : tuple of arrays, ``(batch, hidden)``
    grads : dict
        The gradient with respect to each weight: the sum over all steps.

    Examples
    --------
    >>> from birnn_ref.cells import rnn_step_backward
    >>> weights = {"W_xh": np.ones((3, 4)), "W_hh": np.zeros((4, 4)), "b_h": np.zeros(4)}
    >>> *_, caches = unroll(rnn_step, np.zeros((2, 5, 3)), (np.zeros((2, 4)),), **weights)
    >>> dx, (dh_0,), grads = unroll_backward(rnn_step_backward, np.ones((2, 5, 4)), caches)
    >>> dx.shape, dh_0.shape, grads["b_h"]
    ((2, 5, 3), (2, 4), array([10., 10., 10., 10.]))
    """
    check_array("d_outputs", d_outputs, ("batch", len(caches), "hidden"))
    if not caches:
        raise ValueError("caches is empty: without a step there is no gradient")
    batch, time, hidden = d_outputs.shape
    lengths = check_lengths(lengths, batch, time)
    d_states = (np.zeros((batch, hidden), d_outputs.dtype),) if d_final is None else d_final
    dx: list[Float] = []
    grads: dict[str, Any] = {}
    for t in reversed(range(time)):
        counts = (t < lengths)[:, None]  # (batch, 1)
        arriving = (d_states[0] + np.where(counts, d_outputs[:, t], 0), *d_states[1:])
        dx_t, *before, d_weights = step_backward(*(np.where(counts, d, 0) for d in arriving), caches[t])
        d_states = tuple(np.where(counts, new, old) for new, old in zip(before, d_states, strict=True))
        dx.append(dx_t)
        grads = {name: grads.get(name, 0) + d_weight for name, d_weight in d_weights.items()}
    return np.stack(dx[::-1], axis=1), d_states, grads  # dx: (batch, time, features)


def rnn_forward(x: Float, h_0: Float, W_xh: Float, W_hh: Float, b_h: Float, lengths: Int | None = None) -> Float:
    """Unroll the simple recurrent cell; arguments as in `unroll` and `rnn_step`, the result ``(batch, time, hidden)``.

    Examples
    --------
    >>> x, h_0 = np.ones((2, 5, 3)), np.zeros((2, 4))
    >>> rnn_forward(x, h_0, np.zeros((3, 4)), np.zeros((4, 4)), np.zeros(4)).shape
    (2, 5, 4)
    """
    (h,), _, _ = unroll(rnn_step, x, (h_0,), lengths, W_xh=W_xh, W_hh=W_hh, b_h=b_h)
    return h


def lstm_forward(
    x: Float, h_0: Float, c_0: Float, W_xh: Float, W_hh: Float, b_h: Float, lengths: Int | None = None
) -> tuple[Float, Float]:
    """Unroll the LSTM cell; arguments as in `unroll` and `lstm_step`, the results h and c ``(batch, time, hidden)``.

    Examples
    --------
    >>> x, zeros = np.ones((2, 5, 3)), np.zeros((2, 4))
    >>> h, c = lstm_forward(x, zeros, zeros, np.zeros((3, 16)), np.zeros((4, 16)), np.zeros(16))
    >>> h.shape, c.shape
    ((2, 5, 4), (2, 5, 4))
    """
    (h, c), _, _ = unroll(lstm_step, x, (h_0, c_0), lengths, W_xh=W_xh, W_hh=W_hh, b_h=b_h)
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
    """Unroll the gated recurrent unit; arguments as in `unroll` and `gru_step`, the result ``(batch, time, hidden)``.

    Examples
    --------
    >>> x, h_0 = np.ones((2, 5, 3)), np.zeros((2, 4))
    >>> gru_forward(x, h_0, np.zeros((3, 12)), np.zeros((4, 12)), np.zeros(12)).shape
    (2, 5, 4)
    """
    weights = {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h, "b_hn": b_hn, "reset_after": reset_after}
    (h,), _, _ = unroll(gru_step, x, (h_0,), lengths, **weights)
    return h


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
        Each chain's ``h_0`` and weights, as in `rnn_forward`.

    Returns
    -------
    h_f, h_b : arrays, ``(batch, time, hidden)``
        The forward and the backward states, both in the order of ``x``.
    """
    return _both(rnn_forward, x, forward, backward, lengths)


def bilstm_forward(
    x: Float, forward: dict[str, Float], backward: dict[str, Float], lengths: Int | None = None
) -> tuple[Float, Float]:
    """Read a sequence in both directions with an LSTM, as `birnn_forward` does; each dict also has a ``c_0``.

    Notes
    -----
    A. Graves and J. Schmidhuber, "Framewise phoneme classification with bidirectional LSTM and other neural network
    architectures", Neural Networks 18 (2005).
    """
    return _both(lambda *arguments, **chain: lstm_forward(*arguments, **chain)[0], x, forward, backward, lengths)


def bigru_forward(
    x: Float, forward: dict[str, Any], backward: dict[str, Any], lengths: Int | None = None
) -> tuple[Float, Float]:
    """Read a sequence in both directions with a GRU, as `birnn_forward` does; dicts may hold what `gru_step` takes."""
    return _both(gru_forward, x, forward, backward, lengths)


def _both(
    chain: Callable[..., Float], x: Float, forward: dict[str, Any], backward: dict[str, Any], lengths: Int | None
) -> tuple[Float, Float]:
    """Run one chain on the sequence and one on the reversed sequence, and put the second's states back in order."""
    h_f = chain(x, **forward, lengths=lengths)
    h_b = reverse_time(chain(reverse_time(x, lengths), **backward, lengths=lengths), lengths)
    return h_f, h_b
