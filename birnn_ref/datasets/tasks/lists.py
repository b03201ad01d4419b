"""Lists of letters and digits, and some letters whose digits are asked for.

A sequence holds pairs, a letter and then its digit: ``c 7 a 3 f 1``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Int

LETTERS, DIGITS = 26, 10


class Lists(NamedTuple):
    """Lists of pairs and what is asked of them.

    Attributes
    ----------
    x : integer array ``(count, time)``
        Letters 1 to 26, digits 27 to 36, 0 behind each list's end.
    lengths : integer array ``(count,)``
        Twice the number of pairs.
    asked : integer array ``(count, queries)``
        Letters of the list, 1 to 26.
    place : integer array ``(count, queries)``
        Number of the pair that holds the answer, from 0.
    answer : integer array ``(count, queries)``
        Digits 0 to 9.
    """

    x: Int
    lengths: Int
    asked: Int
    place: Int
    answer: Int


def draw(rng: np.random.Generator, count: int, fewest: int, most: int, queries: int) -> Lists:
    """Draw lists of ``fewest`` to ``most`` pairs, no letter twice in a list, and the letters asked for.

    Examples
    --------
    >>> lists = draw(np.random.default_rng(0), 1, 3, 3, 2)
    >>> spelled(lists.x[0]), spelled(lists.asked[0]), lists.answer[0]
    ('l 4 d 9 u 8', 'u d', array([8, 9]))
    """
    pairs = rng.integers(fewest, most + 1, size=count)
    letters = 1 + np.argsort(rng.random((count, LETTERS)), axis=1)[:, : pairs.max()]
    digits = rng.integers(DIGITS, size=letters.shape)
    x = np.stack([letters, 1 + LETTERS + digits], axis=2).reshape(count, -1)
    x[np.arange(x.shape[1]) >= 2 * pairs[:, None]] = 0
    place = rng.integers(pairs[:, None], size=(count, queries))
    asked, answer = (np.take_along_axis(array, place, axis=1) for array in (letters, digits))
    return Lists(x, 2 * pairs, asked, place, answer)


def example() -> Lists:
    """Return one list of eight pairs, asked for its letters in the order of the alphabet."""
    lists = draw(np.random.default_rng(7), 1, 8, 8, 1)
    place = np.argsort(lists.x[:, ::2], axis=1)
    asked, found = (np.take_along_axis(lists.x[:, first::2], place, axis=1) for first in (0, 1))
    return lists._replace(asked=asked, place=place, answer=found - LETTERS - 1)


def spelled(tokens: Int) -> str:
    """Return tokens as letters and digits."""
    return " ".join(chr(96 + t) if t <= LETTERS else str(t - LETTERS - 1) for t in tokens if t)
