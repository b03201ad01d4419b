"""What the recurrent layers share: the inputs projected, one or two directions scanned, and all put back in order."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int, check_choice, check_input, check_lengths, check_sizes
from birnn_ref.cells import Cell, find_cell
from birnn_ref.layers.base import Layer, wants_gradients
from birnn_ref.layers.embedding import LookedUp
from birnn_ref.layers.scans import threads
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.compiled import compiled_scan
from birnn_ref.layers.scans.packing import Block, Chain, Packing
from birnn_ref.layers.scans.steps import StepScan

States = tuple[Float, ...]


class Directions(Layer):
    """The recurrence in one or two directions; every array inside has a leading axis for them.

    Parameters
    ----------
    directions : int
        1 or 2. With 1, parameters and states have no axis for the direction.
    cell, features, hidden, rng, dtype, **options
        As in `Recurrent`.
    """

    def __init__(
        self,
        directions: int,
        cell: str | Cell,
        features: int,
        hidden: int,
        *,
        rng: np.random.Generator,
        dtype: npt.DTypeLike,
        **options: Any,
    ) -> None:
        super().__init__()
        self.record = find_cell(cell)
        self.options = self.record.settings(options)
        check_choice("dtype", np.dtype(dtype), (np.dtype(np.float32), np.dtype(np.float64)))
        check_sizes(features=features, hidden=hidden)
        self.cell, self.features, self.hidden, self.directions = self.record.name, features, hidden, directions
        self.dtype = np.dtype(dtype)
        drawn = self.record.parameters(rng, directions, features, hidden, **self.options)
        self.params = {name: self._without_axis(value.astype(dtype)) for name, value in drawn.items()}
        self._scan = compiled_scan(self.cell) or self.record.fast_scan() or StepScan(self.record)
        self._packing: Packing | None = None
        self._buffers = Buffers(self.dtype)
        # What a scan keeps lasts until its backward: each direction needs its own.
        self._own_buffers = [Buffers(self.dtype) for _ in range(directions)]

    def _about(self) -> str:
        hidden = f"{self.directions} × {self.hidden}" if self.directions == 2 else str(self.hidden)
        changed = [f"{name}={v!r}" for name, v in self.options.items() if v != self.record.options[name].default]
        return ", ".join([self.cell, f"{self.features} → {hidden}", *changed])

    def _forward(self, x: Float | LookedUp, lengths: Any, initial: States | None) -> tuple[Float, States, Any]:
        """Return the states after every step, ``(batch, time, directions, hidden)``, the final ones, and a cache.

        ``x`` is ``(batch, time, features)``, or has an axis for the directions before the last if each reads its own.
        """
        batch, time = x.shape[:2]
        packing = self._pack(check_lengths(lengths, batch, time), time)
        params = {name: self._with_axis(value) for name, value in self.params.items()}
        given = self._states("initial", initial, batch)
        outputs = packing.unpacked(self.directions, self.hidden, dtype=self.dtype)
        options = self.record.step_options(self.options)
        keep = wants_gradients()  # a thread of its own would not know

        def scan(chain: Chain, d: int, read: Any, states: States, own: dict[str, Float]) -> Any:
            return self._scan.forward(chain, self._own_buffers[d], read, states, own, options)

        def one(d: int) -> tuple[Any, list[Float]]:
            buffers, chain, kept = self._own_buffers[d], packing.chains[d], None
            own = {name: value[d] for name, value in params.items()}
            states = tuple(
                chain.states(buffers, name, state[d]) for name, state in zip(self.record.states, given, strict=True)
            )
            if keep:
                kept = scan(chain, d, partial(source.forward, d), states, own)
            for block in chain.blocks:
                if not keep:  # what a scan keeps of a block may make room for the next one's
                    scan(chain.alone(block), d, partial(_read_block, source, d, block), states, own)
                packing.unpack(chain.after(states[0], block), outputs[:, d], block.rows)
            return kept, [state[chain.final] for state in states]

        with threads.directions(self._scan.compiled, packing.size * self.hidden**2) as run:
            source = self._scan.source(packing, self._buffers, x, params)
            caches, final = zip(*run([partial(one, d) for d in range(self.directions)]), strict=True)
        both = tuple(self._without_axis(np.stack(directions)) for directions in zip(*final, strict=True))
        return outputs.reshape(batch, time, *outputs.shape[1:]), both, (packing, source, caches)

    def _backward(self, d_outputs: Float | None, d_final: States | None, cache: Any) -> tuple[Any, States]:
        """Return the gradients of ``x`` and of the initial states; ``cache`` is what `_forward` kept."""
        packing, source, caches = cache
        if d_outputs is None and d_final is None:
            raise TypeError("backward needs d_outputs or d_final, got neither")
        d_states = self._states("d_final", d_final, len(packing.order))
        carries = [np.ascontiguousarray(state[:, packing.order]) for state in d_states]

        def one(d: int) -> dict[str, Float]:
            upstream = partial(self._upstream, packing, d_outputs, d)
            own, accumulate = tuple(carry[d] for carry in carries), partial(source.backward, d)
            grads: dict[str, Float] = self._scan.backward(
                packing.chains[d], self._own_buffers[d], upstream, own, accumulate, caches[d]
            )
            return grads

        with threads.directions(self._scan.compiled, packing.size * self.hidden**2) as run:
            found = run([partial(one, d) for d in range(self.directions)])
            dx, of_inputs = source.gradients()
        grads = {name: np.stack([direction[name] for direction in found]) for name in found[0]}
        grads |= of_inputs
        self.grads = {name: self._without_axis(grads[name]) for name in self.params}
        return dx, tuple(self._without_axis(carry[:, packing.rank]) for carry in carries)

    def _upstream(self, packing: Packing, d_outputs: Float | None, direction: int, block: Block) -> Float:
        """Return the gradient of a block's states from the outputs; ``d_outputs`` is of the outputs' shape."""
        if d_outputs is None:
            return np.zeros((block.size, self.hidden), self.dtype)
        flat = d_outputs.reshape(-1, self.directions, self.hidden)
        return packing.pack(flat[:, direction], block.rows)

    def _single_input(self, x: Any) -> Any:
        """Check an input that all directions read."""
        if isinstance(x, LookedUp):
            check_input("x.W", x.W, ("num_words", self.features), self.dtype)
            return x
        return check_input("x", x, ("batch", "time", self.features), self.dtype)

    def _pack(self, lengths: Int, time: int) -> Packing:
        """Return the order of the rows; the last batch's, if its lengths were the same."""
        last = self._packing
        if last is None or last.shape[1] != time or not np.array_equal(last.lengths, lengths):
            self._packing = last = Packing(lengths, time)
        return last

    def _states(self, name: str, states: States | None, batch: int) -> States:
        """Check states that came in and give them the axis for the direction; zeros for None."""
        lead = (2,) if self.directions == 2 else ()
        checked = check_states(name, states, self.record, (*lead, batch, self.hidden), self.dtype)
        return tuple(self._with_axis(state) for state in checked)

    def _with_axis(self, value: Float) -> Float:
        return value if self.directions == 2 else value[None]

    def _without_axis(self, value: Float) -> Float:
        return value if self.directions == 2 else value[0]


def _read_block(source: Any, direction: int, block: Block, _: Block, *out: Float) -> Float:
    """Read this block, whichever a scan asks for: it has been given this one alone, and counts its rows from 0."""
    projected: Float = source.forward(direction, block, *out)
    return projected


def check_states(name: str, states: Any, cell: Cell, shape: tuple[int, ...], dtype: npt.DTypeLike) -> States:
    """Return ``states`` if it is a tuple of the cell's states, each of this shape; zeros for None."""
    names = cell.states
    if states is None:
        return tuple(np.zeros(shape, dtype) for _ in names)
    if not isinstance(states, tuple) or len(states) != len(names):
        found = f"a tuple of {len(states)}" if isinstance(states, tuple) else type(states).__name__
        raise TypeError(f"{name} must be a tuple ({', '.join(names)}{',' if len(names) == 1 else ''}), got {found}")
    return tuple(check_input(f"{name}[{k}]", state, shape, dtype) for k, state in enumerate(states))
