"""The LSTM cell over all steps of one direction, forward and backward."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.scans.buffers import Buffers, by_gate
from birnn_ref.layers.scans.packing import Chain
from birnn_ref.layers.scans.product import product
from birnn_ref.layers.scans.projection import Accumulate, Project
from birnn_ref.layers.scans.scan import Scan, Upstream


class LSTMScanCache(NamedTuple):
    """What the backward pass needs to know of the scan; ``gates`` as `by_gate` reads it."""

    gates: Float
    h: Float
    c: Float
    tanh_c: Float


def lstm_scan(
    chain: Chain, buffers: Buffers, project: Project, states: tuple[Float, ...], params: dict[str, Float]
) -> LSTMScanCache:
    """Compute every step's states into ``states``.

    Parameters
    ----------
    chain : Chain
    buffers : Buffers
    project : callable
        Gives a block's ``x_t @ W_xh + b_h``, ``(block.size, 4 * hidden)``, the columns of ``i f o`` halved.
    states : tuple of two arrays, ``(batch + size, hidden)``
        The initial ``h`` and ``c``, and space for those after; changed in place.
    params : dict
        ``W_hh (hidden, 4 * hidden)``, the same columns halved.
    """
    (h, c), W_hh = states, params["W_hh"]
    batch, hidden, half = len(chain.initial), h.shape[1], h.dtype.type(0.5)
    all_gates, all_tanh_c = buffers("gates", 4 * chain.size, hidden), buffers("tanh_c", chain.size, hidden)
    recurrent, written = buffers("recurrent", batch, 4 * hidden), buffers("written", batch, hidden)
    for block in chain.blocks:
        a = project(block, buffers("a", block.size, 4 * hidden))
        a_by_gate = a.reshape(block.size, 4, hidden).swapaxes(0, 1)
        gates, tanh_c = by_gate(all_gates, 4, block.rows), all_tanh_c[block.rows]
        for step in block.steps:
            rows = step.rows
            a_t = a[rows]
            a_t += product(h[step.before], W_hh, out=recurrent[: step.active])
            # One tanh for all four gates: sigmoid(a) = tanh(a / 2) / 2 + 1 / 2.
            i, f, g, o = gates_t = np.tanh(a_by_gate[:, rows], out=gates[:, rows])
            for sigmoid in (gates_t[:2], o):
                sigmoid *= half
                sigmoid += half
            c_t = np.multiply(f, c[step.before], out=c[step.after])
            c_t += np.multiply(i, g, out=written[: step.active])
            np.multiply(o, np.tanh(c_t, out=tanh_c[rows]), out=h[step.after])
    return LSTMScanCache(all_gates, h, c, all_tanh_c)


def lstm_scan_backward(
    chain: Chain,
    buffers: Buffers,
    upstream: Upstream,
    carries: tuple[Float, ...],
    accumulate: Accumulate,
    W_hh: Float,
    cache: LSTMScanCache,
) -> dict[str, Float]:
    """Carry the gradients back through every step.

    Parameters
    ----------
    chain : Chain
    buffers : Buffers
    upstream : callable
        Gives what a block's hidden states receive from the output, ``(block.size, hidden)``; overwritten.
    carries : tuple of two arrays, ``(batch, hidden)``
        What each sequence's final ``h`` and ``c`` receive, the longest first; they hold the initial states'
        gradients afterwards.
    accumulate : callable
        Takes a block and the gradient of its projections, not halved, ``(block.size, 4 * hidden)``.
    W_hh : array, ``(hidden, 4 * hidden)``
    cache : LSTMScanCache

    Returns
    -------
    dict
        The gradient with respect to ``W_hh``.
    """
    all_gates, h, c, all_tanh_c = cache
    carry, dc = carries
    W_hh_T = np.ascontiguousarray(W_hh.T)
    dW_hh = np.zeros_like(W_hh)
    for block in reversed(chain.blocks):
        dh, gates, tanh_c = upstream(block), by_gate(all_gates, 4, block.rows), all_tanh_c[block.rows]
        i, f, g, o = gates
        # Each gate's gradient is dc, for o dh, times what the forward pass has fixed: that, for the block's steps.
        fixed = np.multiply(gates, gates, out=buffers("fixed", *gates.shape))
        np.subtract(gates[:2], fixed[:2], out=fixed[:2])
        np.subtract(1, fixed[2], out=fixed[2])
        np.subtract(o, fixed[3], out=fixed[3])
        for slope, factor in zip(fixed, (g, chain.before(c, block), i, tanh_c), strict=True):
            slope *= factor
        # o (1 - tanh(c)^2) = o - h tanh(c)
        to_c = np.multiply(chain.after(h, block), tanh_c, out=buffers("to_c", *dh.shape))
        np.subtract(o, to_c, out=to_c)
        da = buffers("da", block.size, len(W_hh_T))
        da_by_gate = da.reshape(block.size, *gates.shape[::2]).swapaxes(0, 1)
        for step in reversed(block.steps):
            rows, active = step.rows, slice(step.active)
            dh_t, dc_t, to_c_t = dh[rows], dc[active], to_c[rows]
            dh_t += carry[active]
            to_c_t *= dh_t
            dc_t += to_c_t
            np.multiply(fixed[:3, rows], dc_t, out=da_by_gate[:3, rows])
            np.multiply(fixed[3, rows], dh_t, out=da_by_gate[3, rows])
            dc_t *= f[rows]
            product(da[rows], W_hh_T, out=carry[active])
        dW_hh += chain.before(h, block).T @ da
        accumulate(block, da)
    return {"W_hh": dW_hh}


SCAN = Scan(lstm_scan, lstm_scan_backward, scale=(0.5, 0.5, 1.0, 0.5))
