"""A regularised review classifier in PyTorch, for the studies: pooled states, dropout, averaged weights."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from birnn_ref.datasets.reviews import UNKNOWN as UNKNOWN

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
Model = TypeVar("Model", bound=nn.Module)
Batch = tuple[tuple[Tensor, ...], Tensor]


class Reviews(NamedTuple):
    """One split: token ids ``(reviews, time)`` padded behind, n-gram scores ``(reviews, time, n)``, labels, lengths."""

    x: Tensor
    scores: Tensor
    y: Tensor
    lengths: Tensor


class PooledClassifier(nn.Module):
    """Embedding, one recurrent layer in both directions, mean and maximum over time, one logit.

    Parameters
    ----------
    num_words : int
        Rows of the embedding.
    ngrams : int
        n-gram scores beside each word's vector; their sums over time go to the readout too.
    cell : {"rnn", "lstm", "gru"}
    embedding, hidden : int
    word_dropout : float
        Share of the words that training replaces by the unknown word.
    dropout : float
        Of the embedding's features (one mask for all steps of a review) and of the readout's inputs.
    """

    def __init__(
        self, num_words: int, ngrams: int, cell: str, embedding: int, hidden: int, word_dropout: float, dropout: float
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_words, embedding)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.recurrent = CELLS[cell](embedding + ngrams, hidden, batch_first=True, bidirectional=True)
        self.readout = nn.Linear(4 * hidden + ngrams, 1)
        self.word_dropout, self.dropout, self.ngrams = word_dropout, dropout, ngrams
        with torch.no_grad():  # start from what the scores say by themselves
            self.readout.weight[:, 4 * hidden :] = 0.2

    def forward(self, x: Tensor, scores: Tensor, lengths: Tensor) -> Tensor:
        """Return one logit a review, ``(batch,)``."""
        valid = (torch.arange(x.shape[1], device=x.device) < lengths[:, None])[..., None]
        if self.training:
            dropped = (torch.rand(x.shape, device=x.device) < self.word_dropout) & valid[..., 0]
            x = torch.where(dropped, torch.full_like(x, UNKNOWN), x)
            scores = scores * ~dropped[..., None]
        vectors = self.embedding(x)
        if self.training:
            mask = torch.rand(len(x), 1, vectors.shape[2], device=x.device) > self.dropout
            vectors = vectors * mask / (1 - self.dropout)
        # Padding stands behind, so the backward direction starts in it: packing keeps it out.
        packed = nn.utils.rnn.pack_padded_sequence(
            torch.cat([vectors, scores], dim=2), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.recurrent(packed)[0], batch_first=True, total_length=x.shape[1]
        )
        mean = (states * valid).sum(dim=1) / lengths[:, None]
        largest = states.masked_fill(~valid, -torch.inf).amax(dim=1)
        pooled = nn.functional.dropout(torch.cat([mean, largest], dim=1), self.dropout, self.training)
        logits: Tensor = self.readout(torch.cat([pooled, scores.sum(dim=1)], dim=1))[:, 0]
        return logits


def train(
    model: Model,
    splits: Mapping[str, Reviews],
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    average: float,
    seed: int,
) -> Iterator[Model]:
    """Train by AdamW on one cycle of the learning rate; yield the running average of the weights after each epoch.

    ``average`` is the share of the old average that each step keeps.
    """
    data = splits["train"]
    generator = torch.Generator().manual_seed(seed)

    def batches() -> Iterator[Batch]:
        for rows in torch.randperm(len(data.y), generator=generator).split(batch_size):  # type: ignore[no-untyped-call]
            x, scores, y, lengths = (part[rows].to(DEVICE) for part in data)
            yield (x, scores, lengths), y

    return one_cycle(model, batches, epochs, -(-len(data.y) // batch_size), learning_rate, weight_decay, average)


def one_cycle(
    model: Model, batches: Callable[[], Iterator[Batch]], epochs: int, steps: int, learning_rate: float,
    weight_decay: float, average: float,
) -> Iterator[Model]:  # fmt: skip
    """Train by AdamW on one cycle of the rate; yield the running average of the weights after each epoch.

    ``batches`` deals out one epoch of ``steps`` batches: what the model is called with, and the labels.
    """
    optimiser = torch.optim.AdamW(model.parameters(), learning_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=epochs * steps)
    averaged = copy.deepcopy(model)
    for _ in range(epochs):
        model.train()
        for inputs, y in batches():
            loss = nn.functional.binary_cross_entropy_with_logits(model(*inputs), y)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            with torch.no_grad():
                for old, new in zip(averaged.parameters(), model.parameters(), strict=True):
                    old.lerp_(new, 1 - average)
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
