"""The minimal gated unit (Zhou et al., 2016), a GRU with a single gate: one step, and its backward pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float, check_array
from birnn_ref.cells.cell import Cell, check_step
from birnn_ref.cells.sigmoid import sigmoid


class MGUCache(NamedTuple):
    """What the backward pass needs to know of the step."""

    x_t: Float
    h_prev: Float
    f: Float
    n: Float
    W_xh: Float
    W_hh: Float


def mgu_step(x_t: Float, h_prev: Float, W_xh: Float, W_hh: Float, b_h: Float) -> tuple[Float, MGUCache]:
    r"""Compute the next hidden state; one gate :math:`f` both resets the state and mixes the candidate :math:`n` in.

    .. math::

        f &= \sigma(x_t W_{xf} + h_{t-1} W_{hf} + b_f) \\
        n &= \tanh(x_t W_{xn} + (f \odot h_{t-1}) W_{hn} + b_n) \\
        h_t &= (1 - f) \odot h_{t-1} + f \odot n

    Parameters
    ----------
    x_t : array, ``(batch, features)``
        The input at step t.
    h_prev : array, ``(batch, hidden)``
        The hidden state at step t - 1.
    W_xh : array, ``(features, 2 * hidden)``
        The weights of the gates side by side, in the order ``f n``.
    W_hh : array, ``(hidden, 2 * hidden)``
    b_h : array, ``(2 * hidden,)``

    Returns
    -------
    h_t : array, ``(batch, hidden)``
    cache : MGUCache
        For `mgu_step_backward`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a floating array of these shapes.

    Notes
    -----
    G.-B. Zhou, J. Wu, C.-L. Zhang and Z.-H. Zhou, "Minimal gated unit for recurrent neural networks", International
    Journal of Automation and Computing 13 (2016), arXiv 1603.09420.

    Examples
    --------
    A gate that is shut keeps the state as it was:

    >>> zeros, b_h = np.zeros((1, 2)), np.array([-1e4, 0.0])
    >>> mgu_step(np.zeros((1, 1)), np.array([[0.7]]), zeros, zeros, b_h)[0]
    array([[0.7]])
    """
    _, hidden = check_step(x_t, h_prev, W_xh, b_h, gates=2)
    check_array("W_hh", W_hh, (hidden, 2 * hidden))
    W_hf, W_hn = np.split(W_hh, 2, axis=1)
    a_f, a_n = np.split(x_t @ W_xh + b_h, 2, axis=1)
    f = sigmoid(a_f + h_prev @ W_hf)
    n = np.tanh(a_n + (f * h_prev) @ W_hn)
    return (1 - f) * h_prev + f * n, MGUCache(x_t, h_prev, f, n, W_xh, W_hh)


def mgu_step_backward(dh_t: Float, cache: MGUCache) -> tuple[Float, Float, dict[str, Float]]:
    r"""Carry a gradient back through one step.

    With :math:`da_n = dh_t \odot f \odot (1 - n^2)` and :math:`dp = da_n W_{hn}^\top`, the gradient of
    :math:`f \odot h_{t-1}`, :math:`da_f = (dh_t \odot (n - h_{t-1}) + dp \odot h_{t-1}) \odot f (1 - f)`.

    Parameters
    ----------
    dh_t : array, ``(batch, hidden)``
        The loss's gradient with respect to ``h_t``.
    cache : MGUCache
        What `mgu_step` returned.

    Returns
    -------
    dx_t : array, ``(batch, features)``
    dh_prev : array, ``(batch, hidden)``
    grads : dict
        The gradients with respect to ``W_xh``, ``W_hh`` and ``b_h``.

    Raises
    ------
    TypeError, ValueError
        If the gradient is not a floating array of the state's shape.
    """
    h_prev, f, n = cache.h_prev, cache.f, cache.n
    check_array("dh_t", dh_t, h_prev.shape)
    W_hf, W_hn = np.split(cache.W_hh, 2, axis=1)
    da_n = dh_t * f * (1 - n**2)
    dp = da_n @ W_hn.T
    da_f = (dh_t * (n - h_prev) + dp * h_prev) * f * (1 - f)
    da_t = np.concatenate([da_f, da_n], axis=1)  # (batch, 2 * hidden)
    grads = {
        "W_xh": cache.x_t.T @ da_t,
        "W_hh": np.concatenate([h_prev.T @ da_f, (f * h_prev).T @ da_n], axis=1),
        "b_h": da_t.sum(axis=0),
    }
    return da_t @ cache.W_xh.T, dh_t * (1 - f) + dp * f + da_f @ W_hf.T, grads


MGU = Cell(name="mgu", gates="f n", step=mgu_step, step_backward=mgu_step_backward)
