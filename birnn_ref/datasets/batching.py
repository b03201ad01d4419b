"""Ragged sequences of token ids into one padded array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import check_sizes

IntArray = npt.NDArray[np.integer]

SIDES = ("pre", "post")


def check_side(name: str, side: str) -> None:
    """Refuse a ``side`` other than ``"pre"`` or ``"post"``, naming the argument."""
    if side not in SIDES:
        raise ValueError(f"{name} must be one of {SIDES}, got {side!r}")


def pad_sequences(
    sequences: Sequence[IntArray],
    maxlen: int | None = None,
    *,
    padding: str = "post",
    truncating: str = "pre",
    value: int = 0,
) -> IntArray:
    """Cut and pad sequences to one length, as Keras's function of this name does, by default behind.

    Parameters
    ----------
    sequences : sequence of integer arrays, each ``(time,)``
        Token ids.
    maxlen : int, optional
        Tokens in each row of the result; the longest sequence's length when left out.
    padding, truncating : {"pre", "post"}
        The side that is filled, and the side that is cut. Keras's default is ``"pre"`` for both; a layer's ``lengths``
        counts from the front, so it needs ``"post"``.
    value : int
        What fills the padded positions.

    Returns
    -------
    integer array, ``(len(sequences), maxlen)``

    Raises
    ------
    TypeError, ValueError
        If there are no sequences, ``maxlen`` is not a whole number of at least 1, or a side is unknown.

    Examples
    --------
    >>> pad_sequences([np.array([5, 6, 7]), np.array([8])], maxlen=2)
    array([[6, 7],
           [8, 0]], dtype=int32)
    """
    check_side("padding", padding)
    check_side("truncating", truncating)
    if not len(sequences):
        raise ValueError("sequences is empty: there is nothing to pad")
    if maxlen is None:
        maxlen = max(1, max(map(len, sequences)))
    check_sizes(maxlen=maxlen)
    padded = np.full((len(sequences), maxlen), value, dtype=np.int32)
    for row, sequence in zip(padded, sequences, strict=True):
        kept = sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen]
        if not len(kept):
            continue
        if padding == "pre":
            row[-len(kept) :] = kept
        else:
            row[: len(kept)] = kept
    return padded
