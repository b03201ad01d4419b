"""The small model that the page "Read a review with a BRNN" runs in the browser: a BiGRU whose states are averaged.

Each state is read by the same linear readout, so the logit of a text is the mean of its words' logits, and each of
those is a sum: what the forward direction says there, what the backward one says, and the bias.
`tools/reader_model.py` trains the first seed once more and writes its weights for the page.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets import load_imdb
from birnn_ref.datasets.reviews import ReviewData
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.inspect import Contributions, direction_contributions
from birnn_ref.layers import Bidirectional
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import Adam, Sequences, evaluate, fit, linear_decay

SETTINGS: dict[str, Any] = {
    "num_words": 2000, "maxlen": 50, "cell": "gru", "embedding": 16, "hidden": 16, "dropout": 0.3, "batch_size": 64,
    "epochs": 3, "rate": 0.01, "clip": 1.0, "train_reviews": None, "test_reviews": None,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"epochs": 1, "train_reviews": 2000, "test_reviews": 500}
TOLERANCE = 0.05
EXAMPLE = "the story is slow but the end is wonderful"


def train(seed: int, settings: dict[str, Any]) -> tuple[Classifier, ReviewData, list[dict[str, float]]]:
    """Train once; the model keeps the epoch with the least loss on held-out reviews.

    Returns
    -------
    model : Classifier
    data : ReviewData
    history : list of dict
        One an epoch, as `fit` returns it.
    """
    data = load_imdb(settings["num_words"], settings["maxlen"], padding="post", rng=np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    sizes = {name: settings[name] for name in ("num_words", "embedding", "hidden", "dropout")}
    model = Classifier(settings["cell"], **sizes, pooling="mean", rng=rng)
    reviews = _sequences(data, "train", settings["train_reviews"])
    steps = settings["epochs"] * -(-len(reviews) // settings["batch_size"])
    history = fit(
        model, reviews, loss=binary_cross_entropy, optimiser=Adam(model), epochs=settings["epochs"],
        batch_size=settings["batch_size"], rng=rng, validation=_sequences(data, "validation"), clip=settings["clip"],
        schedule=linear_decay(settings["rate"], steps),
    )  # fmt: skip
    return model, data, history


def run(seed: int, **settings: Any) -> dict[str, Any]:
    """Train once; the test reviews are scored once, at the epoch that the held-out ones choose."""
    model, data, history = train(seed, settings)
    test = _sequences(data, "test", settings["test_reviews"])
    parts = read(model, data.encode(EXAMPLE)[1:])
    return {
        "source": data.source,
        "parameters": sum(value.size for _, value in model.named_parameters()),
        "validation_accuracy": [round(entry["validation_accuracy"], 5) for entry in history],
        "validation_loss": [round(entry["validation_loss"], 5) for entry in history],
        "test_accuracy": round(evaluate(model, test, loss=binary_cross_entropy)["accuracy"], 5),
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


def held_out(seed: int, settings: dict[str, Any]) -> Sequences:
    """Return the reviews that a seed keeps from training."""
    data = load_imdb(settings["num_words"], settings["maxlen"], padding="post", rng=np.random.default_rng(seed))
    return _sequences(data, "validation")


def _plain(values: Float) -> list[float]:
    return values.ravel().astype(np.float64).round(5).tolist()


def _sequences(data: ReviewData, split: str, limit: int | None = None) -> Sequences:
    part = data[split]
    return Sequences(part.x[:limit], part.y[:limit], part.lengths[:limit])


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy over the seeds, and the parameter count."""
    return {"test": mean_and_interval([run["test_accuracy"] for run in runs]), "parameters": runs[0]["parameters"]}
