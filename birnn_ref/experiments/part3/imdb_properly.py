"""The tutorial's task done properly: pooled states, dropout, averaged weights, the epoch chosen on held-out reviews.

Two models on the same 2,000 words and 50 tokens: a simple BRNN, without and with naive-Bayes scores
of 1-, 2- and 3-grams beside the word vectors. Each seed holds out the same reviews as `bag_of_bigrams` does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.datasets.ngrams import log_ratios, ngram_ids
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.reviews import OneCycle
from birnn_ref.experiments.study import Study


@dataclass(frozen=True)
class Settings(OneCycle):
    """What a run uses."""

    num_words: int = 2000
    maxlen: int = 50
    embedding: int = 128
    hidden: int = 64
    batch_size: int = 64
    epochs: int = 6
    ngrams: int = 3
    learning_rate: float = 0.002
    average: float = 0.998
    models: tuple[str, ...] = ("rnn", "rnn+ngrams")


SETTINGS = Settings()


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every model once; the test reviews are scored once each, at the epoch that the held-out ones choose."""
    import torch

    from birnn_ref.experiments import reviews_torch as torch_reviews
    from birnn_ref.experiments.networks.pooled_classifier import PooledClassifier

    data = load_imdb(settings.num_words, settings.maxlen, padding="post", rng=np.random.default_rng(seed))
    limits = {"train": settings.train_reviews, "validation": None, "test": settings.test_reviews}
    labels, scores = data["train"].y[: settings.train_reviews], []
    for n in range(1, settings.ngrams + 1):
        ids = {k: ngram_ids(data[k].x[:limit], n, settings.num_words) for k, limit in limits.items()}
        scores.append(log_ratios(ids.pop("train"), labels, ids, rng=np.random.default_rng(seed)))

    found: dict[str, Any] = {"source": data.source, "device": str(torch_reviews.DEVICE)}
    for name in settings.models:
        start = time.perf_counter()
        cell, _, extra = name.partition("+")
        width = settings.ngrams if extra else 0
        splits = {}
        for k, limit in limits.items():
            beside = np.stack([s[k] for s in scores], axis=2)[:, :, :width]  # (reviews, time, ngrams)
            splits[k] = torch_reviews.Reviews.of(data[k], limit, beside)
        torch.manual_seed(seed)
        model = PooledClassifier(
            settings.num_words, settings.embedding, settings.hidden, cell=cell, ngrams=width,
            word_dropout=settings.word_dropout, dropout=settings.dropout,
        ).to(torch_reviews.DEVICE)  # fmt: skip
        averages = torch_reviews.train(model, splits, seed=seed, **settings.cycle())
        best, validation = torch_reviews.keep_best(averages, partial(torch_reviews.accuracy, data=splits["validation"]))
        found[name] = {
            "parameters": sum(p.numel() for p in model.parameters()),
            "validation_accuracy": validation,
            "test_accuracy": torch_reviews.accuracy(best, splits["test"]),
            "seconds": round(time.perf_counter() - start, 1),
        }
        print(f"seed {seed} {name}: {found[name]}", flush=True)
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy of each model over the seeds."""
    names = [name for name in SETTINGS.models if name in runs[0]]
    return {name: mean_and_interval([run[name]["test_accuracy"] for run in runs]) for name in names}


STUDY = Study(
    "imdb_properly", SETTINGS, run, summarise, tolerance=0.05,
    check={"epochs": 1, "models": ("rnn+ngrams",), "train_reviews": 1000, "test_reviews": 500},
)  # fmt: skip
