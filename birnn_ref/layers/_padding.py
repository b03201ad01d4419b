"""Which steps count, and zeros everywhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_lengths, within

Mask = npt.NDArray[np.bool_]


def steps_that_count(x: npt.NDArray[Any], lengths: Any) -> Mask | None:
    """Return True ``(batch, time)`` at each sequence's own steps; ``None`` where every step counts.

    Raises
    ------
    TypeError, ValueError
        If ``lengths`` does not fit ``x``, or ``x`` has no time axis.
    """
    if lengths is None:
        return None
    if x.ndim < 3:
        raise ValueError(f"lengths needs an x of shape (batch, time, features), got shape {x.shape}")
    batch, time = x.shape[:2]
    mask: Mask = within(check_lengths(lengths, batch, time), time)
    return mask


def without_padding(x: Float, mask: Mask | None, fill: float = 0.0) -> Float:
    """Return ``x`` with ``fill`` at the steps that do not count; multiplying would let NaN through."""
    if mask is None:
        return x
    return np.where(mask[:, :, None], x, x.dtype.type(fill))
