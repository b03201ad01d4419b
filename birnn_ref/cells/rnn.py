"""The simple recurrent cell (Elman, 1990): one step, and its backward pass."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from birnn_ref._checks import Float, check_array, check_choice
from birnn_ref.cells.cell import Cell, Option, check_activation, check_step


class RNNCache(NamedTuple):
    """What the backward pass needs to know of the step."""

    x_t: Float
    h_prev: Float
    h_t: Float
    W_xh: Float
    W_hh: Float
    activation: str


def rnn_step(
    x_t: Float,
    h_prev: Float,
    W_xh: Float,
    W_hh: Float,
    b_h: Float,
    activation: Literal["tanh", "relu"] = "tanh",
) -> tuple[Float, RNNCache]:
    r"""Compute the next hidden state, :math:`h_t = \tanh(x_t W_{xh} + h_{t-1} W_{hh} + b_h)`.

    Parameters
    ----------
    x_t : array, ``(batch, features)``
        The input at step t.
    h_prev : array, ``(batch, hidden)``
        The hidden state at step t - 1.
    W_xh : array, ``(features, hidden)``
    W_hh : array, ``(hidden, hidden)``
    b_h : array, ``(hidden,)``
    activation : {"tanh", "relu"}
        With "relu", :math:`\max(0, \cdot)` takes the place of tanh.

    Returns
    -------
    h_t : array, ``(batch, hidden)``
    cache : RNNCache
        For `rnn_step_backward`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a floating array of these shapes, or the activation is unknown.

    Notes
    -----
    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).

    Examples
    --------
    >>> h_t, _ = rnn_step(np.ones((1, 2)), np.zeros((1, 1)), np.ones((2, 1)), np.ones((1, 1)), np.zeros(1))
    >>> bool(np.isclose(h_t, np.tanh(2.0)).all())
    True
    """
    _, hidden = check_step(x_t, h_prev, W_xh, b_h, gates=1)
    check_array("W_hh", W_hh, (hidden, hidden))
    check_choice("activation", activation, ("tanh", "relu"))
    a_t = x_t @ W_xh + h_prev @ W_hh + b_h
    h_t = np.tanh(a_t) if activation == "tanh" else np.maximum(a_t, 0)
    return h_t, RNNCache(x_t, h_prev, h_t, W_xh, W_hh, activation)


def rnn_step_backward(dh_t: Float, cache: RNNCache) -> tuple[Float, Float, dict[str, Float]]:
    r"""Carry a gradient back through one step, with :math:`da_t = dh_t \odot (1 - h_t^2)`.

    With "relu", :math:`da_t` is :math:`dh_t` where :math:`h_t > 0`, and 0 elsewhere.

    Parameters
    ----------
    dh_t : array, ``(batch, hidden)``
        The loss's gradient with respect to ``h_t``.
    cache : RNNCache
        What `rnn_step` returned.

    Returns
    -------
    dx_t : array, ``(batch, features)``
    dh_prev : array, ``(batch, hidden)``
    grads : dict
        The gradients with respect to ``W_xh``, ``W_hh`` and ``b_h``.
    """
    check_array("dh_t", dh_t, cache.h_t.shape)
    slope = 1 - cache.h_t**2 if cache.activation == "tanh" else cache.h_t > 0
    da_t = dh_t * slope
    grads = {"W_xh": cache.x_t.T @ da_t, "W_hh": cache.h_prev.T @ da_t, "b_h": da_t.sum(axis=0)}
    return da_t @ cache.W_xh.T, da_t @ cache.W_hh.T, grads


RNN = Cell(
    name="rnn",
    gates="h",
    step=rnn_step,
    step_backward=rnn_step_backward,
    options={"activation": Option("tanh", check_activation)},
    scan="birnn_ref.layers.scans.rnn",
)
