"""`imdb_tutorial_held_out` in NumPy alone: the same model and reviews, by the reference package's own training.

Larger batches, a rate that falls to 0 and clipping stand in for Keras's defaults. Held-out reviews choose the rate; the
test reviews are scored once, by the model that they chose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.reviews import Fitting, fit_reviews
from birnn_ref.experiments.study import Study
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import Sequences, evaluate


@dataclass(frozen=True)
class Settings(Fitting):
    """What a run uses."""

    embedding: int = 128
    hidden: int = 64
    epochs: int = 2
    rates: tuple[float, ...] = (0.002, 0.004, 0.008)
    clip: float = 0.5
    validation: float = 0.1
    test_reviews: int | None = None


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train once per rate; return each one's held-out accuracy, the best one's test accuracy, and its seconds."""
    data = load_imdb(
        settings.num_words, settings.maxlen, padding="pre", validation=settings.validation,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    # Padding stands in front and is read as a word, as the tutorial has it.
    limits = {"train": settings.train_reviews, "validation": None, "test": settings.test_reviews}
    splits = {name: Sequences(data[name].x[:limit], data[name].y[:limit]) for name, limit in limits.items()}
    loss = binary_cross_entropy
    held_out: dict[float, float] = {}
    for rate in settings.rates:
        rng = np.random.default_rng(seed)
        model = Classifier("rnn", settings.num_words, settings.embedding, settings.hidden, rng=rng)
        history = fit_reviews(model, splits["train"], rate, settings, rng)
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


STUDY = Study(
    "imdb_numpy", Settings(), run, summarise, tolerance=0.05,
    check={"epochs": 1, "rates": (0.004,), "test_reviews": 1000},
)  # fmt: skip
