"""The share of steps that are right."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import check_lengths, within


def token_accuracy(true: Any, said: Any, lengths: Any = None) -> float:
    """Return the share of steps at which both agree.

    Parameters
    ----------
    true, said : integer arrays, ``(batch, time)``
    lengths : integer array ``(batch,)``, optional
        Steps that count in each sequence.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or no step counts.

    Examples
    --------
    >>> token_accuracy(np.array([[1, 2, 0], [3, 9, 9]]), np.array([[1, 1, 0], [3, 0, 0]]), [3, 1])
    0.75
    """
    true, said = np.asarray(true), np.asarray(said)
    if true.ndim != 2 or true.shape != said.shape:
        raise ValueError(f"true and said must both be (batch, time), got shapes {true.shape} and {said.shape}")
    counts = within(check_lengths(lengths, *true.shape, what="steps of true"), true.shape[1])
    if not counts.any():
        raise ValueError("lengths leaves no step that counts: there is nothing to average")
    return float((true == said)[counts].mean())
