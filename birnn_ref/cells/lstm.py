"""The long short-term memory cell (Hochreiter and Schmidhuber, 1997): one step, and its backward pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float, check_array
from birnn_ref.cells.cell import Cell, Option, Params, check_number, check_step, draw_gates
from birnn_ref.cells.sigmoid import sigmoid


class LSTMCache(NamedTuple):
    """What the backward pass needs to know of the step."""

    x_t: Float
    h_prev: Float
    c_prev: Float
    c_t: Float
    i: Float
    f: Float
    g: Float
    o: Float
    W_xh: Float
    W_hh: Float


def lstm_step(
    x_t: Float, h_prev: Float, c_prev: Float, W_xh: Float, W_hh: Float, b_h: Float
) -> tuple[Float, Float, LSTMCache]:
    r"""Compute the next hidden state and the next memory cell.

    The three gates :math:`i, f, o` and the candidate :math:`g` come from one sum, cut into four:

    .. math::

        [a_i, a_f, a_g, a_o] &= x_t W_{xh} + h_{t-1} W_{hh} + b_h \\
        i = \sigma(a_i), \quad f &= \sigma(a_f), \quad g = \tanh(a_g), \quad o = \sigma(a_o) \\
        c_t &= f \odot c_{t-1} + i \odot g \\
        h_t &= o \odot \tanh(c_t)

    Parameters
    ----------
    x_t : array, ``(batch, features)``
        The input at step t.
    h_prev, c_prev : arrays, ``(batch, hidden)``
        The hidden state and the memory cell at step t - 1.
    W_xh : array, ``(features, 4 * hidden)``
        The weights of the gates side by side, in the order ``i f g o``.
    W_hh : array, ``(hidden, 4 * hidden)``
    b_h : array, ``(4 * hidden,)``

    Returns
    -------
    h_t, c_t : arrays, ``(batch, hidden)``
    cache : LSTMCache
        For `lstm_step_backward`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a floating array of these shapes.

    Notes
    -----
    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997); the forget gate is from
    F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget", Neural Computation 12 (2000).

    Examples
    --------
    A forget gate that is wide open, and an input gate that is shut, keep the memory as it was:

    >>> b_h = np.array([-1e4, 1e4, 0.0, 0.0])
    >>> zeros = np.zeros((1, 1))
    >>> _, c_t, _ = lstm_step(zeros, zeros, np.array([[0.7]]), np.zeros((1, 4)), np.zeros((1, 4)), b_h)
    >>> c_t
    array([[0.7]])
    """
    batch, hidden = check_step(x_t, h_prev, W_xh, b_h, gates=4)
    check_array("c_prev", c_prev, (batch, hidden))
    check_array("W_hh", W_hh, (hidden, 4 * hidden))
    a_i, a_f, a_g, a_o = np.split(x_t @ W_xh + h_prev @ W_hh + b_h, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_t = f * c_prev + i * g
    h_t = o * np.tanh(c_t)
    return h_t, c_t, LSTMCache(x_t, h_prev, c_prev, c_t, i, f, g, o, W_xh, W_hh)


def lstm_step_backward(dh_t: Float, dc_t: Float, cache: LSTMCache) -> tuple[Float, Float, Float, dict[str, Float]]:
    r"""Carry the gradients of both states back through one step.

    The memory is reached in two ways, from ``c_t`` itself and through ``h_t``; with
    :math:`dc = dc_t + dh_t \odot o \odot (1 - \tanh^2 c_t)`,

    .. math::

        da_i = dc \odot g \odot i (1 - i), \quad da_f = dc \odot c_{t-1} \odot f (1 - f), \quad
        da_g = dc \odot i \odot (1 - g^2), \quad da_o = dh_t \odot \tanh(c_t) \odot o (1 - o).

    Parameters
    ----------
    dh_t, dc_t : arrays, ``(batch, hidden)``
        The loss's gradients with respect to ``h_t`` and ``c_t``.
    cache : LSTMCache
        What `lstm_step` returned.

    Returns
    -------
    dx_t : array, ``(batch, features)``
    dh_prev, dc_prev : arrays, ``(batch, hidden)``
    grads : dict
        The gradients with respect to ``W_xh``, ``W_hh`` and ``b_h``.

    Raises
    ------
    TypeError, ValueError
        If a gradient is not a floating array of its state's shape.
    """
    check_array("dh_t", dh_t, cache.c_t.shape)
    check_array("dc_t", dc_t, cache.c_t.shape)
    i, f, g, o = cache.i, cache.f, cache.g, cache.o
    tanh_c = np.tanh(cache.c_t)
    dc = dc_t + dh_t * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * cache.c_prev * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh_t * tanh_c * o * (1 - o)
    da_t = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    grads = {"W_xh": cache.x_t.T @ da_t, "W_hh": cache.h_prev.T @ da_t, "b_h": da_t.sum(axis=0)}
    return da_t @ cache.W_xh.T, da_t @ cache.W_hh.T, dc * f, grads


def draw_lstm(rng: np.random.Generator, count: int, features: int, hidden: int, forget_bias: float) -> Params:
    """Draw the parameters of ``count`` directions; the bias of the forget gate starts at ``forget_bias``."""
    params = draw_gates(rng, count, features, hidden, gates=4)
    params["b_h"][:, hidden : 2 * hidden] = forget_bias
    return params


LSTM = Cell(
    name="lstm",
    gates="i f g o",
    step=lstm_step,
    step_backward=lstm_step_backward,
    states=("h", "c"),
    options={"forget_bias": Option(1.0, check_number, of_step=False)},
    draw=draw_lstm,
    scan="birnn_ref.layers.scans.lstm",
)
