"""The order in which a scan reads a batch: step by step, the longest sequences first, no padding at all."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int
from birnn_ref.layers.scans.buffers import Buffers

BLOCK = 1024
"""How many rows a scan reads, computes and accumulates at a time."""


class Step(NamedTuple):
    """Where one step of a chain is.

    Attributes
    ----------
    rows : slice
        Within its block.
    before, after : slice
        In an array of states: what the step reads, and where it writes.
    active : int
        How many sequences have this step; being sorted, they are the first ones.
    """

    rows: slice
    before: slice
    after: slice
    active: int


class Block(NamedTuple):
    """Some consecutive steps, few enough for their rows to stay in the processor's cache.

    Attributes
    ----------
    rows : slice
        Of all the block's steps, among the packed rows.
    size : int
        How many rows that is.
    steps : list of Step
        In the order in which the chain takes them.
    table : integer array ``(steps, 4)``
        The same for a compiled scan: where a step's rows begin, and what it reads and writes; how many are active.
    """

    rows: slice
    size: int
    steps: list[Step]
    table: Int


class Chain(NamedTuple):
    """One direction's way through the packed rows.

    An array of states has a row for each sequence and one for each packed row, ``(batch + size, hidden)``. Every
    step stands between two places of it. The forward chain reads the lower one and writes the upper one, the backward
    chain does the opposite; so one's initial states lie where the other's final states do.

    Attributes
    ----------
    size : int
        How many packed rows there are.
    blocks : list of Block
        In the order in which the chain takes them.
    read, written : integer array ``(size,)`` or slice
        For every packed row, the state that its step reads, and the one that it writes.
    initial, final : integer array ``(batch,)``
        For each sequence, in the batch's own order, the rows of those states.
    """

    size: int
    blocks: list[Block]
    read: Int | slice
    written: Int | slice
    initial: Int
    final: Int

    def states(self, buffers: Buffers, name: str, initial: Float) -> Float:
        """Return an array for the states of all steps, with the initial ones, ``(batch, hidden)``, in their places."""
        batch, hidden = initial.shape
        states = buffers(name, batch + self.size, hidden)
        states[self.initial] = initial
        return states

    def alone(self, block: Block) -> Chain:
        """Return a chain of this block, with its rows alone; it reads and writes the same states."""
        return self._replace(size=block.size, blocks=[block._replace(rows=slice(0, block.size))])

    def before(self, states: Float, block: Block) -> Float:
        """Return, for every row of the block, the state that its step read: ``(block.size, hidden)``."""
        return _at(states, self.read, block.rows)

    def after(self, states: Float, block: Block) -> Float:
        """Return, for every row of the block, the state that its step wrote: ``(block.size, hidden)``."""
        return _at(states, self.written, block.rows)


class Packing:
    """The valid steps of a batch as rows: all first steps, then all second steps, and so on.

    The sequences are sorted by decreasing length, so that those still running at a step are the leading ones, and the
    rows of a step follow each other: no loop needs a mask, and padding is never read. The backward chain takes the
    same rows from the last to the first; a sequence joins it at its own last step. Three sequences a, b, c of lengths
    4, 2 and 1, each step a column of rows between two edges::

        edge        0       1       2       3       4
        a           o─ a_1 ─o─ a_2 ─o─ a_3 ─o─ a_4 ─o      packed rows: a_1 b_1 c_1 | a_2 b_2 | a_3 | a_4
        b           o─ b_1 ─o─ b_2 ─o
        c           o─ c_1 ─o                              states:      a_0 b_0 c_0 | one for each packed row

    A state stands at every o. The forward chain starts at edge 0 and ends, for each sequence, at its last o; the
    backward chain starts there and ends at edge 0.

    Parameters
    ----------
    lengths : integer array ``(batch,)``
    time : int
        The padded number of steps.

    Attributes
    ----------
    size : int
        The number of valid steps of the batch: of packed rows.
    full : bool
        Whether there is no padding.
    order : integer array ``(batch,)``
        The sequences' numbers, the longest first.
    rank : integer array ``(batch,)``
        Where each sequence stands in that order.
    chains : tuple of two Chain
        The forward and the backward one.

    Examples
    --------
    >>> packing = Packing(np.array([1, 2]), time=2)
    >>> packing.pack(np.array([[1.0], [0.0], [2.0], [3.0]]))[:, 0]
    array([2., 1., 3.])
    """

    def __init__(self, lengths: Int, time: int) -> None:
        batch = len(lengths)
        self.lengths, self.shape = lengths.copy(), (batch, time)
        self.order = np.argsort(-lengths, kind="stable")
        self.rank = np.argsort(self.order)
        active = batch - np.searchsorted(np.sort(lengths), np.arange(int(lengths.max())), side="right")
        starts = np.concatenate([[0], np.cumsum(active)])
        self.size = int(starts[-1])
        self.full = self.size == batch * time
        t, rank = np.nonzero(np.arange(batch) < active[:, None])
        self._source = self.order[rank] * time + t

        # A step stands between two edges: the first has a row for each sequence, each later one for its step's rows.
        edges = np.concatenate([[0], batch + starts[:-1]])
        upper = slice(batch, batch + self.size)
        lower = slice(0, self.size) if self.full else edges[t] + rank
        steps = []
        for n, *corners in np.stack([active, starts[:-1], edges[:-1], edges[1:]], axis=1).tolist():
            rows, low, high = (slice(corner, corner + n) for corner in corners)
            steps.append(Step(rows, low, high, n))
        blocks = _blocks(steps)
        first, last = self.rank, edges[lengths] + self.rank
        self.chains = (
            Chain(self.size, blocks, lower, upper, initial=first, final=last),
            Chain(self.size, _backward(blocks), upper, lower, initial=last, final=first),
        )

    def pack(self, x: npt.NDArray[Any], rows: slice = slice(None)) -> npt.NDArray[Any]:
        """Copy these packed rows from ``x``, ``(batch * time, ...)``."""
        packed: npt.NDArray[Any] = x[self._source[rows]]
        return packed

    def unpack(self, packed: Float, out: Float, rows: slice = slice(None)) -> None:
        """Write these packed rows to their places in ``out``, ``(batch * time, ...)``."""
        out[self._source[rows]] = packed

    def unpacked(self, *columns: int, dtype: np.dtype[Any]) -> Float:
        """Return an array for unpacked rows, ``(batch * time, *columns)``; 0 at padded steps."""
        make = np.empty if self.full else np.zeros
        return make((self.shape[0] * self.shape[1], *columns), dtype)


def _at(states: Float, places: Int | slice, rows: slice) -> Float:
    """Return the states at these packed rows' places; without a copy where they follow each other."""
    return states[places][rows] if isinstance(places, slice) else states[places[rows]]


def _blocks(steps: list[Step]) -> list[Block]:
    """Cut the steps into blocks of at most `BLOCK` rows, or of one step if that has more."""
    groups: list[list[Step]] = []
    for step in steps:
        if not groups or step.rows.stop - groups[-1][0].rows.start > BLOCK:
            groups.append([])
        groups[-1].append(step)
    return [_block(group) for group in groups]


def _block(steps: list[Step]) -> Block:
    """Make a block of steps whose rows count from the batch's first."""
    start, stop = steps[0].rows.start, steps[-1].rows.stop
    own = [step._replace(rows=slice(step.rows.start - start, step.rows.stop - start)) for step in steps]
    return Block(slice(start, stop), stop - start, own, _table(own))


def _table(steps: list[Step]) -> Int:
    """Return the steps as numbers."""
    return np.array([(step.rows.start, step.before.start, step.after.start, step.active) for step in steps])


def _backward(blocks: list[Block]) -> list[Block]:
    """Turn the order of blocks and steps round; what a step wrote, it reads."""
    turned = []
    for block in reversed(blocks):
        steps = [step._replace(before=step.after, after=step.before) for step in reversed(block.steps)]
        turned.append(block._replace(steps=steps, table=_table(steps)))
    return turned
