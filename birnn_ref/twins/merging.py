"""How both frameworks' twins join two directions; ``xp`` is `torch` or `keras.ops`, whose names agree."""

from __future__ import annotations

from typing import Any


def merge(xp: Any, h_f: Any, h_b: Any, mode: str | None) -> Any:
    """Join both directions' outputs by a merge mode; None leaves them a pair.

    Examples
    --------
    >>> import numpy as np
    >>> merge(np, np.array([1.0]), np.array([3.0]), "ave")
    array([2.])
    """
    if mode == "concat":
        return xp.concatenate([h_f, h_b], axis=-1)
    if mode in ("sum", "ave"):
        return (h_f + h_b) / (2 if mode == "ave" else 1)
    return h_f * h_b if mode == "mul" else (h_f, h_b)
