"""Words, letters or tags and their numbers, built from the training part alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from birnn_ref._checks import Int, check_sizes

PAD, UNKNOWN, START, END = "<pad>", "<unknown>", "<start>", "<end>"
"""The entries that no text holds: their numbers are 0, 1 and, where a decoder needs them, 2 and 3.
(In Keras's film reviews `START` is 1 and `UNKNOWN` 2.)"""


@dataclass(frozen=True)
class Vocabulary:
    """Entries in the order of their numbers.

    Parameters
    ----------
    entries : tuple of str
        `PAD` and `UNKNOWN` come first, and `START` and `END` after them, if there are such.

    Examples
    --------
    >>> vocabulary = Vocabulary.of([["play", "yesterday"], ["play", "help"]])
    >>> len(vocabulary), vocabulary.encode(["play", "nothing"])
    (5, array([2, 1], dtype=int32))
    >>> vocabulary.decode([2, 4, 0, 0])
    ['play', 'yesterday']
    """

    entries: tuple[str, ...]
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", {entry: i for i, entry in enumerate(self.entries)})

    @classmethod
    def of(
        cls, sequences: Iterable[Iterable[str]], *, min_count: int = 1, special: Sequence[str] = (PAD, UNKNOWN)
    ) -> Vocabulary:
        """Number what occurs, the most frequent first; entries rarer than ``min_count`` are left out.

        Raises
        ------
        TypeError, ValueError
            If ``min_count`` is not a whole number of at least 1.
        """
        check_sizes(min_count=min_count)
        counts = Counter(entry for sequence in sequences for entry in sequence)
        kept = sorted((entry for entry in counts if counts[entry] >= min_count), key=lambda e: (-counts[e], e))
        return cls((*special, *kept))

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, entry: object) -> bool:
        return entry in self._ids

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self.entries[:6]))
        return f"Vocabulary({len(self):,} entries: {shown}{', …' if len(self) > 6 else ''})"

    def encode(self, sequence: Iterable[str]) -> Int:
        """Return the entries' numbers, ``(time,)``; that of `UNKNOWN` for what is not in the vocabulary."""
        unknown = self._ids[UNKNOWN]
        return np.array([self._ids.get(entry, unknown) for entry in sequence], dtype=np.int32)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the entries of the numbers, those of padding left out.

        Raises
        ------
        IndexError
            If a number is that of no entry.
        """
        numbers = [int(i) for i in ids]
        if numbers and not 0 <= min(numbers) <= max(numbers) < len(self):
            raise IndexError(f"ids must lie between 0 and {len(self) - 1}, got {min(numbers)} to {max(numbers)}")
        return [self.entries[i] for i in numbers if self.entries[i] != PAD]
