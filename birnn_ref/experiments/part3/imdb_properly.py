"""The last rows of `imdb_ablation`, trained for longer: twice the epochs, in batches of half the size.

Regularised networks learn slowly. This study asks whether what the ablation says of dropout, of n-gram scores and of
order still holds once they have had their time. One rate serves all three; it is within the ablation's best for each.
"""

from __future__ import annotations

from typing import Any

from birnn_ref.experiments.part3 import imdb_ablation
from birnn_ref.experiments.part3.imdb_ablation import BY_WORD
from birnn_ref.experiments.reviews import accuracy, compare
from birnn_ref.experiments.study import Study

SCORES = {"pooling": "mean_max", "dropout": 0.5, "word_dropout": 0.1, "one_cycle": True, "ngrams": 3}
SETTINGS = imdb_ablation.Settings(
    rows={"plain": {**SCORES, "ngrams": 0}, "scores": SCORES, "scores_by_word": {"from": "scores", **BY_WORD}},
    rates=(0.003,),
    rate={"plain": 0.003, "scores": 0.003, "scores_by_word": 0.003},
    batch_size=64,
    epochs=6,
    average=0.99,
)


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy of each row; what the scores add, what order adds, and the difference from the bag; all paired."""
    summary: dict[str, Any] = {name: accuracy(runs, name) for name in ("plain", "scores", "scores_by_word", "bag")}
    summary["gain"] = {"scores": compare(runs, "scores", "plain")}
    summary["order"] = {"scores": compare(runs, "scores", "scores_by_word")}
    summary["minus_bag"] = {name: compare(runs, name, "bag") for name in ("scores", "scores_by_word")}
    return summary


STUDY = Study(
    "imdb_properly", SETTINGS, imdb_ablation.run, summarise, tolerance=0.05,
    about="The last rows of the ablation on film reviews, trained for longer.",
    check={
        "rows": {"scores": SCORES}, "rate": {"scores": 0.003}, "bag": {"ngrams": 2, "strengths": (0.1,), "alpha": 1.0},
        "epochs": 1, "average": 0.9, "train_reviews": 1000, "test_reviews": 500,
    },
)  # fmt: skip
