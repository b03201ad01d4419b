"""The order in which a scan reads a batch: step by step, the longest sequences first, no padding at all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.layers.scans.buffers import Buffers


class Step(NamedTuple):
    """Where one step's rows are.

    Attributes
    ----------
    rows : slice
        In an array that has a row for each step of each sequence.
    before, after : slice
        In an array of states, which starts with a row for each sequence's initial state: what the step reads, and
        where it writes.
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
        Of all the block's steps.
    steps : list of Step
    """

    rows: slice
    steps: list[Step]


class Packing:
    """The valid steps of a batch as rows: all first steps, then all second steps, and so on.

    The sequences are sorted by falling length, so that those still running at a step are the leading ones, and the
    rows of a step follow each other: no loop needs a mask, and padding is never read. The second direction's first
    step is its sequence's last one.

    Parameters
    ----------
    lengths : integer array ``(batch,)``
    time : int
        The padded number of steps.
    directions : int
        1, or 2 for a second one that reads from each sequence's end.
    room : Buffers
        Where packed rows are put.

    Attributes
    ----------
    steps : list of Step
    blocks : list of Block
        The same steps, cut into blocks of about 128 rows.
    count : int
        The number of valid steps of the batch.
    order : integer array ``(batch,)``
        The sequences' numbers, the longest first.
    last : integer array ``(batch,)``
        For each sequence, in the batch's own order, the row of its final state in an array of states.

    Examples
    --------
    >>> x = np.array([[[1.0], [0.0]], [[2.0], [3.0]]])
    >>> packing = Packing(np.array([1, 2]), time=2, directions=2, room=Buffers(x.dtype))
    >>> packing.pack(x)[:, :, 0]
    array([[2., 1., 3.],
           [3., 1., 2.]])
    """

    def __init__(self, lengths: Int, time: int, directions: int, room: Buffers) -> None:
        batch = len(lengths)
        self.room, self.lengths = room, lengths.copy()
        self.shape = (batch, time)
        self.order = np.argsort(-lengths, kind="stable")
        longest = int(lengths.max())
        active = batch - np.searchsorted(np.sort(lengths), np.arange(longest), side="right")
        starts = np.concatenate([[0], np.cumsum(active)])
        self.count = int(starts[-1])
        self.full = self.count == batch * time
        self.steps = []
        before = 0
        for start, n in zip(starts[:-1].tolist(), active.tolist(), strict=True):
            after = batch + start
            self.steps.append(Step(slice(start, start + n), slice(before, before + n), slice(after, after + n), n))
            before = after
        self.blocks = _blocks(self.steps)

        t, rank = np.nonzero(np.arange(batch) < active[:, None])
        sequence = self.order[rank]
        places = [t, lengths[sequence] - 1 - t][:directions]
        self._source = np.stack([sequence * time + place for place in places])
        self._previous = rank + np.where(t > 0, batch + starts[np.maximum(t - 1, 0)], 0)
        self._rank = np.argsort(self.order)
        self.last = self._rank + np.where(lengths > 0, batch + starts[np.maximum(lengths - 1, 0)], 0)

    def pack(self, x: Float) -> Float:
        """Take ``(batch, time, features)`` to rows ``(directions, count, features)``."""
        features = x.shape[2]
        rows = self.room("packed inputs", *self._source.shape, features)
        # "clip" lets take write where it is told to; no number is out of range.
        return np.take(x.reshape(x.shape[0] * x.shape[1], features), self._source, axis=0, out=rows, mode="clip")

    def pack_ids(self, ids: Int) -> Int:
        """Take ``(batch, time)`` to ``(directions, count)``."""
        packed: Int = ids.ravel()[self._source]
        return packed

    def pack_each(self, name: str, x: Float) -> Float:
        """Take ``(batch, time, directions, features)`` to rows ``(directions, count, features)``."""
        flat = x.reshape(x.shape[0] * x.shape[1], *x.shape[2:])
        rows = self.room(name, *self._source.shape, x.shape[3])
        for d, source in enumerate(self._source):
            rows[d] = flat[source, d]
        return rows

    def unpack_each(self, rows: Float) -> Float:
        """Take rows back to ``(batch, time, directions, features)``, 0 at padded steps."""
        directions, _, features = rows.shape
        make = np.empty if self.full else np.zeros
        batch, time = self.shape
        x = make((batch * time, directions, features), rows.dtype)
        for d, source in enumerate(self._source):
            x[source, d] = rows[d]
        return x.reshape(batch, time, directions, features)

    def unpack_sum(self, rows: Float) -> Float:
        """Take rows back to ``(batch, time, features)`` and add up the directions; 0 at padded steps."""
        make = np.empty if self.full else np.zeros
        batch, time = self.shape
        x = make((batch * time, rows.shape[2]), rows.dtype)
        x[self._source[0]] = rows[0]
        for source, more in zip(self._source[1:], rows[1:], strict=True):
            x[source] += more
        return x.reshape(batch, time, rows.shape[2])

    def sort(self, states: Float) -> Float:
        """Copy ``(directions, batch, hidden)``, the longest sequence first."""
        return states[:, self.order]

    def unsort(self, states: Float) -> Float:
        """Undo `sort`."""
        return states[:, self._rank]

    def states(self, name: str, initial: Float) -> Float:
        """Make room for the states of all steps, ``(directions, batch + count, hidden)``, after the initial ones."""
        directions, batch, hidden = initial.shape
        states = self.room(name, directions, batch + self.count, hidden)
        states[:, :batch] = self.sort(initial)
        return states

    def before(self, room: Buffers, name: str, states: Float) -> Float:
        """Return, for every row of one direction, the state that its step read: ``(count, hidden)``."""
        if self.full:
            return states[: self.count]
        rows = room(name, self.count, states.shape[1])
        return np.take(states, self._previous, axis=0, out=rows, mode="clip")

    def after(self, states: Float) -> Float:
        """Return, for every row of one direction, the state that its step wrote: ``(count, hidden)``."""
        return states[self.shape[0] :]


def _blocks(steps: list[Step], size: int = 128) -> list[Block]:
    """Cut the steps into blocks of at most ``size`` rows, or of one step if that has more."""
    blocks: list[Block] = []
    for step in steps:
        if blocks and step.rows.stop - blocks[-1].rows.start <= size:
            last = blocks.pop()
            blocks.append(Block(slice(last.rows.start, step.rows.stop), [*last.steps, step]))
        else:
            blocks.append(Block(step.rows, [step]))
    return blocks
