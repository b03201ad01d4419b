"""The tutorial's experiment: a bidirectional simple RNN on IMDb, each epoch scored on held-out and test reviews.

The tutorial trains on all 25,000 training reviews and uses the test set as its validation set. Setting
``validation`` to 0 repeats that; 0.1 holds a tenth out, so that an epoch can be chosen without the test set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    num_words: int = 2000
    maxlen: int = 50
    embedding: int = 128
    hidden: int = 64
    batch_size: int = 32
    epochs: int = 5
    validation: float = 0.0
    train_reviews: int | None = None
    test_reviews: int | None = None


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train once; return the history by epoch, the seconds per epoch, the parameter count and the backend."""
    from birnn_ref.experiments.networks.tutorial import Clock, Scorer, classifier
    from birnn_ref.twins.keras import BACKEND, keras

    data = load_imdb(
        settings.num_words, settings.maxlen, padding="pre", validation=settings.validation,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    train = data["train"].x[: settings.train_reviews], data["train"].y[: settings.train_reviews]
    scored = {
        name: (data[name].x[: settings.test_reviews], data[name].y[: settings.test_reviews])
        for name in data.splits
        if name != "train"
    }

    keras.utils.set_random_seed(seed)
    model = classifier(settings.num_words, settings.embedding, settings.hidden)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    clock = Clock()
    scorer = Scorer(scored)
    history = model.fit(
        *train, batch_size=settings.batch_size, epochs=settings.epochs, verbose=0, callbacks=[clock, scorer]
    ).history
    return {
        "backend": BACKEND,
        "source": data.source,
        "parameters": int(model.count_params()),
        "train_accuracy": [round(float(a), 5) for a in history["accuracy"]],
        "train_loss": [round(float(a), 5) for a in history["loss"]],
        **{f"{name}_accuracy": values for name, values in scorer.accuracy.items()},
        **{f"{name}_loss": values for name, values in scorer.loss.items()},
        "epoch_seconds": [round(s, 2) for s in clock.seconds],
    }


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy at the last epoch, at the best one, and at the one that held-out reviews choose."""
    test = np.array([run["test_accuracy"] for run in runs])
    train = np.array([run["train_accuracy"] for run in runs])
    picks = {"last": np.full(len(runs), test.shape[1] - 1), "best": test.argmax(axis=1)}
    if "validation_accuracy" in runs[0]:
        picks["chosen"] = np.array([run["validation_accuracy"] for run in runs]).argmax(axis=1)
    summary: dict[str, Any] = {"train_last": mean_and_interval(train[:, -1].tolist())}
    for name, epochs in picks.items():
        summary[name] = mean_and_interval(test[np.arange(len(runs)), epochs].tolist())
        summary[name]["epochs"] = (epochs + 1).tolist()
    summary["seconds"] = round(float(np.mean([sum(run["epoch_seconds"]) for run in runs])), 1)
    return summary


STUDY = Study(
    "imdb_tutorial", Settings(), run, summarise,
    check={"epochs": 1, "train_reviews": 1000, "test_reviews": 500},
)  # fmt: skip
STUDIES = (
    STUDY,
    STUDY.variant(
        "imdb_tutorial_held_out", "The same with a tenth of the training reviews held out, to choose the epoch by.",
        validation=0.1,
    ),
)  # fmt: skip
