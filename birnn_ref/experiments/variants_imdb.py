"""BRNN, BiLSTM and BiGRU of equal recurrent size on film reviews: all of them, each cell at its own rate.

The states are averaged over the words, as in `reader_model`; no model sees n-gram scores. Rates are chosen from one
grid on the held-out reviews of another seed, and each training's epoch on those of its own.
"""

from __future__ import annotations

from typing import Any

from birnn_ref.experiments.review_readers import Arm, accuracy, compare, reviews, train_arms, tune_arms

# ``rate``: what `tune` chose of ``rates``; the first and the last were tried where the next one was the best so far.
SETTINGS: dict[str, Any] = {
    "num_words": 2000, "maxlen": 50, "embedding": 32, "hidden": {"rnn": 48, "lstm": 19, "gru": 23},
    "rates": [0.0015, 0.003, 0.006, 0.012, 0.024], "rate": {"rnn": 0.003, "lstm": 0.006, "gru": 0.024},
    "dropout": 0.3, "batch_size": 128, "epochs": 4, "clip": 1.0, "train_reviews": None, "test_reviews": None,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {
    "hidden": {"lstm": 19}, "rate": {"lstm": 0.006}, "epochs": 1, "train_reviews": 1500, "test_reviews": 500,
}  # fmt: skip
TOLERANCE = 0.05


def run(
    seed: int, *, hidden: dict[str, int], rates: list[float], rate: dict[str, float], num_words: int, maxlen: int,
    train_reviews: int | None, test_reviews: int | None, **training: Any,
) -> dict[str, Any]:  # fmt: skip
    """Train every cell once; return its figures and which test reviews it is right about."""
    found = reviews(seed, num_words, maxlen, train_reviews, test_reviews)
    trained = train_arms(seed, arms(hidden), rate, found, num_words=num_words, **training)
    return {"source": found.data.source} | {cell: figures for cell, _, figures in trained}


def tune(*, hidden: dict[str, int], rates: list[float], rate: Any, **settings: Any) -> dict[str, float]:
    """Return ``rate``: for each cell the best of ``rates`` on a tuning seed's held-out reviews."""
    return tune_arms(arms(hidden), rates, **settings)


def arms(hidden: dict[str, int]) -> dict[str, Arm]:
    """Return the contestants, by their cell."""
    return {cell: Arm(cell, "mean", width) for cell, width in hidden.items()}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy of each cell, and of each gated one less the simple one's, paired; the gated ones compared."""
    summary: dict[str, Any] = {cell: accuracy(runs, cell) for cell in SETTINGS["hidden"]}
    summary["gain"] = {cell: compare(runs, cell, "rnn") for cell in ("lstm", "gru")}
    summary["gru_minus_lstm"] = compare(runs, "gru", "lstm")
    return summary
