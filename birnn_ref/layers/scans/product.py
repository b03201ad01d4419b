"""The one product of every step."""

from __future__ import annotations

import numpy as np

from birnn_ref._checks import Float

SMALL, WORTH_THREADS = 1_000_000, 2_500_000


def product(h: Float, W: Float, out: Float) -> Float:
    """Compute ``h @ W`` into ``out``, in portions of rows where that is faster.

    OpenBLAS copies both matrices before it multiplies, unless it has at most 100^3 numbers to multiply. In a loop
    over time the same ``W`` would be copied at every step: rows in small portions are faster by a fifth. From some
    size on its threads are worth more.

    Parameters
    ----------
    h : array, ``(rows, hidden)``
    W : array, ``(hidden, columns)``
    out : array, ``(rows, columns)``

    Returns
    -------
    array
        ``out``.

    Examples
    --------
    >>> product(np.ones((40, 200)), np.ones((200, 200)), np.empty((40, 200))).mean().item()
    200.0
    """
    work = len(h) * W.size
    portion = SMALL // W.size // 8 * 8
    if work <= SMALL or work > WORTH_THREADS or portion == 0:
        return np.matmul(h, W, out=out)
    for start in range(0, len(h), portion):
        rows = slice(start, start + portion)
        np.matmul(h[rows], W, out=out[rows])
    return out
