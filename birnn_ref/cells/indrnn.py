"""The independently recurrent unit (Li et al., 2018), whose units each feed back into themselves alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float, check_array, check_choice
from birnn_ref._initial import glorot_uniform
from birnn_ref.cells.cell import Cell, Option, Params, check_activation, check_step


class IndRNNCache(NamedTuple):
    """What the backward pass needs to know of the step."""

    x_t: Float
    h_prev: Float
    h_t: Float
    W_xh: Float
    w_hh: Float
    activation: str


def indrnn_step(
    x_t: Float, h_prev: Float, W_xh: Float, w_hh: Float, b_h: Float, activation: str = "relu"
) -> tuple[Float, IndRNNCache]:
    r"""Compute the next hidden state, :math:`h_t = \max(0, x_t W_{xh} + w_{hh} \odot h_{t-1} + b_h)`.

    A unit's gradient over T steps is a power of one number, :math:`w^T`, which can be kept where it neither vanishes
    nor explodes. Only the next layer combines units.

    Parameters
    ----------
    x_t : array, ``(batch, features)``
        The input at step t.
    h_prev : array, ``(batch, hidden)``
        The hidden state at step t - 1.
    W_xh : array, ``(features, hidden)``
    w_hh, b_h : arrays, ``(hidden,)``
    activation : {"relu", "tanh"}

    Returns
    -------
    h_t : array, ``(batch, hidden)``
    cache : IndRNNCache
        For `indrnn_step_backward`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a floating array of these shapes, or the activation is unknown.

    Notes
    -----
    S. Li, W. Li, C. Cook, C. Zhu and Y. Gao, "Independently recurrent neural network (IndRNN): building a longer and
    deeper RNN", CVPR 2018 (arXiv 1803.04831).

    Examples
    --------
    With a weight of 1 a unit adds up what it is given:

    >>> one = np.ones((1, 1))
    >>> indrnn_step(2 * one, 3 * one, one, np.ones(1), np.zeros(1))[0]
    array([[5.]])
    """
    _, hidden = check_step(x_t, h_prev, W_xh, b_h, gates=1)
    check_array("w_hh", w_hh, (hidden,))
    check_choice("activation", activation, ("relu", "tanh"))
    a_t = x_t @ W_xh + w_hh * h_prev + b_h
    h_t = np.tanh(a_t) if activation == "tanh" else np.maximum(a_t, 0)
    return h_t, IndRNNCache(x_t, h_prev, h_t, W_xh, w_hh, activation)


def indrnn_step_backward(dh_t: Float, cache: IndRNNCache) -> tuple[Float, Float, dict[str, Float]]:
    r"""Carry a gradient back through one step, with :math:`da_t` as in `rnn_step_backward`.

    Parameters
    ----------
    dh_t : array, ``(batch, hidden)``
        The loss's gradient with respect to ``h_t``.
    cache : IndRNNCache
        What `indrnn_step` returned.

    Returns
    -------
    dx_t : array, ``(batch, features)``
    dh_prev : array, ``(batch, hidden)``
    grads : dict
        The gradients with respect to ``W_xh``, ``w_hh`` and ``b_h``.
    """
    check_array("dh_t", dh_t, cache.h_t.shape)
    slope = 1 - cache.h_t**2 if cache.activation == "tanh" else cache.h_t > 0
    da_t = dh_t * slope
    grads = {"W_xh": cache.x_t.T @ da_t, "w_hh": (cache.h_prev * da_t).sum(axis=0), "b_h": da_t.sum(axis=0)}
    return da_t @ cache.W_xh.T, da_t * cache.w_hh, grads


def draw_indrnn(rng: np.random.Generator, count: int, features: int, hidden: int, activation: str) -> Params:
    """Draw the parameters of ``count`` directions; the weight of each unit for its own past from U(0, 1)."""
    return {
        "W_xh": glorot_uniform(rng, (count, features, hidden), features, hidden, np.float64),
        "w_hh": rng.uniform(0, 1, (count, hidden)),
        "b_h": np.zeros((count, hidden)),
    }


INDRNN = Cell(
    name="indrnn",
    gates="h",
    step=indrnn_step,
    step_backward=indrnn_step_backward,
    options={"activation": Option("relu", check_activation)},
    draw=draw_indrnn,
)
