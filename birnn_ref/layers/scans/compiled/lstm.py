"""The LSTM cell over all steps of one direction, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.compiled.kernels import kernel, multiply, tanh
from birnn_ref.layers.scans.lstm import LSTMScanCache
from birnn_ref.layers.scans.packing import Chain
from birnn_ref.layers.scans.projection import Accumulate, Project
from birnn_ref.layers.scans.scan import Scan, Upstream


def lstm_scan(
    chain: Chain, buffers: Buffers, project: Project, states: tuple[Float, ...], params: dict[str, Float]
) -> LSTMScanCache:
    """Compute every step's states into ``states``, as the NumPy scan of this name does; a row keeps its four gates."""
    (h, c), W_hh = states, params["W_hh"]
    hidden = h.shape[1]
    gates, tanh_c = buffers("gates", chain.size, 4 * hidden), buffers("tanh_c", chain.size, hidden)
    recurrent = buffers("recurrent", len(chain.initial), 4 * hidden)
    for block in chain.blocks:
        a = project(block, gates[block.rows])
        _steps(block.table, a, W_hh, h, c, tanh_c[block.rows], recurrent)
    return LSTMScanCache(gates, h, c, tanh_c)


def lstm_scan_backward(
    chain: Chain,
    buffers: Buffers,
    upstream: Upstream,
    carries: tuple[Float, ...],
    accumulate: Accumulate,
    W_hh: Float,
    cache: LSTMScanCache,
) -> dict[str, Float]:
    """Carry the gradients back through every step, as the NumPy scan of this name does."""
    gates, h, c, tanh_c = cache
    carry, dc = carries
    W_hh_T = np.ascontiguousarray(W_hh.T)
    dW_hh = np.zeros_like(W_hh)
    for block in reversed(chain.blocks):
        da, rows = buffers("da", block.size, len(W_hh_T)), block.rows
        _steps_backward(block.table, gates[rows], W_hh_T, c, tanh_c[rows], upstream(block), carry, dc, da)
        dW_hh += chain.before(h, block).T @ da
        accumulate(block, da)
    return {"W_hh": dW_hh}


@kernel
def _steps(table: Any, a: Any, W_hh: Any, h: Any, c: Any, tanh_c: Any, recurrent: Any) -> None:
    """Turn ``a``, the projections, into the gates, and write the states after each step."""
    hidden, half = h.shape[1], h.dtype.type(0.5)
    for row, before, after, active in table:
        multiply(h[before : before + active], W_hh, recurrent[:active])
        for k in range(active):
            a_k, m_k = a[row + k], recurrent[k]
            # One tanh for all four gates: sigmoid(a) = tanh(a / 2) / 2 + 1 / 2.
            for j in range(4 * hidden):
                a_k[j] = tanh(a_k[j] + m_k[j])
            i, f, g, o = a_k[:hidden], a_k[hidden : 2 * hidden], a_k[2 * hidden : 3 * hidden], a_k[3 * hidden :]
            c_prev, c_k, h_k, tanh_k = c[before + k], c[after + k], h[after + k], tanh_c[row + k]
            for j in range(hidden):
                i[j] = i[j] * half + half
                f[j] = f[j] * half + half
                o[j] = o[j] * half + half
                c_k[j] = f[j] * c_prev[j] + i[j] * g[j]
                tanh_k[j] = tanh(c_k[j])
                h_k[j] = o[j] * tanh_k[j]


@kernel
def _steps_backward(
    table: Any, gates: Any, W_hh_T: Any, c: Any, tanh_c: Any, dh: Any, carry: Any, dc: Any, da: Any
) -> None:
    """Write the gradient of the projections to ``da``; ``carry`` and ``dc`` go back a step at a time."""
    hidden, one = c.shape[1], c.dtype.type(1)
    for step in range(len(table) - 1, -1, -1):
        row, before, _, active = table[step]
        for k in range(active):
            a_k, da_k = gates[row + k], da[row + k]
            i, f, g, o = a_k[:hidden], a_k[hidden : 2 * hidden], a_k[2 * hidden : 3 * hidden], a_k[3 * hidden :]
            di, df, dg = da_k[:hidden], da_k[hidden : 2 * hidden], da_k[2 * hidden : 3 * hidden]
            do, dh_k, carry_k, dc_k = da_k[3 * hidden :], dh[row + k], carry[k], dc[k]
            tanh_k, c_prev = tanh_c[row + k], c[before + k]
            for j in range(hidden):
                dh_j = dh_k[j] + carry_k[j]
                dc_j = dc_k[j] + dh_j * o[j] * (one - tanh_k[j] * tanh_k[j])
                di[j] = dc_j * g[j] * i[j] * (one - i[j])
                df[j] = dc_j * c_prev[j] * f[j] * (one - f[j])
                dg[j] = dc_j * i[j] * (one - g[j] * g[j])
                do[j] = dh_j * tanh_k[j] * o[j] * (one - o[j])
                dc_k[j] = dc_j * f[j]
        multiply(da[row : row + active], W_hh_T, carry[:active])


SCAN = Scan(lstm_scan, lstm_scan_backward, scale=(0.5, 0.5, 1.0, 0.5), compiled=True)
