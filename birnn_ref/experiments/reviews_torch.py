"""Film reviews for the studies in PyTorch: as tensors, trained on in two ways, and scored."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from birnn_ref.experiments import training_torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
Model = TypeVar("Model", bound=nn.Module)
Batch = tuple[tuple[Tensor, ...], Tensor]


class Reviews(NamedTuple):
    """One split: token ids ``(reviews, time)`` padded behind, n-gram scores ``(reviews, time, n)``, labels, lengths."""

    x: Tensor
    scores: Tensor
    y: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, split: Any, limit: int | None = None, scores: Any = None) -> Reviews:
        """Return the first reviews of a split of `load_imdb`, with the scores that belong to these or none."""
        x, y, lengths = (torch.from_numpy(np.asarray(part[:limit])) for part in (split.x, split.y, split.lengths))
        beside = torch.zeros(*x.shape, 0) if scores is None else torch.from_numpy(np.ascontiguousarray(scores))
        return cls(x.long(), beside, y.float(), lengths.long())

    def batches(self, batch_size: int, generator: torch.Generator | None = None) -> Iterator[Batch]:
        """Yield one epoch's batches: a model's arguments, and the labels. Without a generator torch shuffles."""
        for rows in torch.randperm(len(self.y), generator=generator).split(batch_size):  # type: ignore[no-untyped-call]
            x, scores, y, lengths = (part[rows].to(DEVICE) for part in self)
            yield (x, scores, lengths), y


def train(
    model: Model, splits: Mapping[str, Reviews], *, epochs: int, batch_size: int, learning_rate: float,
    weight_decay: float, average: float, seed: int,
) -> Iterator[Model]:  # fmt: skip
    """Train by AdamW on one cycle of the learning rate; yield the running average of the weights after each epoch.

    ``average`` is the share of the old average that each step keeps.
    """
    batches = partial(splits["train"].batches, batch_size, torch.Generator().manual_seed(seed))
    steps = -(-len(splits["train"].y) // batch_size)
    return one_cycle(model, batches, epochs, steps, learning_rate, weight_decay, average)


def train_plainly(
    model: Model, splits: Mapping[str, Reviews], *, epochs: int, batch_size: int, learning_rate: float,
    seed: int | None = None,
) -> Iterator[Model]:  # fmt: skip
    """Train by Adam at one rate, as the tutorial does; yield the model after each epoch."""
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), learning_rate)
    for _ in range(epochs):
        training_torch.train(model, splits["train"].batches(batch_size, generator), cross_entropy, optimiser)
        yield model


def one_cycle(
    model: Model, batches: Callable[[], Iterator[Batch]], epochs: int, steps: int, learning_rate: float,
    weight_decay: float, average: float,
) -> Iterator[Model]:  # fmt: skip
    """Train by AdamW on one cycle of the rate; yield the running average of the weights after each epoch.

    ``batches`` yields one epoch of ``steps`` batches: what the model is called with, and the labels.
    """
    optimiser = torch.optim.AdamW(model.parameters(), learning_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=epochs * steps)
    averaged = copy.deepcopy(model)

    @torch.no_grad()
    def move_average() -> None:
        for old, new in zip(averaged.parameters(), model.parameters(), strict=True):
            old.lerp_(new, 1 - average)

    for _ in range(epochs):
        training_torch.train(
            model, batches(), cross_entropy, optimiser, schedule=schedule, clip=1.0, after_step=move_average
        )
        yield averaged


def accuracy(model: nn.Module, data: Reviews) -> float:
    """Return the share of the reviews that a model is right about, to five digits."""
    return round(float(np.mean((logits(model, data) > 0) == (data.y.numpy() > 0))), 5)


def keep_best(averages: Iterator[Model], accuracy: Callable[[Model], float]) -> tuple[Model, list[float]]:
    """Return a copy of the most accurate average, the first among equals, and every epoch's accuracy.

    Parameters
    ----------
    averages : iterator of models
        As `train` yields them.
    accuracy : callable
        Scores a model on held-out reviews.
    """
    found: list[float] = []
    for averaged in averages:
        found.append(accuracy(averaged))
        if found[-1] > max(found[:-1], default=-1.0):
            best = copy.deepcopy(averaged)
    return best, found


@torch.no_grad()
def logits(model: nn.Module, data: Reviews, batch_size: int = 500) -> Any:
    """Return the logits of a split as a NumPy array, ``(reviews,)``; nothing is dropped."""
    model.eval()
    parts = []
    for rows in torch.arange(len(data.y)).split(batch_size):  # type: ignore[no-untyped-call]
        x, scores, _, lengths = (part[rows].to(DEVICE) for part in data)
        parts.append(model(x, scores, lengths).cpu())
    return torch.cat(parts).numpy()
