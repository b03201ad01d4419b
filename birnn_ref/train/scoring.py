"""What counts in a batch, what the loss and the answers are, and their totals over batches."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, is_ignored, within
from birnn_ref.layers.base import Layer
from birnn_ref.losses.errors import REGRESSIONS
from birnn_ref.train.sequences import Batch

Loss = Callable[..., tuple[float, Float]]
Decode = Callable[..., Any]
Metric = Callable[[list[Any], list[Any]], float]


@dataclass(frozen=True)
class Scoring:
    """How a model's logits are judged.

    Attributes
    ----------
    model : Layer
    loss, decode, metric, class_weights, ignore
        As in `fit`.

    Raises
    ------
    TypeError
        If the loss takes no ``class_weights`` or ``ignore``, and some are given.
    ValueError
        If the class weights are not several, or the loss has parameters that the model has not, which nothing would
        change.
    """

    model: Any
    loss: Loss
    decode: Decode | None = None
    metric: Metric | None = None
    class_weights: Any = None
    ignore: float | None = None

    def __post_init__(self) -> None:
        if self.class_weights is not None and not np.size(self.class_weights) > 1:
            raise ValueError(f"class_weights must be numbers, one a class, got {self.class_weights!r}")
        takes = inspect.signature(self.loss).parameters
        for name in self._options():
            if name not in takes and not any(p.kind is p.VAR_KEYWORD for p in takes.values()):
                raise TypeError(f"loss takes no {name}: softmax_cross_entropy and binary_cross_entropy do")
        owner = getattr(self.loss, "__self__", None)
        if isinstance(owner, Layer) and owner is not self.model:
            learned = {id(array) for _, array in self.model.named_parameters()}
            if lost := [name for name, array in owner.named_parameters() if id(array) not in learned]:
                raise ValueError(f"loss has a parameter {lost[0]} that model has not: make it one of its children")

    def loss_of(self, logits: Float, batch: Batch) -> tuple[float, Float]:
        """Return a batch's loss and its gradient."""
        arguments: tuple[Any, ...] = ()
        if batch.target_lengths is not None:
            arguments = batch.lengths, batch.target_lengths
        elif batch.per_step:
            arguments = (batch.lengths,)
        return self.loss(logits, batch.y, *arguments, **self._options())

    def weight(self, batch: Batch) -> float:
        """Return what a batch's loss weighs: its sequences or steps that count, or the sum of their classes' weights.

        A target for a sequence that has lengths of its own counts as one.
        """
        if batch.target_lengths is not None:
            return len(batch.y)
        counts = self._counts(batch)
        if self.class_weights is None:
            return int(counts.sum())
        weights, y = np.asarray(self.class_weights, np.float64), batch.y[counts]
        if np.issubdtype(y.dtype, np.floating):  # between no and yes
            return float((weights[0] + (weights[-1] - weights[0]) * y).sum())
        return float(np.take(weights, y, mode="clip").sum())  # the loss says it if a class is none

    def answers(self, logits: Float, batch: Batch) -> Any:
        """Return the model's answers: of the targets' shape, or a list where these have lengths of their own.

        None stands for no answers: a loss of numbers, or targets that only a ``decode`` could answer.

        Raises
        ------
        ValueError
            If their shapes differ.
        """
        decode = self.decode or getattr(self.model, "decode", None)
        said: Any
        if decode is not None:
            said = decode(logits, batch.lengths)
        elif batch.target_lengths is not None:
            return None
        elif self.loss in REGRESSIONS:
            said = logits.reshape(batch.y.shape)
        elif logits.ndim == batch.y.ndim:
            said = logits > 0
        elif logits.shape[-1] == 1:
            said = logits[..., 0] > 0
        else:
            said = logits.argmax(axis=-1)
        if batch.target_lengths is None and said.shape != batch.y.shape:
            raise ValueError(f"y has shape {batch.y.shape}, expected {said.shape}: one target for each of the answers")
        return said

    def right(self, said: Any, batch: Batch) -> tuple[int, int] | None:
        """Return how many answers are right, and of how many; None where answers are numbers, which are only near."""
        if said is None:
            return None
        if batch.target_lengths is not None:
            pairs = zip(said, self.rows(batch.y, batch), strict=True)
            return sum(bool(np.array_equal(own, true)) for own, true in pairs), len(batch.y)
        if np.issubdtype(said.dtype, np.floating):
            return None
        counts = self._counts(batch)
        return int((counts & (said == batch.y)).sum()), int(counts.sum())

    def rows(self, values: Any, batch: Batch) -> list[Any]:
        """Return one row per sequence, without what does not count."""
        if batch.target_lengths is not None:
            lengths = batch.target_lengths if values is batch.y else map(len, values)
            return [row[:n] for row, n in zip(values, lengths, strict=True)]
        counts = self._counts(batch)
        if not batch.per_step:
            return list(values[counts.reshape(len(counts), -1).any(axis=1)])
        return [row[own] for row, own in zip(values, counts, strict=True)]

    def _counts(self, batch: Batch) -> Any:
        """Return a mask of the targets' shape."""
        counts = ~is_ignored(batch.y, self.ignore)
        if batch.per_step and batch.lengths is not None:
            inside = within(batch.lengths, batch.y.shape[1])
            counts &= inside.reshape(*inside.shape, *[1] * (counts.ndim - 2))
        return counts

    def _options(self) -> dict[str, Any]:
        given = {"class_weights": self.class_weights, "ignore": self.ignore}
        return {name: value for name, value in given.items() if value is not None}


class Total:
    """Loss and right answers, added up over batches by what counts in each."""

    def __init__(self, scoring: Scoring) -> None:
        self.scoring = scoring
        self.loss = self.weight = 0.0
        self.right: list[tuple[int, int]] = []
        self.true: list[Any] = []
        self.said: list[Any] = []

    def add(self, loss: float, said: Any, batch: Batch, *, keep: bool = False) -> None:
        """Take a batch; ``keep`` its answers for the metric."""
        weight = self.scoring.weight(batch)
        self.loss += weight * loss
        self.weight += weight
        if (right := self.scoring.right(said, batch)) is not None:
            self.right.append(right)
        if keep:
            if said is None:
                raise ValueError("metric needs answers: give a decode, from logits and lengths to one a sequence")
            self.true += self.scoring.rows(batch.y, batch)
            self.said += self.scoring.rows(said, batch)

    def means(self) -> dict[str, float]:
        """Return the mean ``loss`` and, where answers are right or wrong, the ``accuracy``."""
        if not self.weight:
            raise ValueError("data holds no step that counts")
        means = {"loss": self.loss / self.weight}
        if self.right:
            right, of = map(sum, zip(*self.right, strict=True))
            means["accuracy"] = right / of
        return means
