"""The simple recurrent cell over all steps of one direction, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.compiled.kernels import kernel, multiply, tanh
from birnn_ref.layers.scans.packing import Chain
from birnn_ref.layers.scans.projection import Accumulate, Project
from birnn_ref.layers.scans.rnn import RNNScanCache
from birnn_ref.layers.scans.scan import Scan, Upstream


def rnn_scan(
    chain: Chain,
    buffers: Buffers,
    project: Project,
    states: tuple[Float, ...],
    params: dict[str, Float],
    activation: str,
) -> RNNScanCache:
    """Compute every step's state into ``states``, as the NumPy scan of this name does."""
    (h,), W_hh = states, params["W_hh"]
    for block in chain.blocks:
        a = project(block, buffers("a", block.size, h.shape[1]))
        _steps(block.table, a, W_hh, h, activation == "relu")
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
    """Carry the gradients back through every step, as the NumPy scan of this name does."""
    h, activation = cache
    (carry,) = carries
    W_hh_T = np.ascontiguousarray(W_hh.T)
    dW_hh = np.zeros_like(W_hh)
    for block in reversed(chain.blocks):
        da = upstream(block)
        _steps_backward(block.table, h, W_hh_T, da, carry, activation == "relu")
        dW_hh += chain.before(h, block).T @ da
        accumulate(block, da)
    return {"W_hh": dW_hh}


@kernel
def _steps(table: Any, a: Any, W_hh: Any, h: Any, relu: bool) -> None:
    zero = h.dtype.type(0)
    for row, before, after, active in table:
        multiply(h[before : before + active], W_hh, h[after : after + active])
        for k in range(active):
            a_k, h_k = a[row + k], h[after + k]
            if relu:
                for j in range(len(h_k)):
                    a_j = a_k[j] + h_k[j]
                    h_k[j] = zero if a_j < zero else a_j
            else:
                for j in range(len(h_k)):
                    h_k[j] = tanh(a_k[j] + h_k[j])


@kernel
def _steps_backward(table: Any, h: Any, W_hh_T: Any, da: Any, carry: Any, relu: bool) -> None:
    """Turn ``da``, what the states receive from the outputs, into the gradient of the projections."""
    one, zero = h.dtype.type(1), h.dtype.type(0)
    for step in range(len(table) - 1, -1, -1):
        row, _, after, active = table[step]
        for k in range(active):
            h_k, da_k, carry_k = h[after + k], da[row + k], carry[k]
            if relu:
                for j in range(len(h_k)):
                    da_k[j] = da_k[j] + carry_k[j] if h_k[j] > zero else zero
            else:
                for j in range(len(h_k)):
                    da_k[j] = (da_k[j] + carry_k[j]) * (one - h_k[j] * h_k[j])
        multiply(da[row : row + active], W_hh_T, carry[:active])


SCAN = Scan(rnn_scan, rnn_scan_backward, scale=(1.0,), compiled=True)
