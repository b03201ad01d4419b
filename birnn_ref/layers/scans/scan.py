"""What a recurrent layer asks of a scan: all steps of one direction, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.embedding import LookedUp
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.packing import Block, Chain, Packing
from birnn_ref.layers.scans.projection import ProjectedInputs, ProjectedWords

Upstream = Callable[[Block], Float]
"""How a scan gets the gradient of a block's states from the outputs; it may overwrite the array."""


@dataclass(frozen=True)
class Scan:
    """A cell's fast scan: it is given each step's ``x_t @ W_xh + b_h``, computed for many steps at once.

    `birnn_ref.layers.scans.steps.StepScan` has the same three methods for a cell that has none. Each cell's two
    functions repeat their signature and the loop over blocks: what stands inside differs in every one, and each can be
    read by itself.

    Attributes
    ----------
    run : callable
        ``run(chain, buffers, project, states, params, **options)`` writes every step's states; returns a cache.
    run_backward : callable
        ``run_backward(chain, buffers, upstream, carries, accumulate, W_hh, cache)`` returns a dict of gradients.
    scale : tuple of float
        What ``run`` wants the columns of each gate multiplied by, those of ``W_hh`` too: 0.5 for a sigmoid, which is
        computed from the tanh of a half.
    compiled : bool
        Whether ``run`` and ``run_backward`` do not hold the interpreter's lock, so that directions can run at once.
    """

    run: Callable[..., Any]
    run_backward: Callable[..., dict[str, Float]]
    scale: tuple[float, ...]
    compiled: bool = False

    def source(self, packing: Packing, buffers: Buffers, x: Float | LookedUp, params: dict[str, Float]) -> Any:
        """Return the steps' projections; ``params`` have a leading axis for the directions."""
        kind: Any = ProjectedWords if isinstance(x, LookedUp) else ProjectedInputs
        columns = self._columns(params)
        return kind(packing, buffers, x, params["W_xh"], params["b_h"], columns, at_once=self.compiled)

    def forward(
        self, chain: Chain, buffers: Buffers, read: Any, states: tuple[Float, ...], params: dict[str, Float],
        options: dict[str, Any],
    ) -> Any:  # fmt: skip
        """Compute every step's states into ``states``, each ``(batch + size, hidden)``; return a cache."""
        scaled = {**params, "W_hh": params["W_hh"] * self._columns(params)}
        return self.run(chain, buffers, read, states, scaled, **options), params["W_hh"]

    def backward(
        self, chain: Chain, buffers: Buffers, upstream: Upstream, carries: tuple[Float, ...], accumulate: Any,
        cache: Any,
    ) -> dict[str, Float]:  # fmt: skip
        """Carry the gradients back; ``carries``, each ``(batch, hidden)``, end as the initial states' gradients."""
        own, W_hh = cache
        return self.run_backward(chain, buffers, upstream, carries, accumulate, W_hh, own)

    def _columns(self, params: dict[str, Float]) -> Float:
        W_hh = params["W_hh"]
        return np.repeat(np.array(self.scale, W_hh.dtype), W_hh.shape[-2])
