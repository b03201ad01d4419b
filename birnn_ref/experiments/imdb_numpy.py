"""`imdb_tutorial_held_out` in NumPy alone: the same model and reviews, by the reference package's own training.

Larger batches, a rate that falls to 0 and clipping stand in for Keras's defaults. Held-out reviews choose the rate; the
test reviews are scored once, by the model that they chose.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import Adam, Sequences, evaluate, fit, linear_decay

SETTINGS: dict[str, Any] = {
    "num_words": 2000, "maxlen": 50, "embedding": 128, "hidden": 64, "batch_size": 128, "epochs": 2,
    "rates": [0.002, 0.004, 0.008], "clip": 0.5, "validation": 0.1, "train_reviews": None, "test_reviews": None,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"epochs": 1, "rates": [0.004], "test_reviews": 1000}
TOLERANCE = 0.05


def run(
    seed: int, *, num_words: int, maxlen: int, embedding: int, hidden: int, batch_size: int, epochs: int,
    rates: list[float], clip: float, validation: float, train_reviews: int | None, test_reviews: int | None,
) -> dict[str, Any]:  # fmt: skip
    """Train once a rate; return each one's held-out accuracy, the best one's test accuracy, and its seconds."""
    data = load_imdb(num_words, maxlen, padding="pre", validation=validation, rng=np.random.default_rng(seed))
    # Padding stands in front and is read as a word, as the tutorial has it.
    limits = {"train": train_reviews, "validation": None, "test": test_reviews}
    splits = {name: Sequences(data[name].x[:limit], data[name].y[:limit]) for name, limit in limits.items()}
    loss = binary_cross_entropy
    held_out: dict[float, float] = {}
    for rate in rates:
        rng = np.random.default_rng(seed)
        model = Classifier("rnn", num_words, embedding, hidden, rng=rng)
        schedule = linear_decay(rate, epochs * -(-len(splits["train"]) // batch_size))
        history = fit(
            model, splits["train"], loss=loss, optimiser=Adam(model), epochs=epochs, batch_size=batch_size, clip=clip,
            schedule=schedule, rng=rng,
        )  # fmt: skip
        held_out[rate] = evaluate(model, splits["validation"], loss=loss)["accuracy"]
        if held_out[rate] == max(held_out.values()):
            best, chosen, epoch_seconds = model, rate, [round(entry["seconds"], 2) for entry in history]
    return {
        "source": data.source,
        "parameters": sum(array.size for _, array in best.named_parameters()),
        "validation_accuracy": {str(rate): round(accuracy, 5) for rate, accuracy in held_out.items()},
        "rate": chosen,
        "test_accuracy": round(evaluate(best, splits["test"], loss=loss)["accuracy"], 5),
        "epoch_seconds": epoch_seconds,
    }


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy over the seeds, each at the rate that its held-out reviews chose."""
    return {"test": mean_and_interval([run["test_accuracy"] for run in runs]), "rates": [run["rate"] for run in runs]}
