"""The simple recurrent cell over all steps of one direction, forward and backward."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.packing import Chain
from birnn_ref.layers.scans.product import product
from birnn_ref.layers.scans.projection import Accumulate, Project
from birnn_ref.layers.scans.scan import Scan, Upstream


class RNNScanCache(NamedTuple):
    """What the backward pass needs to know of the scan."""

    h: Float
    activation: str


def rnn_scan(
    chain: Chain,
    buffers: Buffers,
    project: Project,
    states: tuple[Float, ...],
    params: dict[str, Float],
    activation: str,
) -> RNNScanCache:
    """Compute every step's state into ``states``.

    Parameters
    ----------
    chain : Chain
    buffers : Buffers
    project : callable
        Gives a block's ``x_t @ W_xh + b_h``, ``(block.size, hidden)``.
    states : tuple of one array, ``(batch + size, hidden)``
        The initial states, and space for those after; changed in place.
    params : dict
        ``W_hh (hidden, hidden)``.
    activation : {"tanh", "relu"}
    """
    (h,), W_hh = states, params["W_hh"]
    for block in chain.blocks:
        a = project(block, buffers("a", block.size, h.shape[1]))
        for step in block.steps:
            h_t = product(h[step.before], W_hh, out=h[step.after])
            h_t += a[step.rows]
            if activation == "tanh":
                np.tanh(h_t, out=h_t)
            else:
                np.maximum(h_t, 0, out=h_t)
    return RNNScanCache(h, activation)


def rnn_scan_backward(
    chain: Chain,
    buffers: Buffers,
    upstream: Upstream,
    carries: tuple[Float, ...],
    accumulate: Accumulate,
    W_hh: Float,
    cache: RNNScanCache,
) -> dict[str, Float]:
    """Carry the gradients back through every step.

    Parameters
    ----------
    chain : Chain
    buffers : Buffers
    upstream : callable
        Gives what a block's states receive from the output, ``(block.size, hidden)``; overwritten.
    carries : tuple of one array, ``(batch, hidden)``
        What each sequence's final state receives, the longest first; holds the initial state's gradient afterwards.
    accumulate : callable
        Takes a block and the gradient of its projections, ``(block.size, hidden)``.
    W_hh : array, ``(hidden, hidden)``
    cache : RNNScanCache

    Returns
    -------
    dict
        The gradient with respect to ``W_hh``.
    """
    h, activation = cache
    (carry,) = carries
    W_hh_T = np.ascontiguousarray(W_hh.T)
    dW_hh = np.zeros_like(W_hh)
    for block in reversed(chain.blocks):
        dh, h_t = upstream(block), chain.after(h, block)
        da = buffers("da", *dh.shape)
        if activation == "tanh":
            np.multiply(h_t, h_t, out=da)
            np.subtract(1, da, out=da)
        else:
            np.greater(h_t, 0, out=da)
        for step in reversed(block.steps):
            carry_t, dh_t, da_t = carry[: step.active], dh[step.rows], da[step.rows]
            dh_t += carry_t
            da_t *= dh_t
            product(da_t, W_hh_T, out=carry_t)
        dW_hh += chain.before(h, block).T @ da
        accumulate(block, da)
    return {"W_hh": dW_hh}


SCAN = Scan(rnn_scan, rnn_scan_backward, scale=(1.0,))
