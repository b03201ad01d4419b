"""The small model that the page "Read a review with a BRNN" runs in the browser: a BiGRU whose states are averaged.

Each state is read by the same linear readout, so the logit of a text is the mean of its words' logits, and each of
those is a sum: what the forward direction says there, what the backward one says, and the bias.
`tools/reader_model.py` trains the first seed once more and writes its weights for the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.reviews import Fitting, Reviews, fit_reviews, reviews
from birnn_ref.experiments.study import Study
from birnn_ref.inspect import Contributions, direction_contributions
from birnn_ref.layers import Bidirectional
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import evaluate


@dataclass(frozen=True)
class Settings(Fitting):
    """What a run uses."""

    cell: str = "gru"
    embedding: int = 16
    hidden: int = 16
    dropout: float = 0.3
    batch_size: int = 64
    epochs: int = 3
    rate: float = 0.01
    test_reviews: int | None = None


EXAMPLE = "the story is slow but the end is wonderful"


def train(seed: int, settings: Settings) -> tuple[Classifier, Reviews, list[dict[str, float]]]:
    """Train once; the model keeps the epoch with the least loss on held-out reviews.

    Returns
    -------
    model : Classifier
    found : Reviews
        What it was trained on.
    history : list of dict
        One per epoch, as `fit` returns it.
    """
    found = reviews(seed, settings, settings.test_reviews)
    rng = np.random.default_rng(seed)
    model = Classifier(
        settings.cell, settings.num_words, settings.embedding, settings.hidden, dropout=settings.dropout,
        pooling="mean", rng=rng,
    )  # fmt: skip
    history = fit_reviews(model, found.splits["train"], settings.rate, settings, rng, found.splits["validation"])
    return model, found, history


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train once; the test reviews are scored once, at the epoch that the held-out ones choose."""
    model, (data, splits), history = train(seed, settings)
    parts = read(model, data.encode(EXAMPLE)[1:])
    return {
        "source": data.source,
        "parameters": parameter_count(model),
        "validation_accuracy": [round(entry["validation_accuracy"], 5) for entry in history],
        "validation_loss": [round(entry["validation_loss"], 5) for entry in history],
        "test_accuracy": round(evaluate(model, splits["test"], loss=binary_cross_entropy)["accuracy"], 5),
        "example": {
            "words": EXAMPLE.split(),
            "forward": _plain(parts.forward),
            "backward": _plain(parts.backward),
            "y": _plain(parts.total),
            "logit": round(float(parts.total.mean()), 5),
        },
    }


def read(model: Classifier, ids: Int) -> Contributions:
    """Return what each direction adds at each word of one text ``(time,)``, as arrays ``(1, time, 1)``."""
    (layer,) = model.summary.stack.children.values()
    assert isinstance(layer, Bidirectional)
    readout = model.readout.params
    return direction_contributions(layer, readout["W"], readout["b"], model.words.forward(ids[None]))


def _plain(values: Float) -> list[float]:
    return values.ravel().astype(np.float64).round(5).tolist()


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy over the seeds, and the parameter count."""
    return {"test": mean_and_interval([run["test_accuracy"] for run in runs]), "parameters": runs[0]["parameters"]}


STUDY = Study(
    "reader_model", Settings(), run, summarise, tolerance=0.05,
    check={"epochs": 1, "train_reviews": 2000, "test_reviews": 500},
)  # fmt: skip
