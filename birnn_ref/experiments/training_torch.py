"""The studies' training loop in PyTorch: a pass over batches, with a schedule, clipping, and a call after each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor, nn
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from birnn_ref.train.schedules import Schedule

Batches = Iterable[tuple[tuple[Tensor, ...], Any]]
"""What a model is called with, and what a loss needs to know beside its outputs."""


def train(
    model: nn.Module, batches: Batches, loss: Callable[[Any, Any], Tensor], optimiser: Optimizer, *,
    schedule: LRScheduler | None = None, clip: float | None = None, after_step: Callable[[], None] | None = None,
) -> None:  # fmt: skip
    """Train on every batch once, one step each.

    Parameters
    ----------
    model : torch.nn.Module
        Left in training mode.
    batches : iterable
        The model's arguments, and the targets.
    loss : callable
        ``loss(outputs, targets)`` returns a number to make small.
    optimiser : torch.optim.Optimizer
    schedule : LRScheduler, optional
        Goes on by one after each step.
    clip : float, optional
        The largest norm of the gradient.
    after_step : callable, optional
        Called after each step.
    """
    model.train()
    for inputs, targets in batches:
        optimiser.zero_grad()
        loss(model(*inputs), targets).backward()  # type: ignore[no-untyped-call]
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimiser.step()
        if schedule is not None:
            schedule.step()
        if after_step is not None:
            after_step()


def adam(model: nn.Module, schedule: Schedule, *, fused: bool = False) -> tuple[Adam, LambdaLR]:
    """Return Adam on a model, and what makes its rate follow a schedule of `birnn_ref.train`."""
    optimiser = Adam(model.parameters(), 1.0, fused=fused or None)  # a rate of 1, times the schedule's
    return optimiser, LambdaLR(optimiser, schedule)
