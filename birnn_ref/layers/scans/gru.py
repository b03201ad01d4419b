"""The gated recurrent unit over all steps of one direction, forward and backward, in both published forms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.packing import Packing
from birnn_ref.layers.scans.product import product


class GRUScanCache(NamedTuple):
    """What the scan backward needs of the scan.

    ``recalled`` is what the reset gate multiplies if it resets after the product, and its product if before.
    """

    gates: Float
    h: Float
    recalled: Float
    W_hh: Float
    reset_after: bool


def gru_scan(
    packing: Packing, room: Buffers, a: Float, states: tuple[Float, ...], params: dict[str, Float], reset_after: bool
) -> GRUScanCache:
    """Compute every step's state into ``states``.

    Parameters
    ----------
    packing : Packing
    room : Buffers
    a : array, ``(count, 3 * hidden)``
        Each row's ``x_t @ W_xh + b_h``; overwritten with the gates ``r z n``.
    states : tuple of one array, ``(batch + count, hidden)``
        The initial states, and room for those after; changed in place.
    params : dict
        ``W_hh (hidden, 3 * hidden)``, and ``b_hn (hidden,)`` if it resets after the product.
    reset_after : bool
    """
    (h,), W_hh = states, params["W_hh"]
    batch, hidden = packing.shape[0], h.shape[1]
    two, half = 2 * hidden, h.dtype.type(0.5)
    # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2 for r and z
    scaled = W_hh.copy()
    scaled[:, :two] *= half
    W_hrz, W_hn = (np.ascontiguousarray(W) for W in np.split(scaled, [two], axis=1))
    recalled = room("recalled", packing.count, hidden)
    recurrent = room("recurrent", batch, 3 * hidden)
    recurrent_rz = room("recurrent rz", batch, two)
    kept = room("kept", batch, hidden)
    for step in packing.steps:
        active, recalled_t, kept_t = slice(step.active), recalled[step.rows], kept[: step.active]
        h_prev, rz, n = h[step.before], a[step.rows, :two], a[step.rows, two:]
        rz *= half
        if reset_after:
            m = product(h_prev, scaled, out=recurrent[active])
            rz += m[:, :two]
            np.add(m[:, two:], params["b_hn"], out=recalled_t)
        else:
            rz += product(h_prev, W_hrz, out=recurrent_rz[active])
        np.tanh(rz, out=rz)
        rz *= half
        rz += half
        r, z = rz[:, :hidden], rz[:, hidden:]
        if reset_after:
            n += np.multiply(r, recalled_t, out=kept_t)
        else:
            np.multiply(r, h_prev, out=recalled_t)
            n += product(recalled_t, W_hn, out=kept_t)
        np.tanh(n, out=n)
        # h_t = (1 - z) n + z h_prev = n + z (h_prev - n)
        h_t = np.subtract(h_prev, n, out=h[step.after])
        h_t *= z
        h_t += n
    return GRUScanCache(a, h, recalled, W_hh, reset_after)


def gru_scan_backward(
    packing: Packing, room: Buffers, dh: Float, carries: tuple[Float, ...], da: Float, cache: GRUScanCache
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
    da : array, ``(count, 3 * hidden)``
        Receives the gradient with respect to ``a``.
    cache : GRUScanCache

    Returns
    -------
    dict
        The gradients with respect to ``W_hh`` and, if it resets after the product, ``b_hn``.
    """
    gates, h, recalled, W_hh, reset_after = cache
    (carry,) = carries
    count, hidden = dh.shape
    by_gate, two = da.reshape(count, 3, hidden), 2 * hidden
    r, z, n = gates.reshape(count, 3, hidden).swapaxes(0, 1)
    da_r, da_z, da_n = by_gate.swapaxes(0, 1)
    h_prev = packing.before(room, "h_prev", h)
    W_hh_T = np.ascontiguousarray(W_hh.T)
    W_hrz_T, W_hn_T = W_hh_T[:two], W_hh_T[two:]
    slope_n, spare = room("slope_n", count, hidden), room("spare", count, hidden)
    kept, da_rz = room("kept", *carry.shape), room("da_rz", len(carry), two)
    for block in reversed(packing.blocks):
        # Every gradient is dh times what the forward pass has fixed: that, for the block's steps.
        at = block.rows
        np.multiply(gates[at], gates[at], out=da[at])
        np.subtract(1, da_n[at], out=slope_n[at])
        slope_n[at] *= np.subtract(1, z[at], out=spare[at])
        np.subtract(gates[at, :two], da[at, :two], out=da[at, :two])
        da_z[at] *= np.subtract(h_prev[at], n[at], out=spare[at])
        if reset_after:
            # The third gradient is that of what r multiplies; n's own, outside the reset, is found after the loop.
            da_r[at] *= slope_n[at]
            da_r[at] *= recalled[at]
            np.multiply(slope_n[at], r[at], out=da_n[at])
        else:
            da_r[at] *= h_prev[at]
            da_n[at] = slope_n[at]
        for step in reversed(block.steps):
            rows, active = step.rows, slice(step.active)
            dh_t, carry_t, kept_t = dh[rows], carry[active], kept[active]
            dh_t += carry_t
            if reset_after:
                by_gate[rows] *= dh_t[:, None]
                product(da[rows], W_hh_T, out=carry_t)
            else:
                by_gate[rows, 1:] *= dh_t[:, None]
                d_reset = product(da_n[rows], W_hn_T, out=kept_t)
                da_r[rows] *= d_reset
                da_rz[active] = da[rows, :two]
                product(da_rz[active], W_hrz_T, out=carry_t)
                d_reset *= r[rows]
                carry_t += d_reset
            carry_t += np.multiply(dh_t, z[rows], out=kept_t)
    if reset_after:
        grads = {"W_hh": h_prev.T @ da, "b_hn": da_n.sum(axis=0)}
        np.multiply(dh, slope_n, out=da_n)
        return grads
    return {"W_hh": np.concatenate([h_prev.T @ da[:, :two], recalled.T @ da_n], axis=1)}
