"""Film reviews for the studies: shared settings, the splits of a seed, and bidirectional readers trained alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Int
from birnn_ref.datasets import load_imdb
from birnn_ref.datasets.reviews import ReviewData
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.paired import Bools, over_seeds_and_items, pack, unpack
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import Adam, Sequences, fit, linear_decay


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """The settings that the studies in NumPy share."""

    embedding: int
    epochs: int
    clip: float = 1.0
    num_words: int = 2000
    maxlen: int = 50
    batch_size: int = 128
    train_reviews: int | None = None


@dataclass(frozen=True, kw_only=True)
class ArmSettings(Fitting):
    """Settings of the studies that compare arms: the units of each, and the rate that `tune_arms` chose for it."""

    hidden: dict[str, int]
    rates: Sequence[float]
    rate: dict[str, float]
    dropout: float = 0.3
    test_reviews: int | None = None


@dataclass(frozen=True, kw_only=True)
class OneCycle:
    """The settings that the studies in PyTorch share: AdamW on one cycle of the rate, and an average of the weights."""

    embedding: int
    batch_size: int
    epochs: int
    learning_rate: float
    average: float
    weight_decay: float = 1e-2
    word_dropout: float = 0.1
    dropout: float = 0.5
    train_reviews: int | None = None
    test_reviews: int | None = None

    def cycle(self) -> dict[str, Any]:
        """Return what the training itself takes."""
        names = ("batch_size", "epochs", "learning_rate", "weight_decay", "average")
        return {name: getattr(self, name) for name in names}


class Arm(NamedTuple):
    """A contestant: its cell, how its states become one vector, and the units of each direction."""

    cell: str
    pooling: str
    hidden: int


class Reviews(NamedTuple):
    """The reviews of one seed: all of them, and as the splits ``train``, ``validation`` and ``test``."""

    data: ReviewData
    splits: dict[str, Sequences]


def reviews(seed: int, settings: Fitting, test_reviews: int | None = None) -> Reviews:
    """Return the reviews, those held out drawn by the seed; padding stands behind."""
    data = load_imdb(settings.num_words, settings.maxlen, padding="post", rng=np.random.default_rng(seed))
    limits = {"train": settings.train_reviews, "validation": None, "test": test_reviews}
    splits = {
        name: Sequences(np.asarray(data[name].x)[:limit], data[name].y[:limit], data[name].lengths[:limit])
        for name, limit in limits.items()
    }
    return Reviews(data, splits)


def fit_reviews(
    model: Classifier, data: Sequences, rate: float, settings: Fitting, rng: np.random.Generator,
    validation: Sequences | None = None,
) -> list[dict[str, float]]:  # fmt: skip
    """Train by Adam, with a rate that falls to 0; return the history as `fit` does.

    With held-out reviews the model keeps the epoch with the least loss on them.
    """
    schedule = linear_decay(rate, settings.epochs * -(-len(data) // settings.batch_size))
    return fit(
        model, data, loss=binary_cross_entropy, optimiser=Adam(model), epochs=settings.epochs,
        batch_size=settings.batch_size, rng=rng, validation=validation, clip=settings.clip, schedule=schedule,
    )  # fmt: skip


def train(
    seed: int, arm: Arm, rate: float, splits: dict[str, Sequences], settings: ArmSettings
) -> tuple[Classifier, list[dict[str, float]]]:
    """Train once; the model keeps the epoch with the least loss on held-out reviews."""
    rng = np.random.default_rng(seed)
    model = Classifier(
        arm.cell, settings.num_words, settings.embedding, arm.hidden, pooling=arm.pooling, dropout=settings.dropout,
        rng=rng,
    )  # fmt: skip
    return model, fit_reviews(model, splits["train"], rate, settings, rng, splits["validation"])


def train_arms(
    seed: int, arms: dict[str, Arm], found: Reviews, settings: ArmSettings
) -> Iterator[tuple[str, Classifier, dict[str, Any]]]:
    """Train every arm at its rate; yield its name, the model and its figures. The test reviews are scored once each.

    ``right_bits`` holds which test reviews it was right about, in the order of `by_tokens`, for `compare`.
    """
    order = by_tokens(found.splits["test"])
    for name, arm in arms.items():
        model, history = train(seed, arm, settings.rate[name], found.splits, settings)
        answers = right(model, found.splits["test"])
        figures = {
            "parameters": parameter_count(model),
            "recurrent": parameter_count(model.summary.stack),
            "validation_accuracy": [round(entry["validation_accuracy"], 5) for entry in history],
            "epoch": 1 + int(np.argmin([entry["validation_loss"] for entry in history])),
            "test_accuracy": round(float(answers.mean()), 5),
            "test_reviews": len(answers),
            "right_bits": pack(answers[order]),
        }
        print(f"seed {seed} {name}: {figures['validation_accuracy']}, test {figures['test_accuracy']}", flush=True)
        yield name, model, figures


def by_tokens(data: Sequences) -> Int:
    """Return an order of the sequences, ``(sequences,)``, that does not depend on how a seed has shuffled them."""
    order: Int = np.lexsort(np.asarray(data.x).T)
    return order


def right(model: Classifier, data: Sequences) -> Bools:
    """Return which sequences a model is right about, ``(sequences,)``."""
    logits = [model.forward(batch.x, batch.lengths)[:, 0] for batch in data.batches(500)]
    answers: Bools = (np.concatenate(logits) > 0) == (data.y > 0)
    return answers


def tune_arms(arms: dict[str, Arm], settings: ArmSettings) -> dict[str, float]:
    """Return for each arm the rate whose best epoch has the least loss on a tuning seed's held-out reviews."""
    seed, chosen = TUNING_SEEDS[0], {}
    found = reviews(seed, settings)
    for name, arm in arms.items():
        losses = {}
        for rate in settings.rates:
            _, history = train(seed, arm, rate, found.splits, settings)
            losses[rate] = round(min(entry["validation_loss"] for entry in history), 5)
        chosen[name] = min(losses, key=lambda rate: losses[rate])
        print(f"{name}: held-out loss by rate {losses}", flush=True)
    return chosen


def compare(runs: list[dict[str, Any]], first: str, other: str) -> dict[str, float]:
    """Return the accuracy of one arm minus another's, paired by seed and review, with its interval over both."""
    return over_seeds_and_items(_table(runs, first) - _table(runs, other))


def accuracy(runs: list[dict[str, Any]], name: str) -> dict[str, float]:
    """Return an arm's accuracy, with its interval over seeds and reviews."""
    return over_seeds_and_items(_table(runs, name))


def _table(runs: list[dict[str, Any]], name: str) -> Any:
    return np.array([unpack(run[name]["right_bits"], run[name]["test_reviews"]) for run in runs], np.float64)
