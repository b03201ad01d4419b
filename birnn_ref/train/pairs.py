"""Pairs of sequences, in batches of about equal lengths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from birnn_ref._checks import Int, check_lengths
from birnn_ref.train.sequences import Batch, deal


@dataclass(frozen=True)
class Pairs:
    """Sequences that are read and those that are to be written, for a `Seq2Seq` and for `fit`.

    Attributes
    ----------
    ids, lengths : integer arrays ``(count, time)`` and ``(count,)``
        What is read.
    targets, target_lengths : integer arrays ``(count, target time)`` and ``(count,)``
        What is to be written, from the start to the end, both included.

    Raises
    ------
    TypeError, ValueError
        If the sizes differ, there are no pairs, or a target has no start and end.

    Examples
    --------
    >>> pairs = Pairs(np.array([[5, 6]]), np.array([2]), np.array([[2, 7, 3]]), np.array([3]))
    >>> batch = next(pairs.batches(1))
    >>> ids, lengths, said = batch.x
    >>> said, batch.y, batch.lengths
    (array([[2, 7]]), array([[7, 3]]), array([2]))
    """

    ids: Int
    lengths: Int
    targets: Int
    target_lengths: Int

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.targets) or not len(self.ids):
            raise ValueError(
                f"ids and targets must be equally many, and at least one, got {len(self.ids)} and {len(self.targets)}"
            )
        for name, what in (("lengths", self.ids), ("target_lengths", self.targets)):
            object.__setattr__(self, name, check_lengths(getattr(self, name), *what.shape, name=name))
        if self.target_lengths.min() < 2:
            raise ValueError("each of targets must hold a start and an end, so target_lengths must be at least 2")

    def __len__(self) -> int:
        return len(self.ids)

    def batches(self, size: int, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """Yield every pair once, in batches of about equal lengths of what is read, then of what is written.

        Parameters
        ----------
        size : int
        rng : numpy.random.Generator, optional
            Shuffles. Without it the batches are in the order of the data.

        Yields
        ------
        Batch
            ``x`` is ids, their lengths, and the targets without their last step; ``y`` the targets without the start;
            ``lengths`` the steps of ``y``.
        """
        by_both = self.lengths * (self.targets.shape[1] + 1) + self.target_lengths
        for rows in deal(len(self), size, rng, None if rng is None else by_both):
            own, steps = self.lengths[rows], self.target_lengths[rows] - 1
            ids, targets = self.ids[rows, : max(1, own.max())], self.targets[rows, : steps.max() + 1]
            # What is written last is never read.
            yield Batch((ids, own, targets[:, :-1]), targets[:, 1:], steps)
