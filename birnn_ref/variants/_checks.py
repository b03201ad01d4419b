"""Checks at the variants' boundary."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def check_tensor(name: str, value: Any, shape: tuple[int | str, ...]) -> Tensor:
    """Return ``value`` if it is a floating tensor of the given shape; a string in ``shape`` names a free size.

    Raises
    ------
    TypeError
        If it is not a tensor, or its dtype is not floating.
    ValueError
        If its rank or a fixed size differs, or its batch is empty.

    Examples
    --------
    >>> check_tensor("x", torch.zeros(2, 3), ("batch", 4))
    Traceback (most recent call last):
    ...
    ValueError: x has shape (2, 3), expected (batch, 4)
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(value).__name__}")
    if not value.is_floating_point():
        raise TypeError(f"{name} must hold floating-point numbers, got dtype {value.dtype}")
    fits = value.ndim == len(shape) and all(
        isinstance(e, str) or e == n for e, n in zip(shape, value.shape, strict=False)
    )
    if not fits:
        raise ValueError(f"{name} has shape {tuple(value.shape)}, expected ({', '.join(map(str, shape))})")
    if not len(value):
        raise ValueError(f"{name} has shape {tuple(value.shape)}: an empty batch has no result")
    return value


def check_lengths(lengths: Any, x: Tensor) -> Tensor:
    """Return ``lengths`` as an integer tensor ``(batch,)``, each from 0 to the steps of ``x``; None means all of them.

    Raises
    ------
    TypeError
        If it is not a tensor of integers.
    ValueError
        If the shape differs, or an entry is out of range.
    """
    batch, time = x.shape[:2]
    if lengths is None:
        return torch.full((batch,), time, device=x.device)
    if not isinstance(lengths, Tensor) or lengths.is_floating_point() or lengths.dtype == torch.bool:
        found = f"dtype {lengths.dtype}" if isinstance(lengths, Tensor) else type(lengths).__name__
        raise TypeError(f"lengths must be a tensor of integers, got {found}")
    if lengths.shape != (batch,):
        raise ValueError(f"lengths has shape {tuple(lengths.shape)}, expected ({batch},): one per sequence")
    if int(lengths.min()) < 0 or int(lengths.max()) > time:
        raise ValueError(
            f"lengths must lie between 0 and the {time} steps of x, got {int(lengths.min())} to {int(lengths.max())}"
        )
    return lengths.to(x.device)
