"""BRNN, BiLSTM and BiGRU of equal recurrent size on film reviews: all of them, each cell at its own rate.

The states are averaged over the words, as in `reader_model`; no model sees n-gram scores. Rates are chosen from one
grid on the held-out reviews of another seed, and each training's epoch on those of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from birnn_ref.experiments.reviews import Arm, ArmSettings, accuracy, compare, reviews, train_arms, tune_arms
from birnn_ref.experiments.study import Study, mapping


@dataclass(frozen=True)
class Settings(ArmSettings):
    """What a run uses."""

    embedding: int = 32
    hidden: dict[str, int] = mapping(rnn=48, lstm=19, gru=23)
    rates: Sequence[float] = (0.0015, 0.003, 0.006, 0.012, 0.024)
    # What `tune` chose of ``rates``; the first and the last were tried where the next one was the best so far.
    rate: dict[str, float] = mapping(rnn=0.003, lstm=0.006, gru=0.024)
    epochs: int = 4


SETTINGS = Settings()


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every cell once; return its figures and which test reviews it is right about."""
    found = reviews(seed, settings, settings.test_reviews)
    trained = train_arms(seed, arms(settings), found, settings)
    return {"source": found.data.source} | {cell: figures for cell, _, figures in trained}


def tune(settings: Settings) -> dict[str, float]:
    """Return ``rate``: for each cell the best of ``rates`` on a tuning seed's held-out reviews."""
    return tune_arms(arms(settings), settings)


def arms(settings: Settings) -> dict[str, Arm]:
    """Return the contestants, by their cell."""
    return {cell: Arm(cell, "mean", width) for cell, width in settings.hidden.items()}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy of each cell, and of each gated one less the simple one's, paired; the gated ones compared."""
    summary: dict[str, Any] = {cell: accuracy(runs, cell) for cell in SETTINGS.hidden}
    summary["gain"] = {cell: compare(runs, cell, "rnn") for cell in ("lstm", "gru")}
    summary["gru_minus_lstm"] = compare(runs, "gru", "lstm")
    return summary


STUDY = Study(
    "variants_imdb", SETTINGS, run, summarise, tolerance=0.05, tune=tune,
    check={"hidden": {"lstm": 19}, "rate": {"lstm": 0.006}, "epochs": 1, "train_reviews": 1500, "test_reviews": 500},
)  # fmt: skip
