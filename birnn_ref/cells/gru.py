"""The gated recurrent unit (Cho et al., 2014), in both published forms: one step, and its backward pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float, check_array
from birnn_ref.cells.cell import Cell, Option, Params, check_bool, check_step, draw_gates
from birnn_ref.cells.sigmoid import sigmoid


class GRUCache(NamedTuple):
    """What the backward pass needs to know of the step.

    ``recalled`` is what the reset gate multiplies: :math:`h_{t-1} W_{hn} + b_{hn}` if it resets after the product,
    :math:`h_{t-1}` if before.
    """

    x_t: Float
    h_prev: Float
    r: Float
    z: Float
    n: Float
    recalled: Float
    W_xh: Float
    W_hh: Float
    has_b_hn: bool
    reset_after: bool


def gru_step(
    x_t: Float,
    h_prev: Float,
    W_xh: Float,
    W_hh: Float,
    b_h: Float,
    b_hn: Float | None = None,
    reset_after: bool = True,
) -> tuple[Float, GRUCache]:
    r"""Compute the next hidden state as a mixture of the last one and a candidate :math:`n`.

    .. math::

        r &= \sigma(x_t W_{xr} + h_{t-1} W_{hr} + b_r) \\
        z &= \sigma(x_t W_{xz} + h_{t-1} W_{hz} + b_z) \\
        n &= \tanh(x_t W_{xn} + r \odot (h_{t-1} W_{hn} + b_{hn}) + b_n)
            && \text{reset after the product, or} \\
        n &= \tanh(x_t W_{xn} + (r \odot h_{t-1}) W_{hn} + b_n) && \text{reset before it} \\
        h_t &= (1 - z) \odot n + z \odot h_{t-1}

    The first form is what cuDNN, PyTorch and Keras (``reset_after=True``) compute; the second stands in version 3 of
    the paper.

    Parameters
    ----------
    x_t : array, ``(batch, features)``
        The input at step t.
    h_prev : array, ``(batch, hidden)``
        The hidden state at step t - 1.
    W_xh : array, ``(features, 3 * hidden)``
        The weights of the gates side by side, in the order ``r z n``.
    W_hh : array, ``(hidden, 3 * hidden)``
    b_h : array, ``(3 * hidden,)``
    b_hn : array, ``(hidden,)``, optional
        The bias inside the reset; 0 if left out. Only where the reset comes after the product.
    reset_after : bool
        Which of the two forms.

    Returns
    -------
    h_t : array, ``(batch, hidden)``
    cache : GRUCache
        For `gru_step_backward`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a floating array of these shapes, or ``b_hn`` is given to the second form.

    Notes
    -----
    K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation",
    EMNLP 2014 (arXiv 1406.1078). Some texts swap z and 1 - z; here, as there, z = 1 keeps the state.

    Examples
    --------
    An update gate that is wide open keeps the state as it was:

    >>> b_h = np.array([0.0, 1e4, 0.0])
    >>> h_t, _ = gru_step(np.zeros((1, 1)), np.array([[0.7]]), np.zeros((1, 3)), np.zeros((1, 3)), b_h)
    >>> h_t
    array([[0.7]])
    """
    _, hidden = check_step(x_t, h_prev, W_xh, b_h, gates=3)
    check_array("W_hh", W_hh, (hidden, 3 * hidden))
    if b_hn is not None:
        if not reset_after:
            raise ValueError("b_hn must be None where reset_after is False: that form has no bias inside the reset")
        check_array("b_hn", b_hn, (hidden,))
    W_hr, W_hz, W_hn = np.split(W_hh, 3, axis=1)
    a_r, a_z, a_n = np.split(x_t @ W_xh + b_h, 3, axis=1)
    r = sigmoid(a_r + h_prev @ W_hr)
    z = sigmoid(a_z + h_prev @ W_hz)
    recalled: Float
    if reset_after:
        recalled = h_prev @ W_hn if b_hn is None else h_prev @ W_hn + b_hn
        n = np.tanh(a_n + r * recalled)
    else:
        recalled = h_prev
        n = np.tanh(a_n + (r * recalled) @ W_hn)
    h_t = (1 - z) * n + z * h_prev
    return h_t, GRUCache(x_t, h_prev, r, z, n, recalled, W_xh, W_hh, b_hn is not None, reset_after)


def gru_step_backward(dh_t: Float, cache: GRUCache) -> tuple[Float, Float, dict[str, Float]]:
    r"""Carry a gradient back through one step.

    With :math:`da_n = dh_t \odot (1 - z) \odot (1 - n^2)`, the reset gate receives
    :math:`dr = da_n \odot (h_{t-1} W_{hn} + b_{hn})` in the first form and
    :math:`dr = (da_n W_{hn}^\top) \odot h_{t-1}` in the second;
    :math:`da_r = dr \odot r (1 - r)` and :math:`da_z = dh_t \odot (h_{t-1} - n) \odot z (1 - z)` in both.

    Parameters
    ----------
    dh_t : array, ``(batch, hidden)``
        The loss's gradient with respect to ``h_t``.
    cache : GRUCache
        What `gru_step` returned.

    Returns
    -------
    dx_t : array, ``(batch, features)``
    dh_prev : array, ``(batch, hidden)``
    grads : dict
        The gradients with respect to ``W_xh``, ``W_hh``, ``b_h`` and, if it was given, ``b_hn``.

    Raises
    ------
    TypeError, ValueError
        If the gradient is not a floating array of the state's shape.
    """
    h_prev, r, z, n, recalled = cache.h_prev, cache.r, cache.z, cache.n, cache.recalled
    check_array("dh_t", dh_t, h_prev.shape)
    W_hr, W_hz, W_hn = np.split(cache.W_hh, 3, axis=1)
    da_n = dh_t * (1 - z) * (1 - n**2)
    dh_prev = dh_t * z
    if cache.reset_after:
        d_recalled = da_n * r
        dr = da_n * recalled
        dW_hn = h_prev.T @ d_recalled
        dh_prev = dh_prev + d_recalled @ W_hn.T
    else:
        d_product = da_n @ W_hn.T
        dr = d_product * recalled
        dW_hn = (r * recalled).T @ da_n
        dh_prev = dh_prev + d_product * r
    da_r = dr * r * (1 - r)
    da_z = dh_t * (h_prev - n) * z * (1 - z)
    dh_prev = dh_prev + da_r @ W_hr.T + da_z @ W_hz.T
    da_t = np.concatenate([da_r, da_z, da_n], axis=1)
    grads = {
        "W_xh": cache.x_t.T @ da_t,
        "W_hh": np.concatenate([h_prev.T @ da_r, h_prev.T @ da_z, dW_hn], axis=1),
        "b_h": da_t.sum(axis=0),
    }
    if cache.has_b_hn:
        grads["b_hn"] = d_recalled.sum(axis=0)
    return da_t @ cache.W_xh.T, dh_prev, grads


def draw_gru(rng: np.random.Generator, count: int, features: int, hidden: int, reset_after: bool) -> Params:
    """Draw the parameters of ``count`` directions; ``b_hn`` only where the reset comes after the product."""
    params = draw_gates(rng, count, features, hidden, gates=3)
    return params | {"b_hn": np.zeros((count, hidden))} if reset_after else params


GRU = Cell(
    name="gru",
    gates="r z n",
    step=gru_step,
    step_backward=gru_step_backward,
    options={"reset_after": Option(True, check_bool)},
    draw=draw_gru,
    scan="birnn_ref.layers.scans.gru",
)
