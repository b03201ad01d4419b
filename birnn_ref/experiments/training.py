"""The studies' training loop in NumPy: fresh batches, a rate that follows a schedule, clipping, scores on the way.

What learns from a data set that is given, epoch by epoch, uses `birnn_ref.train.fit`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers import Layer
from birnn_ref.train import Adam, clip_gradients
from birnn_ref.train.schedules import Schedule

Batches = Iterator[tuple[tuple[Any, ...], Any]]
"""What a model's ``forward`` takes, and what a loss needs to know beside its outputs."""

Loss = Callable[[Any, Any], tuple[float, Float]]
"""From outputs and targets to a number and its gradient with respect to the outputs."""


class Course(NamedTuple):
    """How a training went.

    Attributes
    ----------
    steps : int
        Steps taken.
    losses : list of float
        The loss of each step's batch.
    scores : list
        The score after every ``every`` steps.
    seconds : float
        Processor time, scoring left out.
    """

    steps: int
    losses: list[float]
    scores: list[Any]
    seconds: float


def train(
    model: Layer, batches: Batches, loss: Loss, *, schedule: Schedule, steps: int, clip: float,
    rng: np.random.Generator | None = None, every: int = 0, score: Callable[[], Any] | None = None,
    solved: Callable[[Any], bool] | None = None,
) -> Course:  # fmt: skip
    """Train by Adam, one batch per step.

    Parameters
    ----------
    model : Layer
    batches : iterator
        Yields the arguments of the model's ``forward``, and the targets.
    loss : callable
        ``loss(outputs, targets)`` returns the loss and its gradient, which goes to the model's ``backward``.
    schedule : callable
        From the number of steps taken to the next one's rate.
    steps : int
        The most that are taken.
    clip : float
        The largest norm of the gradient.
    rng : numpy.random.Generator, optional
        Goes to the model's ``forward``, for layers that do something else in training.
    every : int
        Steps from one score to the next.
    score : callable, optional
        Scores the model as it stands.
    solved : callable, optional
        Whether, by a score, training may stop.
    """
    optimiser = Adam(model)
    losses: list[float] = []
    scores: list[Any] = []
    seconds = 0.0
    while len(losses) < steps:
        start = time.process_time()
        inputs, targets = next(batches)
        value, d_outputs = loss(model.forward(*inputs, rng=rng), targets)
        model.backward(d_outputs)
        clip_gradients(model, clip)
        optimiser.rate = schedule(len(losses))
        optimiser.step()
        losses.append(value)
        seconds += time.process_time() - start
        if score and len(losses) % every == 0:
            scores.append(score())
            if solved and solved(scores[-1]):
                break
    return Course(len(losses), losses, scores, seconds)


def falling_rate(rate: float, steps: int, first: int = 0) -> Schedule:
    """Let the rate fall along half a cosine, to a hundredth of it after ``steps``; the first has the number ``first``.

    Examples
    --------
    >>> schedule = falling_rate(0.5, 100)
    >>> schedule(0), round(schedule(100), 4)
    (0.5, 0.005)
    """
    lowest = rate / 100
    return lambda step: float(lowest + (rate - lowest) * (1 + np.cos(np.pi * (first + step) / steps)) / 2)
