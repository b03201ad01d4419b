"""What the recurrent layers share: the inputs projected, one or two directions scanned, and all put back in order."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int, check_choice, check_input, check_lengths, check_rng, check_sizes
from birnn_ref.layers._initial import glorot_uniform
from birnn_ref.layers.base import Layer
from birnn_ref.layers.embedding import LookedUp
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.gru import gru_scan, gru_scan_backward
from birnn_ref.layers.scans.lstm import lstm_scan, lstm_scan_backward
from birnn_ref.layers.scans.packing import Block, Packing
from birnn_ref.layers.scans.projection import ProjectedInputs, ProjectedWords
from birnn_ref.layers.scans.rnn import rnn_scan, rnn_scan_backward

States = tuple[Float, ...]

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
SCALE = {"rnn": (1.0,), "lstm": (0.5, 0.5, 1.0, 0.5), "gru": (0.5, 0.5, 1.0)}
"""What the forward scan wants each gate's columns multiplied by: a sigmoid is computed from the tanh of a half."""
BACKWARD: dict[str, Any] = {"rnn": rnn_scan_backward, "lstm": lstm_scan_backward, "gru": gru_scan_backward}
STATE_NAMES = {"rnn": ("h",), "lstm": ("h", "c"), "gru": ("h",)}
OPTIONS: dict[str, dict[str, Any]] = {
    "rnn": {"activation": "tanh"},
    "lstm": {"forget_bias": 1.0},
    "gru": {"reset_after": True},
}


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
        cell: str,
        features: int,
        hidden: int,
        *,
        rng: np.random.Generator,
        dtype: npt.DTypeLike,
        **options: Any,
    ) -> None:
        super().__init__()
        self.options = check_options(cell, options)
        check_choice("dtype", np.dtype(dtype), (np.dtype(np.float32), np.dtype(np.float64)))
        check_sizes(features=features, hidden=hidden)
        self.cell, self.features, self.hidden, self.directions = cell, features, hidden, directions
        self.dtype = np.dtype(dtype)
        self._room = Buffers(self.dtype)
        self._packing: Packing | None = None
        # What a scan keeps lasts until its backward: each direction needs its own.
        self._rooms = [Buffers(self.dtype) for _ in range(directions)]

        gates = GATES[cell]
        W_xh = glorot_uniform(rng, (directions, features, gates * hidden), features, hidden, dtype)
        W_hh = np.concatenate([_orthogonal(rng, directions, hidden) for _ in range(gates)], axis=2).astype(dtype)
        b_h = np.zeros((directions, gates * hidden), dtype)
        if cell == "lstm":
            b_h[:, hidden : 2 * hidden] = self.options["forget_bias"]
        params = {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h}
        if cell == "gru" and self.options["reset_after"]:
            params["b_hn"] = np.zeros((directions, hidden), dtype)
        self.params = {name: value if directions == 2 else value[0] for name, value in params.items()}

    def _forward(self, x: Float | LookedUp, lengths: Any, initial: States | None) -> tuple[Float, States]:
        """Return the states after every step, ``(batch, time, directions, hidden)``, and the final ones.

        ``x`` is ``(batch, time, features)``, or has an axis for the directions before the last if each reads its own.
        """
        batch, time = x.shape[:2]
        packing = self._pack(check_lengths(lengths, batch, time), time)
        params = {name: self._with_axis(value) for name, value in self.params.items()}
        kind: Any = ProjectedWords if isinstance(x, LookedUp) else ProjectedInputs
        scale = np.repeat(np.array(SCALE[self.cell], self.dtype), self.hidden)
        projected = kind(packing, self._room, x, params["W_xh"], params["b_h"], scale)
        given = self._states("initial", initial, batch)
        outputs = packing.unpacked(self.directions, self.hidden, dtype=self.dtype)
        scan, options = self._scan()
        scans, final = [], []
        for d, (room, chain) in enumerate(zip(self._rooms, packing.chains, strict=False)):
            own = {name: value[d] for name, value in params.items()}
            own["W_hh"] = own["W_hh"] * scale
            states = tuple(
                chain.states(room, name, state[d]) for name, state in zip(STATE_NAMES[self.cell], given, strict=True)
            )
            scans.append(scan(chain, room, partial(projected.forward, d), states, own, *options))
            for block in chain.blocks:
                packing.unpack(chain.after(states[0], block), outputs[:, d], block.rows)
            final.append([state[chain.final] for state in states])
        self._keep(packing, projected, params["W_hh"], scans)
        both = tuple(np.stack(directions) for directions in zip(*final, strict=True))
        return outputs.reshape(batch, time, *outputs.shape[1:]), tuple(self._without_axis(state) for state in both)

    def _backward(self, d_outputs: Float | None, d_final: States | None, cache: Any) -> tuple[Any, States]:
        """Return the gradients of ``x`` and of the initial states; ``cache`` is what `_forward` kept."""
        packing, projected, W_hh, scans = cache
        if d_outputs is None and d_final is None:
            raise TypeError("backward needs d_outputs or d_final, got neither")
        carries = [state[:, packing.order] for state in self._states("d_final", d_final, len(packing.order))]
        found = []
        for d, (room, chain) in enumerate(zip(self._rooms, packing.chains, strict=False)):
            arrive = partial(self._arrive, packing, d_outputs, d)
            own, collect = tuple(carry[d] for carry in carries), partial(projected.backward, d)
            found.append(BACKWARD[self.cell](chain, room, arrive, own, collect, W_hh[d], scans[d]))
        grads = {name: np.stack([direction[name] for direction in found]) for name in found[0]}
        dx, grads["W_xh"], grads["b_h"] = projected.gradients()
        self.grads = {name: self._without_axis(grads[name]) for name in self.params}
        return dx, tuple(self._without_axis(carry[:, packing.rank]) for carry in carries)

    def _arrive(self, packing: Packing, d_outputs: Float | None, direction: int, block: Block) -> Float:
        """Return what the states of a block receive from the outputs; ``d_outputs`` is of the outputs' shape."""
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

    def _scan(self) -> tuple[Any, tuple[Any, ...]]:
        """Return the cell's scan and its options."""
        if self.cell == "lstm":
            return lstm_scan, ()
        if self.cell == "gru":
            return gru_scan, (self.options["reset_after"],)
        return rnn_scan, (self.options["activation"],)

    def _states(self, name: str, states: States | None, batch: int) -> States:
        """Check states that came in and give them the axis for the direction; zeros for None."""
        lead = (2,) if self.directions == 2 else ()
        checked = check_states(name, states, self.cell, (*lead, batch, self.hidden), self.dtype)
        return tuple(self._with_axis(state) for state in checked)

    def _with_axis(self, value: Float) -> Float:
        return value if self.directions == 2 else value[None]

    def _without_axis(self, value: Float) -> Float:
        return value if self.directions == 2 else value[0]


def check_options(cell: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's options, those left out with their defaults; refuse what it would not read."""
    check_choice("cell", cell, tuple(GATES))
    known = OPTIONS[cell]
    for name in options:
        if name not in known:
            raise TypeError(f"{name} is not an option of the cell {cell!r}, which has {', '.join(known)}")
        given = options[name]
        if name == "activation":
            check_choice(name, given, ("tanh", "relu"))
        elif isinstance(given, bool) != (name == "reset_after") or not isinstance(given, int | float):
            wanted = "True or False" if name == "reset_after" else "a number"
            raise TypeError(f"{name} must be {wanted}, got {given!r}")
    return known | options


def check_states(name: str, states: Any, cell: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> States:
    """Return ``states`` if it is a tuple of the cell's states, each of this shape; zeros for None."""
    names = STATE_NAMES[cell]
    if states is None:
        return tuple(np.zeros(shape, dtype) for _ in names)
    if not isinstance(states, tuple) or len(states) != len(names):
        found = f"a tuple of {len(states)}" if isinstance(states, tuple) else type(states).__name__
        raise TypeError(f"{name} must be a tuple {'(h, c)' if len(names) == 2 else '(h,)'}, got {found}")
    return tuple(check_input(f"{name}[{k}]", state, shape, dtype) for k, state in enumerate(states))


def _orthogonal(rng: np.random.Generator, directions: int, hidden: int) -> Float:
    """Draw orthogonal matrices, uniformly: they keep the length of a state (Saxe et al., 2014)."""
    q, r = np.linalg.qr(check_rng(rng).normal(size=(directions, hidden, hidden)))
    matrices: Float = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None]
    return matrices
