"""The tutorial's task done properly: pooled states, dropout, averaged weights, the epoch chosen on held-out reviews.

Two models on the same 2,000 words and 50 tokens: a simple BRNN, without and with naive-Bayes scores
of 1-, 2- and 3-grams beside the word vectors. Each seed holds out the same reviews as `bag_of_bigrams` does.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.datasets.ngrams import log_ratios, ngram_ids
from birnn_ref.experiments.results import mean_and_interval

SETTINGS = {
    "num_words": 2000, "maxlen": 50, "embedding": 128, "hidden": 64, "batch_size": 64, "epochs": 6, "ngrams": 3,
    "learning_rate": 2e-3, "weight_decay": 1e-2, "word_dropout": 0.1, "dropout": 0.5, "average": 0.998,
    "models": ["rnn", "rnn+ngrams"], "train_reviews": None, "test_reviews": None,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"epochs": 1, "models": ["rnn+ngrams"], "train_reviews": 1000, "test_reviews": 500}
TOLERANCE = 0.05


def run(
    seed: int, *, num_words: int, maxlen: int, embedding: int, hidden: int, batch_size: int, epochs: int, ngrams: int,
    learning_rate: float, weight_decay: float, word_dropout: float, dropout: float, average: float, models: list[str],
    train_reviews: int | None, test_reviews: int | None,
) -> dict[str, Any]:  # fmt: skip
    """Train every model once; the test reviews are scored once each, at the epoch that the held-out ones choose."""
    import torch

    from birnn_ref.twins import torch_classifier as twin

    data = load_imdb(num_words, maxlen, padding="post", rng=np.random.default_rng(seed))
    limits = {"train": train_reviews, "validation": None, "test": test_reviews}
    x, y, lengths = (
        {k: getattr(data[k], name)[:limit] for k, limit in limits.items()} for name in ("x", "y", "lengths")
    )
    scores = []
    for n in range(1, ngrams + 1):
        ids = {k: ngram_ids(x[k], n, num_words) for k in x}
        scores.append(log_ratios(ids.pop("train"), y["train"], ids, rng=np.random.default_rng(seed)))

    found: dict[str, Any] = {"source": data.source, "device": str(twin.DEVICE)}
    for name in models:
        start = time.perf_counter()
        cell, _, extra = name.partition("+")
        width = ngrams if extra else 0
        splits = {}
        for k in x:
            stacked = np.stack([s[k] for s in scores], axis=2)[:, :, :width]
            parts = (x[k].astype(np.int64), stacked, y[k].astype(np.float32), lengths[k].astype(np.int64))
            splits[k] = twin.Reviews(*(torch.from_numpy(np.ascontiguousarray(part)) for part in parts))
        torch.manual_seed(seed)
        model = twin.PooledClassifier(
            num_words, embedding, hidden, cell=cell, ngrams=width, word_dropout=word_dropout, dropout=dropout
        ).to(twin.DEVICE)
        averages = twin.train(
            model, splits, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate,
            weight_decay=weight_decay, average=average, seed=seed,
        )  # fmt: skip
        best, validation = twin.keep_best(averages, partial(twin.accuracy, data=splits["validation"]))
        found[name] = {
            "parameters": sum(p.numel() for p in model.parameters()),
            "validation_accuracy": validation,
            "test_accuracy": twin.accuracy(best, splits["test"]),
            "seconds": round(time.perf_counter() - start, 1),
        }
        print(f"seed {seed} {name}: {found[name]}", flush=True)
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy of each model over the seeds."""
    names = [name for name in SETTINGS["models"] if name in runs[0]]  # type: ignore[attr-defined]
    return {name: mean_and_interval([run[name]["test_accuracy"] for run in runs]) for name in names}
