"""`imdb_tutorial_held_out` in NumPy alone: the same model and reviews, by the reference package's own training.

Larger batches, a rate that falls to 0 and clipping stand in for Keras's defaults; nothing else differs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.experiments.imdb_tutorial import summarise
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import Adam, Sequences, evaluate, fit, linear_decay

__all__ = ["CHECK", "SEEDS", "SETTINGS", "run", "summarise"]

SETTINGS = {
    "num_words": 2000, "maxlen": 50, "embedding": 128, "hidden": 64, "batch_size": 128, "epochs": 2, "rate": 0.004,
    "clip": 0.5, "validation": 0.1, "train_reviews": None, "test_reviews": None,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"epochs": 1, "train_reviews": 1000, "test_reviews": 500}


def run(
    seed: int, *, num_words: int, maxlen: int, embedding: int, hidden: int, batch_size: int, epochs: int, rate: float,
    clip: float, validation: float, train_reviews: int | None, test_reviews: int | None,
) -> dict[str, Any]:  # fmt: skip
    """Train once; return the history by epoch, the seconds an epoch took and the parameter count."""
    data = load_imdb(num_words, maxlen, validation=validation, rng=np.random.default_rng(0))
    # Padding stands in front and is read as a word, as the tutorial has it.
    train = Sequences(data["train"].x[:train_reviews], data["train"].y[:train_reviews])
    scored = {
        name: Sequences(data[name].x[:test_reviews], data[name].y[:test_reviews])
        for name in data.splits
        if name != "train"
    }
    rng = np.random.default_rng(seed)
    model = Classifier("rnn", num_words, embedding, hidden, rng=rng)
    schedule = linear_decay(rate, epochs * -(-len(train) // batch_size))
    how: dict[str, Any] = {"loss": binary_cross_entropy, "batch_size": batch_size, "rng": rng, "clip": clip}
    optimiser = Adam(model)
    history: dict[str, list[float]] = {}
    for _ in range(epochs):
        (entry,) = fit(model, train, optimiser=optimiser, epochs=1, schedule=schedule, **how)
        found = {"train": entry, **{n: evaluate(model, s, loss=binary_cross_entropy) for n, s in scored.items()}}
        figures = {f"{name}_{kind}": scores[kind] for name, scores in found.items() for kind in ("accuracy", "loss")}
        for name, value in figures.items():
            history.setdefault(name, []).append(round(value, 5))
        history.setdefault("epoch_seconds", []).append(round(entry["seconds"], 2))
    return {
        "source": data.source,
        "parameters": sum(array.size for _, array in model.named_parameters()),
        **history,
    }
