"""Past XOR future: whether the last arrow before an empty place differs from the first arrow after it.

All sequences of a length are used, so a result holds for every one of them. Seen from an empty place, what stands
before it and what stands after it are independent; a model that adds a number for each cannot be right in
more than three cases of four.
"""

from __future__ import annotations

import itertools

import numpy as np

from birnn_ref._checks import Int, check_sizes

EMPTY, UP, DOWN = 0, 1, 2
"""The three things that can stand in a place."""

NOT_ASKED = -1


def every_sequence(time: int) -> Int:
    """Return all sequences of a length, ``(3 ** time, time)``.

    Raises
    ------
    TypeError, ValueError
        If ``time`` is not a whole number of at least 1.

    Examples
    --------
    >>> every_sequence(2).T
    array([[0, 0, 0, 1, 1, 1, 2, 2, 2],
           [0, 1, 2, 0, 1, 2, 0, 1, 2]])
    """
    check_sizes(time=time)
    return np.array(list(itertools.product((EMPTY, UP, DOWN), repeat=time)))


def past_xor_future(x: Int) -> Int:
    """Return each place's answer: 1 if the nearest arrows on its two sides differ, 0 if they are alike.

    Parameters
    ----------
    x : integer array ``(count, time)``

    Returns
    -------
    integer array ``(count, time)``
        `NOT_ASKED` where an arrow stands, or where there is none on one of the sides.

    Raises
    ------
    ValueError
        If something else than `EMPTY`, `UP` and `DOWN` stands in ``x``, or it has no two axes.

    Examples
    --------
    >>> past_xor_future(np.array([[1, 0, 2, 0, 0, 2]]))
    array([[-1,  1, -1,  0,  0, -1]])
    """
    x = np.asarray(x)
    if x.ndim != 2 or not np.isin(x, (EMPTY, UP, DOWN)).all():
        raise ValueError(f"x must be (count, time) with entries {EMPTY}, {UP} and {DOWN}, got shape {x.shape}")
    before, after = last_arrow(x), last_arrow(x[:, ::-1])[:, ::-1]
    asked = (x == EMPTY) & (before != EMPTY) & (after != EMPTY)
    return np.where(asked, before != after, NOT_ASKED)


def last_arrow(x: Int) -> Int:
    """Return the last arrow before each place, `EMPTY` where there is none; shapes as in `past_xor_future`.

    Examples
    --------
    >>> last_arrow(np.array([[1, 0, 2, 0]]))
    array([[0, 1, 1, 2]])
    """
    found = np.zeros_like(x)
    for t in range(1, x.shape[1]):
        found[:, t] = np.where(x[:, t - 1] != EMPTY, x[:, t - 1], found[:, t - 1])
    return found
