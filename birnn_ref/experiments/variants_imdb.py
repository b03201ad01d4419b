"""BRNN, BiLSTM and BiGRU of equal recurrent size on film reviews, by the recipe of `imdb_properly`, made small.

Of the training reviews 8,000 are used, for three epochs; the rate and the averaging fit the fewer steps. No model sees
n-gram scores. The figures stand beside each other, not beside those of `imdb_properly`.
"""

from __future__ import annotations

from typing import Any

from birnn_ref.experiments import imdb_properly
from birnn_ref.experiments.results import mean_and_interval

SETTINGS: dict[str, Any] = {
    "num_words": 2000, "maxlen": 50, "embedding": 128, "hidden": {"rnn": 64, "lstm": 21, "gru": 26}, "batch_size": 64,
    "epochs": 3, "learning_rate": 4e-3, "weight_decay": 1e-2, "word_dropout": 0.1, "dropout": 0.5, "average": 0.98,
    "train_reviews": 8000, "test_reviews": None,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {
    "hidden": {"lstm": 21}, "batch_size": 32, "learning_rate": 1e-2, "average": 0.9, "train_reviews": 1500,
    "test_reviews": 1000,
}  # fmt: skip
TOLERANCE = 0.05


def run(seed: int, *, hidden: dict[str, int], **recipe: Any) -> dict[str, Any]:
    """Train every cell once; the test reviews are scored once each, at the epoch that the held-out ones choose."""
    found: dict[str, Any] = {}
    for cell, width in hidden.items():
        result = imdb_properly.run(seed, hidden=width, models=[cell], ngrams=1, **recipe)
        found |= {"source": result["source"], "device": result["device"], cell: result[cell]}
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy of each cell over the seeds, and of each gated one less the simple one's with the same seed."""
    accuracy = {cell: [run[cell]["test_accuracy"] for run in runs] for cell in SETTINGS["hidden"]}
    summary: dict[str, Any] = {cell: mean_and_interval(values) for cell, values in accuracy.items()}
    summary["gain"] = {
        cell: mean_and_interval([value - simple for value, simple in zip(accuracy[cell], accuracy["rnn"], strict=True)])
        for cell in ("lstm", "gru")
    }
    return summary
