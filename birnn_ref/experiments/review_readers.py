"""Bidirectional readers of film reviews, trained alike: what the studies of cells and of pooling have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Int
from birnn_ref.datasets import load_imdb
from birnn_ref.datasets.reviews import ReviewData
from birnn_ref.experiments.paired import Bools, over_seeds_and_items, pack, unpack
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.experiments.readers import parameter_count
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import Adam, Sequences, fit, linear_decay


class Arm(NamedTuple):
    """A contestant: its cell, how its states become one vector, and the units of each direction."""

    cell: str
    pooling: str
    hidden: int


class Reviews(NamedTuple):
    """The reviews of one seed: all of them, and as the splits ``train``, ``validation`` and ``test``."""

    data: ReviewData
    splits: dict[str, Sequences]


def reviews(seed: int, num_words: int, maxlen: int, train_reviews: int | None, test_reviews: int | None) -> Reviews:
    """Return the reviews, those held out drawn by the seed; padding stands behind."""
    data = load_imdb(num_words, maxlen, padding="post", rng=np.random.default_rng(seed))
    limits = {"train": train_reviews, "validation": None, "test": test_reviews}
    splits = {
        name: Sequences(np.asarray(data[name].x)[:limit], data[name].y[:limit], data[name].lengths[:limit])
        for name, limit in limits.items()
    }
    return Reviews(data, splits)


def train(
    seed: int, arm: Arm, rate: float, splits: dict[str, Sequences], *, num_words: int, embedding: int, dropout: float,
    batch_size: int, epochs: int, clip: float,
) -> tuple[Classifier, list[dict[str, float]]]:  # fmt: skip
    """Train once; the model keeps the epoch with the least loss on held-out reviews."""
    rng = np.random.default_rng(seed)
    model = Classifier(arm.cell, num_words, embedding, arm.hidden, pooling=arm.pooling, dropout=dropout, rng=rng)
    history = fit(
        model, splits["train"], validation=splits["validation"], loss=binary_cross_entropy, optimiser=Adam(model, rate),
        epochs=epochs, batch_size=batch_size, rng=rng, clip=clip,
        schedule=linear_decay(rate, epochs * -(-len(splits["train"]) // batch_size)),
    )  # fmt: skip
    return model, history


def train_arms(
    seed: int, arms: dict[str, Arm], rate: dict[str, float], found: Reviews, **training: Any
) -> Iterator[tuple[str, Classifier, dict[str, Any]]]:
    """Train every arm at its rate; yield its name, the model and its figures. The test reviews are scored once each.

    ``right_bits`` holds which test reviews it was right about, in the order of `by_tokens`, for `compare`.
    """
    order = by_tokens(found.splits["test"])
    for name, arm in arms.items():
        model, history = train(seed, arm, rate[name], found.splits, **training)
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


def tune_arms(
    arms: dict[str, Arm], rates: list[float], *, num_words: int, maxlen: int, train_reviews: int | None,
    test_reviews: int | None, **training: Any,
) -> dict[str, float]:  # fmt: skip
    """Return for each arm the rate whose best epoch has the least loss on a tuning seed's held-out reviews."""
    seed, chosen = TUNING_SEEDS[0], {}
    found = reviews(seed, num_words, maxlen, train_reviews, test_reviews)
    for name, arm in arms.items():
        losses = {}
        for rate in rates:
            _, history = train(seed, arm, rate, found.splits, num_words=num_words, **training)
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
