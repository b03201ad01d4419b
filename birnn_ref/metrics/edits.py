"""Edit distance, and the error rates computed from it: of words, letters or digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Edits(NamedTuple):
    """The fewest changes that make one sequence another, by kind.

    Attributes
    ----------
    hits, substitutions, deletions, insertions : int
        Items that stay, are replaced, are missing in what was said, or were said in addition.
    """

    hits: int
    substitutions: int
    deletions: int
    insertions: int

    @property
    def distance(self) -> int:
        """All changes together."""
        return self.substitutions + self.deletions + self.insertions


def edit_distance(true: Sequence[Any], said: Sequence[Any]) -> int:
    r"""Return the fewest items to replace, to leave out and to put in that make ``true`` what was ``said``.

    :math:`d_{ij} = \min(d_{i-1,j-1} + [a_i \ne b_j],\ d_{i-1,j} + 1,\ d_{i,j-1} + 1)`, a row at a time.

    Parameters
    ----------
    true, said : sequences
        Strings, which are read by letter, lists of words or arrays of numbers.

    Notes
    -----
    V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", 1966.

    Examples
    --------
    >>> edit_distance("sitting", "kitten"), edit_distance([1, 2, 3], [2, 3, 3])
    (3, 2)
    """
    return int(_table(true, said)[-1, -1])


def count_edits(true: Sequence[Any], said: Sequence[Any]) -> Edits:
    """Return the changes of one shortest way from ``true`` to what was ``said``; where there are several, of one.

    Parameters
    ----------
    true, said : sequences
        As in `edit_distance`.

    Examples
    --------
    >>> count_edits("one two three".split(), "one too three three".split())
    Edits(hits=2, substitutions=1, deletions=0, insertions=1)
    """
    table, (i, j) = _table(true, said), (len(true), len(said))
    found = {"hits": 0, "substitutions": 0, "deletions": 0, "insertions": 0}
    while i or j:
        same = i and j and true[i - 1] == said[j - 1]
        if i and j and table[i, j] == table[i - 1, j - 1] + (not same):
            found["hits" if same else "substitutions"] += 1
            i, j = i - 1, j - 1
        elif i and table[i, j] == table[i - 1, j] + 1:
            found["deletions"] += 1
            i -= 1
        else:
            found["insertions"] += 1
            j -= 1
    return Edits(**found)


def error_rate(true: Sequence[Sequence[Any]], said: Sequence[Sequence[Any]]) -> float:
    """Return the edit distances of all pairs, divided by the number of true items; it can be above 1.

    The word error rate of lists of words, the character error rate of strings; what ``jiwer`` computes.

    Parameters
    ----------
    true, said : sequences of sequences
        Pairs, as in `edit_distance`.

    Raises
    ------
    ValueError
        If their numbers differ, or there is no true item.

    Examples
    --------
    >>> error_rate([[1, 2, 3], [4]], [[1, 3], [4]])
    0.25
    """
    if len(true) != len(said):
        raise ValueError(f"true and said must hold the same number of sequences, got {len(true)} and {len(said)}")
    items = sum(map(len, true))
    if not items:
        raise ValueError("true holds no item: a rate needs something to divide by")
    return sum(edit_distance(a, b) for a, b in zip(true, said, strict=True)) / items


def _table(true: Sequence[Any], said: Sequence[Any]) -> Any:
    """Return the distances of every beginning of one to every beginning of the other."""
    steps = np.arange(len(said) + 1)
    table = np.empty((len(true) + 1, len(said) + 1), np.int64)
    table[0] = steps
    for i, item in enumerate(true, start=1):
        other = np.array([item != theirs for theirs in said], np.int64)
        table[i, 0] = i
        table[i, 1:] = np.minimum(table[i - 1, :-1] + other, table[i - 1, 1:] + 1)
        # Insertions run along the row: the smallest d + 1 per step, in one pass.
        table[i] = np.minimum.accumulate(table[i] - steps) + steps
    return table
