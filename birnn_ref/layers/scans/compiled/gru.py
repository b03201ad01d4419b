"""The gated recurrent unit over all steps of one direction, compiled, in both published forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.compiled.kernels import kernel, multiply, tanh
from birnn_ref.layers.scans.gru import GRUScanCache
from birnn_ref.layers.scans.packing import Chain
from birnn_ref.layers.scans.projection import Accumulate, Project
from birnn_ref.layers.scans.scan import Scan, Upstream


def gru_scan(
    chain: Chain,
    buffers: Buffers,
    project: Project,
    states: tuple[Float, ...],
    params: dict[str, Float],
    reset_after: bool,
) -> GRUScanCache:
    """Compute every step's state into ``states``, as the NumPy scan of this name does; a row keeps its three gates."""
    (h,), W_hh = states, params["W_hh"]
    batch, hidden = len(chain.initial), h.shape[1]
    gates, recalled = buffers("gates", chain.size, 3 * hidden), buffers("recalled", chain.size, hidden)
    m, m_rz, m_n = buffers("m", batch, 3 * hidden), buffers("m_rz", batch, 2 * hidden), buffers("m_n", batch, hidden)
    if not reset_after:
        W_hrz, W_hn = (np.ascontiguousarray(W) for W in np.split(W_hh, [2 * hidden], axis=1))
    for block in chain.blocks:
        a, kept = project(block, gates[block.rows]), recalled[block.rows]
        if reset_after:
            _steps_after(block.table, a, W_hh, params["b_hn"], h, kept, m)
        else:
            _steps_before(block.table, a, W_hrz, W_hn, h, kept, m_rz, m_n)
    return GRUScanCache(gates, h, recalled, reset_after)


def gru_scan_backward(
    chain: Chain,
    buffers: Buffers,
    upstream: Upstream,
    carries: tuple[Float, ...],
    accumulate: Accumulate,
    W_hh: Float,
    cache: GRUScanCache,
) -> dict[str, Float]:
    """Carry the gradients back through every step, as the NumPy scan of this name does."""
    gates, h, recalled, reset_after = cache
    (carry,) = carries
    two = 2 * h.shape[1]
    W_hh_T = np.ascontiguousarray(W_hh.T)
    dW_hh, db_hn = np.zeros_like(W_hh), np.zeros(h.shape[1], W_hh.dtype)
    direct, d_reset = buffers("direct", *carry.shape), buffers("d_reset", *carry.shape)
    d_rz = buffers("d_rz", len(carry), two)
    for block in reversed(chain.blocks):
        da, dh, rows = buffers("da", block.size, len(W_hh_T)), upstream(block), block.rows
        h_prev, da_n = chain.before(h, block), da[:, two:]
        if reset_after:
            # The third gradient is that of what r multiplies; n's own, outside the reset, is left in dh.
            _steps_after_backward(block.table, gates[rows], W_hh_T, h, recalled[rows], dh, carry, direct, da)
            dW_hh += h_prev.T @ da
            db_hn += da_n.sum(axis=0)
            da_n[:] = dh
        else:
            W_T = W_hh_T[:two], W_hh_T[two:]
            _steps_before_backward(block.table, gates[rows], *W_T, h, dh, carry, direct, d_reset, d_rz, da)
            dW_hh[:, :two] += h_prev.T @ da[:, :two]
            dW_hh[:, two:] += recalled[rows].T @ da_n
        accumulate(block, da)
    return {"W_hh": dW_hh, "b_hn": db_hn} if reset_after else {"W_hh": dW_hh}


@kernel
def _steps_after(table: Any, a: Any, W_hh: Any, b_hn: Any, h: Any, recalled: Any, m: Any) -> None:
    """Turn ``a``, the projections, into the gates, and write the states; the reset comes after the product."""
    hidden, half = h.shape[1], h.dtype.type(0.5)
    for row, before, after, active in table:
        multiply(h[before : before + active], W_hh, m[:active])
        for k in range(active):
            a_k, m_k, recalled_k = a[row + k], m[k], recalled[row + k]
            r, z, n = a_k[:hidden], a_k[hidden : 2 * hidden], a_k[2 * hidden :]
            m_n, h_prev, h_k = m_k[2 * hidden :], h[before + k], h[after + k]
            # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2
            for j in range(2 * hidden):
                a_k[j] = tanh(a_k[j] + m_k[j]) * half + half
            for j in range(hidden):
                recalled_k[j] = m_n[j] + b_hn[j]
                n[j] = tanh(n[j] + r[j] * recalled_k[j])
                h_k[j] = n[j] + z[j] * (h_prev[j] - n[j])


@kernel
def _steps_after_backward(
    table: Any, gates: Any, W_hh_T: Any, h: Any, recalled: Any, dh: Any, carry: Any, direct: Any, da: Any
) -> None:
    """Write the gradients of what the recurrent product adds to; ``dh`` becomes that of ``n`` before its tanh."""
    hidden, one = h.shape[1], h.dtype.type(1)
    for step in range(len(table) - 1, -1, -1):
        row, before, _, active = table[step]
        for k in range(active):
            a_k, da_k = gates[row + k], da[row + k]
            r, z, n = a_k[:hidden], a_k[hidden : 2 * hidden], a_k[2 * hidden :]
            dr, dz, d_recalled = da_k[:hidden], da_k[hidden : 2 * hidden], da_k[2 * hidden :]
            dh_k, carry_k, direct_k, h_prev, recalled_k = (
                dh[row + k],
                carry[k],
                direct[k],
                h[before + k],
                recalled[row + k],
            )
            for j in range(hidden):
                dh_j = dh_k[j] + carry_k[j]
                dn = dh_j * (one - z[j]) * (one - n[j] * n[j])
                dr[j] = dn * recalled_k[j] * r[j] * (one - r[j])
                dz[j] = dh_j * (h_prev[j] - n[j]) * z[j] * (one - z[j])
                d_recalled[j] = dn * r[j]
                dh_k[j] = dn
                direct_k[j] = dh_j * z[j]
        multiply(da[row : row + active], W_hh_T, carry[:active])
        for k in range(active):
            for j in range(hidden):
                carry[k, j] += direct[k, j]


@kernel
def _steps_before(table: Any, a: Any, W_hrz: Any, W_hn: Any, h: Any, recalled: Any, m_rz: Any, m_n: Any) -> None:
    """Turn ``a``, the projections, into the gates, and write the states; the reset comes before the product."""
    hidden, half = h.shape[1], h.dtype.type(0.5)
    for row, before, after, active in table:
        multiply(h[before : before + active], W_hrz, m_rz[:active])
        for k in range(active):
            a_k, m_k, recalled_k, h_prev = a[row + k], m_rz[k], recalled[row + k], h[before + k]
            for j in range(2 * hidden):
                a_k[j] = tanh(a_k[j] + m_k[j]) * half + half
            for j in range(hidden):
                recalled_k[j] = a_k[j] * h_prev[j]
        multiply(recalled[row : row + active], W_hn, m_n[:active])
        for k in range(active):
            a_k, m_k, h_prev, h_k = a[row + k], m_n[k], h[before + k], h[after + k]
            z, n = a_k[hidden : 2 * hidden], a_k[2 * hidden :]
            for j in range(hidden):
                n[j] = tanh(n[j] + m_k[j])
                h_k[j] = n[j] + z[j] * (h_prev[j] - n[j])


@kernel
def _steps_before_backward(
    table: Any, gates: Any, W_hrz_T: Any, W_hn_T: Any, h: Any, dh: Any, carry: Any, direct: Any, d_reset: Any,
    d_rz: Any, da: Any,
) -> None:  # fmt: skip
    """Write the gradient of the projections to ``da``; the product with ``W_hn`` comes before ``r`` has its own."""
    hidden, one = h.shape[1], h.dtype.type(1)
    for step in range(len(table) - 1, -1, -1):
        row, before, _, active = table[step]
        for k in range(active):
            a_k, da_k = gates[row + k], da[row + k]
            z, n = a_k[hidden : 2 * hidden], a_k[2 * hidden :]
            dn, dh_k, carry_k, direct_k = da_k[2 * hidden :], dh[row + k], carry[k], direct[k]
            d_z, h_prev = d_rz[k, hidden:], h[before + k]
            for j in range(hidden):
                dh_j = dh_k[j] + carry_k[j]
                dn[j] = dh_k[j] = dh_j * (one - z[j]) * (one - n[j] * n[j])
                d_z[j] = dh_j * (h_prev[j] - n[j]) * z[j] * (one - z[j])
                direct_k[j] = dh_j * z[j]
        multiply(dh[row : row + active], W_hn_T, d_reset[:active])
        for k in range(active):
            r, d_r, d_reset_k, direct_k, h_prev = gates[row + k], d_rz[k], d_reset[k], direct[k], h[before + k]
            for j in range(hidden):
                d_r[j] = d_reset_k[j] * h_prev[j] * r[j] * (one - r[j])
                direct_k[j] += d_reset_k[j] * r[j]
            for j in range(2 * hidden):
                da[row + k, j] = d_r[j]
        multiply(d_rz[:active], W_hrz_T, carry[:active])
        for k in range(active):
            for j in range(hidden):
                carry[k, j] += direct[k, j]


SCAN = Scan(gru_scan, gru_scan_backward, scale=(0.5, 0.5, 1.0), compiled=True)
