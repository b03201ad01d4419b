"""Errors of numbers, over what was measured: gaps, and steps past a sequence's end, do not count."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float


def mean_absolute_error(true: Any, said: Any, mask: Any = None) -> float:
    r"""Return :math:`\frac{1}{n} \sum |\hat y - y|` over what counts.

    Parameters
    ----------
    true, said : arrays of one shape
    mask : bool array, optional
        True where an entry counts; it may lack the last axes, which then count together. What it leaves out is never
        read, NaN included.

    Raises
    ------
    TypeError, ValueError
        If shapes differ, nothing counts, or an entry that counts is not a number.

    Examples
    --------
    >>> mean_absolute_error([1.0, np.nan, 3.0], [2.0, 5.0, 3.0], [True, False, True])
    0.5
    """
    return float(np.abs(_errors(true, said, mask)).mean())


def mean_squared_error(true: Any, said: Any, mask: Any = None) -> float:
    r"""Return :math:`\frac{1}{n} \sum (\hat y - y)^2` over what counts; arguments as in `mean_absolute_error`.

    Examples
    --------
    >>> mean_squared_error([1.0, 2.0], [3.0, 2.0])
    2.0
    """
    return float(np.square(_errors(true, said, mask)).mean())


def root_mean_squared_error(true: Any, said: Any, mask: Any = None) -> float:
    """Return the root of `mean_squared_error`: an error in the unit of the values, large errors weighing more.

    Examples
    --------
    >>> root_mean_squared_error([1.0, 2.0], [1.0, 2.5]) == 0.125**0.5
    True
    """
    return float(np.sqrt(mean_squared_error(true, said, mask)))


def _errors(true: Any, said: Any, mask: Any) -> Float:
    """Return the differences that count, ``(n,)``."""
    true, said = np.asarray(true, np.float64), np.asarray(said, np.float64)
    if true.shape != said.shape:
        raise ValueError(f"true has shape {true.shape}, and said {said.shape}: they must have the same shape")
    counts = np.asarray(True if mask is None else mask)
    if counts.dtype != bool:
        raise TypeError(f"mask must hold True and False, got dtype {counts.dtype}")
    if counts.shape != true.shape[: counts.ndim]:
        raise ValueError(f"mask has shape {counts.shape}, expected {true.shape} or its first axes")
    errors: Float = (said[counts] - true[counts]).ravel()
    if not errors.size:
        raise ValueError("no entry counts: there is nothing to average")
    if np.isnan(errors).any():
        raise ValueError(f"{int(np.isnan(errors).sum())} entries that count are not numbers: mask them")
    return errors
