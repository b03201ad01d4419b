"""The logistic function that the gates of a cell share."""

from __future__ import annotations

import numpy as np

from birnn_ref._checks import Float


def sigmoid(a: Float) -> Float:
    r"""Compute :math:`\sigma(a) = 1 / (1 + e^{-a})`.

    It is written as :math:`(1 + \tanh(a / 2)) / 2`, which never overflows.

    Parameters
    ----------
    a : array, any shape

    Returns
    -------
    array, the shape and dtype of ``a``; float64 for integers

    Examples
    --------
    >>> sigmoid(np.array([-1e4, 0.0, 1e4])).tolist()
    [0.0, 0.5, 1.0]
    """
    half = np.result_type(a, np.float16).type(0.5)
    result: Float = half * np.tanh(half * a) + half
    return result
