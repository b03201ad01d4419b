"""Sequences with their targets, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Int, check_lengths, check_padding_behind, check_sizes

Inputs = Any
"""One array ``(count, time, ...)``, or a tuple of such arrays."""

WINDOW = 50
"""Batches that are sorted by length together: large enough to save steps, small enough to mix."""


class Batch(NamedTuple):
    """Some of the sequences, cut to the longest of them.

    Attributes
    ----------
    x, y, lengths, target_lengths
        As in `Sequences`.
    per_step : bool
        Whether each step has a target.
    """

    x: Inputs
    y: Any
    lengths: Int | None
    target_lengths: Int | None = None
    per_step: bool = True


@dataclass(frozen=True)
class Sequences:
    """Padded sequences and the answers that a model is to give.

    Attributes
    ----------
    x : array ``(count, time, ...)``, or a tuple of such arrays
        What a model's ``forward`` takes, its padding at the end.
    y : array, ``(count,)`` or ``(count, time)``
        One target per sequence, or one per step; numbers may have a last axis for several.
    lengths : integer array ``(count,)``, optional
        Steps that count in each sequence; all of them when left out.
    target_lengths : integer array ``(count,)``, optional
        Then y ``(count, target time)`` has a target of its own length for each sequence, as for `ctc_loss`.
    per_step : bool, optional
        Whether y has a target for each step; when left out, if it has more than one axis.

    Raises
    ------
    TypeError, ValueError
        If the sizes differ, there are no sequences, lengths does not fit, or token ids are padded in front.

    Examples
    --------
    >>> data = Sequences.from_ragged([np.array([5, 6, 7]), np.array([8])], np.array([1, 0]))
    >>> data.x, data.lengths
    (array([[5, 6, 7],
           [8, 0, 0]]), array([3, 1]))
    """

    x: Inputs
    y: Any
    lengths: Int | None = None
    _: KW_ONLY
    target_lengths: Int | None = None
    per_step: bool | None = None

    def __post_init__(self) -> None:
        counts = {len(array) for array in (*self._inputs(), self.y)}
        if len(counts) > 1:
            raise ValueError(f"x and y must hold the same number of sequences, got {sorted(counts)}")
        if counts == {0}:
            raise ValueError("x holds no sequences")
        if self.lengths is not None:
            steps = min(array.shape[1] for array in self._inputs())
            object.__setattr__(self, "lengths", check_lengths(self.lengths, len(self), steps))
            if self._inputs()[0].ndim == 2 and np.issubdtype(self._inputs()[0].dtype, np.integer):
                check_padding_behind(self._inputs()[0], self.lengths)
        if self.target_lengths is not None:
            of = check_lengths(self.target_lengths, *self.y.shape[:2], name="target_lengths", what="steps of y")
            object.__setattr__(self, "target_lengths", of)
        timed = self.y.ndim > 1 and self.target_lengths is None
        object.__setattr__(self, "per_step", timed if self.per_step is None else self.per_step)

    @classmethod
    def from_ragged(cls, x: Sequence[Any], y: Any, *, aligned: bool = True) -> Sequences:
        """Pad sequences ``(time, ...)`` at their ends; a list of targets ``(time,)`` is padded in the same way.

        With ``aligned=False`` these targets have lengths of their own, and are padded with -1.
        """
        if not len(x):
            raise ValueError("x holds no sequences")
        lengths = np.array([len(sequence) for sequence in x])
        if not aligned:
            target_lengths = np.array([len(targets) for targets in y])
            return cls(_padded(x), _padded(y, -1), lengths, target_lengths=target_lengths)
        timed = np.ndim(y[0]) > 0
        if timed and [len(targets) for targets in y] != lengths.tolist():
            raise ValueError("y must hold one target for each step of x, sequence by sequence")
        return cls(_padded(x), _padded(y) if timed else np.asarray(y), lengths)

    def __len__(self) -> int:
        return len(self.y)

    def batches(self, size: int, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """Yield every sequence once, in batches of about equal length.

        Parameters
        ----------
        size : int
            Sequences in a batch; the last one may hold fewer.
        rng : numpy.random.Generator, optional
            Shuffles. Without it the batches are in the order of the data.
        """
        lengths = None if rng is None else self.lengths
        for rows in deal(len(self), size, rng, lengths):
            own = None if self.lengths is None else self.lengths[rows]
            steps = None if own is None else max(1, int(own.max()))
            x = tuple(array[rows, :steps] for array in self._inputs())
            targets = None if self.target_lengths is None else self.target_lengths[rows]
            if targets is not None:
                y = self.y[rows, : max(1, int(targets.max()))]
            else:
                y = self.y[rows, :steps] if self.per_step else self.y[rows]
            yield Batch(x if isinstance(self.x, tuple) else x[0], y, own, targets, bool(self.per_step))

    def _inputs(self) -> tuple[Any, ...]:
        return self.x if isinstance(self.x, tuple) else (self.x,)


def deal(
    count: int, size: int, rng: np.random.Generator | None = None, lengths: Int | None = None, window: int = WINDOW
) -> list[Int]:
    """Deal the numbers 0 to ``count - 1`` out in batches.

    With lengths, the shuffled numbers are sorted by length within windows of ``window`` batches, so that a batch holds
    sequences of about equal length; then the batches are shuffled.

    Parameters
    ----------
    count, size : int
        Numbers in all, and in a batch; the last dealt may be fewer.
    rng : numpy.random.Generator, optional
        Shuffles; without it the order is kept.
    lengths : integer array ``(count,)``, optional
    window : int

    Returns
    -------
    list of integer arrays

    Examples
    --------
    >>> deal(5, 2)
    [array([0, 1]), array([2, 3]), array([4])]
    """
    check_sizes(size=size, window=window)
    order = np.arange(count) if rng is None else rng.permutation(count)
    if lengths is not None:
        windows = np.split(order, range(size * window, count, size * window))
        order = np.concatenate([part[np.argsort(lengths[part], kind="stable")] for part in windows])
    dealt: list[Int] = np.split(order, range(size, count, size))
    if rng is not None and lengths is not None:
        dealt = [dealt[i] for i in rng.permutation(len(dealt))]
    return dealt


def _padded(sequences: Sequence[Any], fill: int = 0) -> Any:
    arrays = [np.asarray(sequence) for sequence in sequences]
    filled = [array for array in arrays if len(array)] or arrays  # an empty list would be an array of floats
    shape = len(arrays), max(1, max(map(len, arrays))), *filled[0].shape[1:]
    padded = np.full(shape, fill, np.result_type(*filled))
    for row, array in zip(padded, arrays, strict=True):
        row[: len(array)] = array
    return padded
