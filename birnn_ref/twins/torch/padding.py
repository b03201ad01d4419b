"""Sequences of different lengths, in tensors: which steps count, and each reversed within its own length."""

from __future__ import annotations

import torch
from torch import Tensor


def within(lengths: Tensor, time: int) -> Tensor:
    """Return True ``(batch, time)`` at each sequence's own steps, those before its length.

    Examples
    --------
    >>> within(torch.tensor([2, 0]), 3).int()
    tensor([[1, 1, 0],
            [0, 0, 0]], dtype=torch.int32)
    """
    return torch.arange(time, device=lengths.device) < lengths[:, None]


def without_padding(x: Tensor, mask: Tensor) -> Tensor:
    """Return ``x`` with 0 where the mask is False, which may lack the last axes; multiplying would let NaN through."""
    mask = mask.reshape(*mask.shape, *(1,) * (x.ndim - mask.ndim))
    return torch.where(mask, x, torch.zeros_like(x))


def reverse_time(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Reverse each sequence within its own length, as `birnn_ref.plain.reverse_time` does."""
    if lengths is None:
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)
    source = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return x.gather(1, source[:, :, None].expand_as(x))
