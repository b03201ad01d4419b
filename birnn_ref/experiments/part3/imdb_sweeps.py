"""How much of a review, and how many words, a BRNN needs: one short training for each pair of the two.

The training is short, so the figures are for comparing with each other. The epoch is not chosen: the last one counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.datasets.reviews import Recipe
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.reviews import OneCycle
from birnn_ref.experiments.study import Study


@dataclass(frozen=True)
class Settings(OneCycle):
    """What a run uses."""

    pairs: tuple[tuple[int, ...], ...] = ((2000, 25), (2000, 50), (2000, 100), (2000, 200), (500, 50), (10000, 50))
    embedding: int = 32
    hidden: int = 32
    batch_size: int = 64
    epochs: int = 2
    learning_rate: float = 0.005
    average: float = 0.99


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train one model for each pair of a length and a vocabulary; each scores the test reviews once."""
    import torch

    from birnn_ref.experiments.networks.hand_classifier import HandClassifier
    from birnn_ref.experiments.reviews_torch import DEVICE, Reviews, accuracy, train

    data = load_imdb(rng=np.random.default_rng(seed))
    found: dict[str, Any] = {"source": data.source, "test_accuracy": {}}
    for num_words, maxlen in settings.pairs:
        cut = Recipe(num_words, maxlen, padding="post", truncating="pre", validation=0)
        splits = {}
        for name, limit in (("train", settings.train_reviews), ("test", settings.test_reviews)):
            splits[name] = Reviews.of(cut.split(list(data[name].x[:limit]), data[name].y[:limit]))
        torch.manual_seed(seed)
        model = HandClassifier(
            num_words, settings.embedding, settings.hidden, word_dropout=settings.word_dropout, dropout=settings.dropout
        ).to(DEVICE)
        *_, last = train(model, splits, seed=seed, **settings.cycle())
        right = accuracy(last, splits["test"])
        found["test_accuracy"][f"{num_words}_words_{maxlen}_tokens"] = right
        print(f"seed {seed}, {num_words} words, {maxlen} tokens: {right:.4f}", flush=True)
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy over the seeds, for each pair of a vocabulary and a length."""
    return {pair: mean_and_interval([run["test_accuracy"][pair] for run in runs]) for pair in runs[0]["test_accuracy"]}


STUDY = Study(
    "imdb_sweeps", Settings(), run, summarise, tolerance=0.05,
    check={
        "pairs": ((2000, 50),), "batch_size": 32, "epochs": 3, "learning_rate": 0.01, "average": 0.9,
        "train_reviews": 1500, "test_reviews": 1000,
    },
)  # fmt: skip
