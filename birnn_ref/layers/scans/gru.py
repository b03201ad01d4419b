"""The gated recurrent unit over all steps of one direction, forward and backward, in both published forms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.scans.buffers import Buffers, by_gate
from birnn_ref.layers.scans.packing import Chain
from birnn_ref.layers.scans.product import product
from birnn_ref.layers.scans.projection import Accumulate, Project
from birnn_ref.layers.scans.scan import Scan, Upstream


class GRUScanCache(NamedTuple):
    """What the backward pass needs to know of the scan; ``gates`` as `by_gate` reads it.

    ``recalled`` is what the reset gate multiplies if it resets after the product, and its product if before.
    """

    gates: Float
    h: Float
    recalled: Float
    reset_after: bool


def gru_scan(
    chain: Chain,
    buffers: Buffers,
    project: Project,
    states: tuple[Float, ...],
    params: dict[str, Float],
    reset_after: bool,
) -> GRUScanCache:
    """Compute every step's state into ``states``.

    Parameters
    ----------
    chain : Chain
    buffers : Buffers
    project : callable
        Gives a block's ``x_t @ W_xh + b_h``, ``(block.size, 3 * hidden)``, the columns of ``r z`` halved.
    states : tuple of one array, ``(batch + size, hidden)``
        The initial states, and space for those after; changed in place.
    params : dict
        ``W_hh (hidden, 3 * hidden)``, the same columns halved, and ``b_hn (hidden,)`` if it resets after the product.
    reset_after : bool
    """
    (h,), W_hh = states, params["W_hh"]
    batch, hidden, half = len(chain.initial), h.shape[1], h.dtype.type(0.5)
    two = 2 * hidden
    if not reset_after:
        W_hrz, W_hn = (np.ascontiguousarray(W) for W in np.split(W_hh, [two], axis=1))
    all_gates, all_recalled = buffers("gates", 3 * chain.size, hidden), buffers("recalled", chain.size, hidden)
    recurrent, recurrent_rz = buffers("recurrent", batch, 3 * hidden), buffers("recurrent rz", batch, two)
    for block in chain.blocks:
        a = project(block, buffers("a", block.size, 3 * hidden))
        a_by_gate = a.reshape(block.size, 3, hidden).swapaxes(0, 1)
        gates, recalled = by_gate(all_gates, 3, block.rows), all_recalled[block.rows]
        for step in block.steps:
            rows, h_prev = step.rows, h[step.before]
            rz, a_rz, recalled_t = gates[:2, rows], a[rows, :two], recalled[rows]
            r, z, n = gates[:, rows]
            if reset_after:
                m = product(h_prev, W_hh, out=recurrent[: step.active])
                a_rz += m[:, :two]
                np.add(m[:, two:], params["b_hn"], out=recalled_t)
            else:
                a_rz += product(h_prev, W_hrz, out=recurrent_rz[: step.active])
            # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2
            np.tanh(a_by_gate[:2, rows], out=rz)
            rz *= half
            rz += half
            if reset_after:
                np.multiply(r, recalled_t, out=n)
            else:
                product(np.multiply(r, h_prev, out=recalled_t), W_hn, out=n)
            n += a_by_gate[2, rows]
            np.tanh(n, out=n)
            # h_t = (1 - z) n + z h_prev = n + z (h_prev - n)
            h_t = np.subtract(h_prev, n, out=h[step.after])
            h_t *= z
            h_t += n
    return GRUScanCache(all_gates, h, all_recalled, reset_after)


def gru_scan_backward(
    chain: Chain,
    buffers: Buffers,
    upstream: Upstream,
    carries: tuple[Float, ...],
    accumulate: Accumulate,
    W_hh: Float,
    cache: GRUScanCache,
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
        Takes a block and the gradient of its projections, not halved, ``(block.size, 3 * hidden)``.
    W_hh : array, ``(hidden, 3 * hidden)``
    cache : GRUScanCache

    Returns
    -------
    dict
        The gradients with respect to ``W_hh`` and, if it resets after the product, ``b_hn``.
    """
    all_gates, h, all_recalled, reset_after = cache
    (carry,) = carries
    hidden = h.shape[1]
    two = 2 * hidden
    W_hh_T = np.ascontiguousarray(W_hh.T)
    W_hrz_T, W_hn_T = W_hh_T[:two], W_hh_T[two:]
    kept = buffers("kept", *carry.shape)
    dW_hh, db_hn = np.zeros_like(W_hh), np.zeros(hidden, W_hh.dtype)
    for block in reversed(chain.blocks):
        dh, gates, recalled = upstream(block), by_gate(all_gates, 3, block.rows), all_recalled[block.rows]
        r, z, n = gates
        h_prev = chain.before(h, block)
        # Every gradient is dh times what the forward pass has fixed: that, for the block's steps.
        fixed = np.multiply(gates, gates, out=buffers("fixed", *gates.shape))
        np.subtract(gates[:2], fixed[:2], out=fixed[:2])
        spare = np.subtract(h_prev, n, out=buffers("spare", *dh.shape))
        fixed[1] *= spare
        slope_n = np.subtract(1, fixed[2], out=buffers("slope_n", *dh.shape))
        slope_n *= np.subtract(1, z, out=spare)
        if reset_after:
            # The third gradient is that of what r multiplies; n's own, outside the reset, is found after the loop.
            fixed[0] *= slope_n
            fixed[0] *= recalled
            np.multiply(slope_n, r, out=fixed[2])
        else:
            fixed[0] *= h_prev
            fixed[2] = slope_n
        da = buffers("da", block.size, 3 * hidden)
        da_r, _, da_n = da_by_gate = da.reshape(block.size, 3, hidden).swapaxes(0, 1)
        for step in reversed(block.steps):
            rows, carry_t, kept_t = step.rows, carry[: step.active], kept[: step.active]
            dh_t = dh[rows]
            dh_t += carry_t
            if reset_after:
                np.multiply(fixed[:, rows], dh_t, out=da_by_gate[:, rows])
                product(da[rows], W_hh_T, out=carry_t)
            else:
                np.multiply(fixed[1:, rows], dh_t, out=da_by_gate[1:, rows])
                d_reset = product(da_n[rows], W_hn_T, out=kept_t)
                np.multiply(fixed[0, rows], d_reset, out=da_r[rows])
                product(da[rows, :two], W_hrz_T, out=carry_t)
                d_reset *= r[rows]
                carry_t += d_reset
            carry_t += np.multiply(dh_t, z[rows], out=kept_t)
        if reset_after:
            dW_hh += h_prev.T @ da
            db_hn += da_n.sum(axis=0)
            np.multiply(dh, slope_n, out=da_n)
        else:
            dW_hh[:, :two] += h_prev.T @ da[:, :two]
            dW_hh[:, two:] += recalled.T @ da_n
        accumulate(block, da)
    return {"W_hh": dW_hh, "b_hn": db_hn} if reset_after else {"W_hh": dW_hh}


SCAN = Scan(gru_scan, gru_scan_backward, scale=(0.5, 0.5, 1.0))
