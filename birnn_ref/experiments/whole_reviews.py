"""Training on whole reviews: those of one batch are of similar length, so that little padding is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from birnn_ref.experiments.reviews_torch import DEVICE, Batch, Model, one_cycle

POOL = 50
"""Batches' worth of shuffled reviews that are sorted by length together."""


class WholeReviews(NamedTuple):
    """Reviews end to end: ids ``(tokens,)``, scores ``(tokens, n)``; labels, starts and lengths ``(reviews,)``."""

    tokens: Tensor
    scores: Tensor
    y: Tensor
    starts: Tensor
    lengths: Tensor

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the ids, the scores and the lengths of some reviews, padded behind to the longest of them.

        Examples
        --------
        >>> one = torch.ones
        >>> reviews = WholeReviews(torch.arange(4, 9), one(5, 1), one(2), torch.tensor([0, 3]), torch.tensor([3, 2]))
        >>> reviews.batch(torch.tensor([1, 0]))[0]
        tensor([[7, 8, 0],
                [4, 5, 6]])
        """
        lengths = self.lengths[rows]
        step = torch.arange(int(lengths.max()))
        valid = step < lengths[:, None]
        at = torch.where(valid, self.starts[rows][:, None] + step, 0)
        parts = self.tokens[at] * valid, self.scores[at] * valid[..., None], lengths
        return parts[0].to(DEVICE), parts[1].to(DEVICE), parts[2].to(DEVICE)


def batches(lengths: Tensor, batch_size: int, generator: torch.Generator) -> list[Tensor]:
    """Put rows into batches of similar length, in random order."""
    dealt: list[Tensor] = []
    order = torch.randperm(len(lengths), generator=generator)
    for pool in order.split(POOL * batch_size):  # type: ignore[no-untyped-call]
        dealt += pool[lengths[pool].argsort()].split(batch_size)
    return [dealt[i] for i in torch.randperm(len(dealt), generator=generator)]


def train(
    model: Model, data: WholeReviews, *, epochs: int, batch_size: int, learning_rate: float, weight_decay: float,
    average: float, seed: int,
) -> Iterator[Model]:  # fmt: skip
    """Train as `reviews_torch.train` does; yield the running average of the weights after each epoch."""
    generator = torch.Generator().manual_seed(seed)

    def dealt() -> Iterator[Batch]:
        for rows in batches(data.lengths, batch_size, generator):
            yield data.batch(rows), data.y[rows].to(DEVICE)

    steps = len(batches(data.lengths, batch_size, torch.Generator()))
    return one_cycle(model, dealt, epochs, steps, learning_rate, weight_decay, average)


@torch.no_grad()
def logits(model: nn.Module, data: WholeReviews, batch_size: int = 256) -> Any:
    """Return the logits of all reviews as a NumPy array, ``(reviews,)``; nothing is dropped."""
    model.eval()
    found = torch.empty(len(data.lengths))
    for rows in data.lengths.argsort().split(batch_size):  # type: ignore[no-untyped-call]
        found[rows] = model(*data.batch(rows)).cpu()
    return found.numpy()
