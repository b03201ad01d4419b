"""The LSTM cell over all steps of one direction, forward and backward."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.packing import Packing
from birnn_ref.layers.scans.product import product


class LSTMScanCache(NamedTuple):
    """What the scan backward needs of the scan."""

    gates: Float
    h: Float
    c: Float
    tanh_c: Float
    W_hh: Float


def lstm_scan(
    packing: Packing, room: Buffers, a: Float, states: tuple[Float, ...], params: dict[str, Float]
) -> LSTMScanCache:
    """Compute every step's states into ``states``.

    Parameters
    ----------
    packing : Packing
    room : Buffers
    a : array, ``(count, 4 * hidden)``
        Each row's ``x_t @ W_xh + b_h``; overwritten with the gates ``i f g o``.
    states : tuple of two arrays, ``(batch + count, hidden)``
        The initial ``h`` and ``c``, and room for those after; changed in place.
    params : dict
        ``W_hh (hidden, 4 * hidden)``.
    """
    (h, c), W_hh = states, params["W_hh"]
    batch, hidden = packing.shape[0], h.shape[1]
    # One tanh for all four gates: sigmoid(a) = tanh(a / 2) / 2 + 1 / 2.
    scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], h.dtype), hidden)
    shift = np.repeat(np.array([0.5, 0.5, 0, 0.5], h.dtype), hidden)
    scaled = W_hh * scale
    tanh_c = room("tanh_c", packing.count, hidden)
    recurrent = room("recurrent", batch, 4 * hidden)
    written = room("written", batch, hidden)
    for step in packing.steps:
        gates = a[step.rows]
        gates *= scale
        gates += product(h[step.before], scaled, out=recurrent[: step.active])
        np.tanh(gates, out=gates)
        gates *= scale
        gates += shift
        i, f, g, o = (gates[:, k * hidden : (k + 1) * hidden] for k in range(4))
        c_t = np.multiply(f, c[step.before], out=c[step.after])
        c_t += np.multiply(i, g, out=written[: step.active])
        np.multiply(o, np.tanh(c_t, out=tanh_c[step.rows]), out=h[step.after])
    return LSTMScanCache(a, h, c, tanh_c, W_hh)


def lstm_scan_backward(
    packing: Packing, room: Buffers, dh: Float, carries: tuple[Float, ...], da: Float, cache: LSTMScanCache
) -> dict[str, Float]:
    """Carry the gradients back through every step.

    Parameters
    ----------
    packing : Packing
    room : Buffers
    dh : array, ``(count, hidden)``
        What each row's hidden state receives from the output; overwritten.
    carries : tuple of two arrays, ``(batch, hidden)``
        What each sequence's final ``h`` and ``c`` receive, the longest first; they hold the initial states'
        gradients afterwards.
    da : array, ``(count, 4 * hidden)``
        Receives the gradient with respect to ``a``.
    cache : LSTMScanCache

    Returns
    -------
    dict
        The gradient with respect to ``W_hh``.
    """
    gates, h, c, tanh_c, W_hh = cache
    carry, dc = carries
    count, hidden = dh.shape
    W_hh_T = np.ascontiguousarray(W_hh.T)
    by_gate = da.reshape(count, 4, hidden)
    i, f, g, o = gates.reshape(count, 4, hidden).swapaxes(0, 1)
    da_i, da_f, da_g, da_o = by_gate.swapaxes(0, 1)
    h_t, c_prev = packing.after(h), packing.before(room, "c_prev", c)
    to_c = room("to_c", count, hidden)
    for block in reversed(packing.blocks):
        # Each gate's gradient is dc, for o dh, times what the forward pass has fixed: that, for the block's steps.
        at = block.rows
        np.multiply(gates[at], gates[at], out=da[at])
        np.subtract(gates[at], da[at], out=da[at])
        da_i[at] *= g[at]
        da_f[at] *= c_prev[at]
        np.multiply(g[at], g[at], out=da_g[at])
        np.subtract(1, da_g[at], out=da_g[at])
        da_g[at] *= i[at]
        da_o[at] *= tanh_c[at]
        # o (1 - tanh(c)^2) = o - h tanh(c)
        np.multiply(h_t[at], tanh_c[at], out=to_c[at])
        np.subtract(o[at], to_c[at], out=to_c[at])
        for step in reversed(block.steps):
            rows, active = step.rows, slice(step.active)
            dh_t, dc_t, to_c_t = dh[rows], dc[active], to_c[rows]
            dh_t += carry[active]
            to_c_t *= dh_t
            dc_t += to_c_t
            by_gate[rows, :3] *= dc_t[:, None]
            da_o[rows] *= dh_t
            dc_t *= f[rows]
            product(da[rows], W_hh_T, out=carry[active])
    return {"W_hh": packing.before(room, "h_prev", h).T @ da}
