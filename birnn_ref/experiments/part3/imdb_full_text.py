"""Whole reviews: a bag of n-grams, a BRNN that reads the bag's scores word by word, and the two compared.

The bag is fitted so that each training review is scored by the others (`ngram_bag`). Its logit, the sum of a review's
scores, goes to the readout, so a BRNN that adds nothing leaves the bag as it is. ``bag`` is that readout without the
BRNN; ``words`` is the BRNN without any scores. The seeds share the test reviews: ``vote`` is what most of them say.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref.datasets import load_imdb
from birnn_ref.datasets.reviews import UNKNOWN
from birnn_ref.experiments.part3.ngram_bag import score_reviews
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.reviews import OneCycle
from birnn_ref.experiments.study import Study


@dataclass(frozen=True)
class Settings(OneCycle):
    """What a run uses."""

    num_words: int = 30000
    orders: int = 3
    strength: float = 0.1
    folds: int = 10
    embedding: int = 64
    hidden: int = 32
    batch_size: int = 64
    epochs: int = 4
    learning_rate: float = 0.002
    average: float = 0.997
    models: tuple[str, ...] = ("brnn",)
    votes: bool = True


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Fit the bag, then each model; the held-out reviews choose the epoch, and the test reviews are scored once each.

    With ``votes``, each model's run says of every test review whether it was right: one bit per review, in base64.
    """
    import torch

    from birnn_ref.experiments.networks.hand_classifier import HandClassifier
    from birnn_ref.experiments.reviews_torch import DEVICE, keep_best
    from birnn_ref.experiments.whole_reviews import WholeReviews, logits, train

    start = time.perf_counter()
    data = load_imdb(rng=np.random.default_rng(seed))
    limits = {"train": settings.train_reviews, "validation": settings.test_reviews, "test": settings.test_reviews}
    reviews = {name: list(data[name].x[:limit]) for name, limit in limits.items()}
    labels = {name: data[name].y[:limit] for name, limit in limits.items()}
    scored = score_reviews(
        reviews, labels["train"], data.num_words, orders=settings.orders, strength=settings.strength,
        folds=settings.folds, rng=np.random.default_rng(seed),
    )  # fmt: skip
    rows = sorted(range(len(reviews["test"])), key=lambda i: reviews["test"][i].tobytes())  # the same for every seed

    def figures(validation: list[float], z: Any) -> dict[str, Any]:
        right = (z > 0) == (labels["test"] > 0)
        packed = base64.b64encode(np.packbits(right[rows]).tobytes()).decode() if settings.votes else ""
        return {
            "validation_accuracy": [round(v, 5) for v in validation],
            "test_accuracy": round(float(np.mean(right)), 5),
            "right": packed,
            "seconds": round(time.perf_counter() - start, 1),
        }

    def held_out(z: Any) -> float:
        return float(np.mean((z > 0) == (labels["validation"] > 0)))

    def accuracy(model: Any, data: Any) -> float:
        return held_out(logits(model, data))

    bag = figures([held_out(scored["validation"].totals())], scored["test"].totals())
    found: dict[str, Any] = {"source": data.source, "bag": bag}
    print(f"seed {seed} bag: {bag['validation_accuracy']} {bag['test_accuracy']}", flush=True)

    for name in settings.models:
        start = time.perf_counter()
        spread = scored["train"].scores.std(axis=0)[: 0 if name == "words" else None]
        splits = {}
        for split, (tokens, scores, starts, lengths) in scored.items():
            known = np.where(tokens < settings.num_words, tokens, UNKNOWN).astype(np.int64)
            arrays = (known, scores[:, : len(spread)] / spread, labels[split].astype(np.float32), starts, lengths)
            splits[split] = WholeReviews(*map(torch.from_numpy, arrays))
        torch.manual_seed(seed)
        model = HandClassifier(
            settings.num_words, settings.embedding, settings.hidden, word_dropout=settings.word_dropout,
            dropout=settings.dropout, bag=spread * (np.arange(len(spread)) < settings.orders),
        ).to(DEVICE)  # fmt: skip
        averages = train(model, splits["train"], seed=seed, **settings.cycle())
        best, validation = keep_best(averages, partial(accuracy, data=splits["validation"]))
        found[name] = figures(validation, logits(best, splits["test"]))
        found[name]["parameters"] = sum(p.numel() for p in model.parameters())
        print(f"seed {seed} {name}: {validation} {found[name]['test_accuracy']}", flush=True)
    return found


def majority(packed: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return for each review whether more than half of the models are right.

    Parameters
    ----------
    packed : sequence of str
        One per model, an odd number: one bit per review, 1 for right, in base64.

    Examples
    --------
    >>> pack = lambda *bits: base64.b64encode(np.packbits(bits).tobytes()).decode()
    >>> right = majority([pack(1, 1, 0, 1, 1, 1, 1, 0), pack(1, 0, 0, 1, 1, 1, 0, 0), pack(0, 1, 1, 1, 1, 1, 1, 0)])
    >>> right.astype(int)
    array([1, 1, 0, 1, 1, 1, 1, 0])
    """
    bits = np.stack([np.unpackbits(np.frombuffer(base64.b64decode(one), np.uint8)) for one in packed])
    right: npt.NDArray[np.bool_] = 2 * bits.sum(axis=0) > len(bits)
    return right


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy of each model over the seeds, what the BRNN adds to the bag, and the same for the seeds' votes."""
    names = [name for name in ("bag", "words", "brnn") if name in runs[0]]
    tests = {name: [run[name]["test_accuracy"] for run in runs] for name in names}
    summary: dict[str, Any] = {name: mean_and_interval(tests[name]) for name in names}
    summary["added"] = mean_and_interval([b - a for a, b in zip(tests["bag"], tests["brnn"], strict=True)])
    votes = {name: majority([run[name]["right"] for run in runs]) for name in names}
    summary["vote"] = {name: round(float(np.mean(right)), 5) for name, right in votes.items()}
    summary["vote"]["gained"] = int(np.sum(votes["brnn"] & ~votes["bag"]))
    summary["vote"]["lost"] = int(np.sum(votes["bag"] & ~votes["brnn"]))
    return summary


STUDY = Study(
    "imdb_full_text", Settings(), run, summarise, tolerance=0.03,
    check={
        "num_words": 5000, "orders": 2, "folds": 2, "epochs": 1, "batch_size": 32, "embedding": 16, "average": 0.9,
        "train_reviews": 500, "test_reviews": 300, "votes": False,
    },
)  # fmt: skip
