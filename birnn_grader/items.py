"""How the items of an assignment did: what each gave, what those who failed it were told, and how it discriminates."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Item:
    """A cell that bears points, and what a class got on it.

    Attributes
    ----------
    id, title : str
    points : float
    by_hand : bool
        Whether people mark it.
    extra : bool
        Whether it is extra credit.
    scores : dict
        By student; those whose work is not marked yet are left out.
    said : Counter
        What those were told who failed it, by how many.
    """

    id: str
    title: str
    points: float
    by_hand: bool = False
    extra: bool = False
    scores: dict[str, float] = field(default_factory=dict)
    said: Counter[str] = field(default_factory=Counter)

    def fails(self, student: str) -> bool:
        """Return whether a student did not get all of its points."""
        return self.scores.get(student, self.points) < self.points

    @property
    def failed(self) -> list[str]:
        """The students who did not get all of its points."""
        return sorted(filter(self.fails, self.scores))

    @property
    def share(self) -> float | None:
        """The mean share of its points."""
        return statistics.fmean(self.scores.values()) / self.points if self.scores and self.points else None


def discrimination(scores: Sequence[float], rest: Sequence[float]) -> float | None:
    """Return the correlation of an item's scores with the same students' scores on all other items.

    None where either is the same for everyone, or there are fewer than three students.

    Source: the corrected item-total correlation of classical test theory.

    Examples
    --------
    >>> discrimination([0, 0, 1, 1], [2, 3, 7, 8])
    0.9805806756909202
    >>> discrimination([1, 1, 1], [2, 3, 4]) is None
    True
    """
    if len(scores) < 3 or len(set(scores)) == 1 or len(set(rest)) == 1:
        return None
    return statistics.correlation(scores, rest)


def discriminations(items: Sequence[Item]) -> dict[str, float | None]:
    """Return the discrimination of each item, over the students who have a mark on it."""
    found = {}
    for item in items:
        students = sorted(item.scores)
        rest = [sum(o.scores.get(student, 0.0) for o in items if o is not item) for student in students]
        found[item.id] = discrimination([item.scores[student] for student in students], rest)
    return found


def distribution(totals: Sequence[float], full: float, bars: int = 10) -> list[tuple[float, float, int]]:
    """Return how many totals lie in each of ``bars`` equal parts of the points: ``(from, to, count)``.

    A part holds its lower end; the last holds both, and whatever lies above.

    Examples
    --------
    >>> distribution([0, 1, 4, 5, 5], 5, bars=5)
    [(0.0, 1.0, 1), (1.0, 2.0, 1), (2.0, 3.0, 0), (3.0, 4.0, 0), (4.0, 5.0, 3)]
    """
    width = full / bars if full > 0 else 1.0
    at = Counter(min(max(math.floor(total / width + 1e-9), 0), bars - 1) for total in totals)
    return [(n * width, (n + 1) * width, at[n]) for n in range(bars)]
