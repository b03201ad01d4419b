"""The simple recurrent cell over all steps of one direction, forward and backward."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.packing import Packing
from birnn_ref.layers.scans.product import product


class RNNScanCache(NamedTuple):
    """What the scan backward needs of the scan."""

    h: Float
    W_hh: Float
    activation: str


def rnn_scan(
    packing: Packing, room: Buffers, a: Float, states: tuple[Float, ...], params: dict[str, Float], activation: str
) -> RNNScanCache:
    """Compute every step's state into ``states``.

    Parameters
    ----------
    packing : Packing
    room : Buffers
    a : array, ``(count, hidden)``
        Each row's ``x_t @ W_xh + b_h``.
    states : tuple of one array, ``(batch + count, hidden)``
        The initial states, and room for those after; changed in place.
    params : dict
        ``W_hh (hidden, hidden)``.
    activation : {"tanh", "relu"}
    """
    (h,), W_hh = states, params["W_hh"]
    for step in packing.steps:
        h_t = product(h[step.before], W_hh, out=h[step.after])
        h_t += a[step.rows]
        if activation == "tanh":
            np.tanh(h_t, out=h_t)
        else:
            np.maximum(h_t, 0, out=h_t)
    return RNNScanCache(h, W_hh, activation)


def rnn_scan_backward(
    packing: Packing, room: Buffers, dh: Float, carries: tuple[Float, ...], da: Float, cache: RNNScanCache
) -> dict[str, Float]:
    """Carry the gradients back through every step.

    Parameters
    ----------
    packing : Packing
    room : Buffers
    dh : array, ``(count, hidden)``
        What each row's state receives from the output; overwritten.
    carries : tuple of one array, ``(batch, hidden)``
        What each sequence's final state receives, the longest first; holds the initial state's gradient afterwards.
    da : array, ``(count, hidden)``
        Receives the gradient with respect to ``a``.
    cache : RNNScanCache

    Returns
    -------
    dict
        The gradient with respect to ``W_hh``.
    """
    h, W_hh, activation = cache
    (carry,) = carries
    W_hh_T = np.ascontiguousarray(W_hh.T)
    h_t = packing.after(h)
    if activation == "tanh":
        np.multiply(h_t, h_t, out=da)
        np.subtract(1, da, out=da)
    else:
        np.greater(h_t, 0, out=da)
    for step in reversed(packing.steps):
        carry_t, dh_t, da_t = carry[: step.active], dh[step.rows], da[step.rows]
        dh_t += carry_t
        da_t *= dh_t
        product(da_t, W_hh_T, out=carry_t)
    return {"W_hh": packing.before(room, "h_prev", h).T @ da}
