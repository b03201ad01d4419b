"""Any cell over all steps of one direction, forward and backward, by its two step functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.cells import Cell
from birnn_ref.layers.base import SparseRows
from birnn_ref.layers.embedding import LookedUp, sum_by_row
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.packing import Block, Chain, Packing
from birnn_ref.layers.scans.scan import Upstream


class StepScan:
    """What `Scan` does, for a cell that has no fast scan: one call of the cell's step for each step of the batch.

    Parameters
    ----------
    cell : Cell
    """

    compiled = False

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    def source(self, packing: Packing, buffers: Buffers, x: Float | LookedUp, params: dict[str, Float]) -> PackedInputs:
        """Return the steps' inputs."""
        return PackedInputs(packing, x)

    def forward(
        self, chain: Chain, buffers: Buffers, read: Any, states: tuple[Float, ...], params: dict[str, Float],
        options: dict[str, Any],
    ) -> Any:  # fmt: skip
        """Compute every step's states into ``states``, each ``(batch + size, hidden)``; return the steps' caches."""
        caches = []
        for block in chain.blocks:
            x = read(block)  # (block.size, features)
            for step in block.steps:
                before = (state[step.before] for state in states)
                *after, cache = self.cell.step(x[step.rows], *before, **params, **options)
                for state, value in zip(states, after, strict=True):
                    state[step.after] = value
                caches.append(cache)
        return caches, params

    def backward(
        self, chain: Chain, buffers: Buffers, upstream: Upstream, carries: tuple[Float, ...], accumulate: Any,
        cache: Any,
    ) -> dict[str, Float]:  # fmt: skip
        """Carry the gradients back; ``carries``, each ``(batch, hidden)``, end as the initial states' gradients."""
        caches, params = cache
        grads = {name: np.zeros_like(value) for name, value in params.items()}
        following = reversed(caches)
        for block in reversed(chain.blocks):
            dh = upstream(block)  # (block.size, hidden)
            steps = []
            for step in reversed(block.steps):
                active = slice(step.active)
                d_states = [carry[active] for carry in carries]
                d_states[0] = d_states[0] + dh[step.rows]
                dx_t, *d_before, d_params = self.cell.step_backward(*d_states, next(following))
                for carry, value in zip(carries, d_before, strict=True):
                    carry[active] = value
                for name, value in d_params.items():
                    grads[name] += value
                steps.append((step.rows, dx_t))
            dx = np.empty((block.size, dx_t.shape[1]), dx_t.dtype)
            for rows, dx_t in steps:
                dx[rows] = dx_t
            accumulate(block, dx)
        return grads


class PackedInputs:
    """The inputs of the packed rows, and their gradients.

    Parameters
    ----------
    packing : Packing
    x : array, ``(batch, time, features)``, or ``(batch, time, directions, features)`` if each direction reads its own
        Or `LookedUp`.
    """

    def __init__(self, packing: Packing, x: Float | LookedUp) -> None:
        self.packing, self.x = packing, x
        dtype = x.W.dtype if isinstance(x, LookedUp) else x.dtype
        self.kinds = x.shape[2] if len(x.shape) == 4 else 1
        self.d_inputs = np.zeros((self.kinds, packing.size, x.shape[-1]), dtype)

    def forward(self, direction: int, block: Block) -> Float:
        """Return the block's inputs, ``(block.size, features)``."""
        if isinstance(self.x, LookedUp):
            words: Float = self.x.W[self.packing.pack(self.x.ids.ravel(), block.rows)]
            return words
        flat = self.x.reshape(self.x.shape[0] * self.x.shape[1], self.kinds, self.x.shape[-1])
        return self.packing.pack(flat[:, direction % self.kinds], block.rows)

    def backward(self, direction: int, block: Block, dx: Float) -> None:
        """Take the gradient of the block's inputs; where both directions read the same, they add up."""
        self.d_inputs[direction % self.kinds, block.rows] += dx

    def gradients(self) -> tuple[Any, dict[str, Float]]:
        """Return the gradient of ``x``; parameters' come from the steps."""
        if isinstance(self.x, LookedUp):
            summed: SparseRows = sum_by_row(self.packing.pack(self.x.ids.ravel()), self.d_inputs[0])
            return summed, {}
        dx = self.packing.unpacked(*self.d_inputs.shape[::2], dtype=self.d_inputs.dtype)
        for k, rows in enumerate(self.d_inputs):
            self.packing.unpack(rows, dx[:, k])
        return dx.reshape(self.x.shape), {}
