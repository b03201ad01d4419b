"""Whole reviews as one would do it at work: the chapter's own scripts, in PyTorch and in Keras, run in full.

What is stored is what the scripts of ``book/part3_keras_imdb/code`` write, so the chapter shows the code that was run.
Beside the PyTorch script's network stand a bag of n-grams fitted on the same reviews (`ngram_bag`), and both: the two
logits weighted by a logistic regression that is fitted on the held-out reviews.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from birnn_ref.experiments.paired import over_seeds_and_items, pack, unpack
from birnn_ref.experiments.results import ResultError
from birnn_ref.experiments.study import Study

SCRIPTS = Path(__file__).parents[3] / "book" / "part3_keras_imdb" / "code"
TEST_REVIEWS = 25_000
WORDS = 30_000
"""As in the scripts."""


@dataclass(frozen=True)
class Settings:
    """What a run uses; the rest stands in the scripts."""

    script: str = "torch_birnn.py"
    cell: str = "gru"
    epochs: int = 5
    orders: int = 3
    strength: float = 0.1
    reviews: int | None = None


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Run one script in a process of its own, and return what it has written.

    If it has stored its logits, ``network``, ``bag`` and ``both`` say which test reviews each is right about, in an
    order that is the same for every seed.
    """
    script = SCRIPTS / settings.script
    if not script.exists():
        raise ResultError(f"{script} is missing: this study runs in a checkout of the book")
    with tempfile.TemporaryDirectory() as folder:
        command: list[Any] = [sys.executable, script, "--cell", settings.cell, "--seed", seed, "--out", folder]
        command += ["--epochs", settings.epochs]
        command += ["--reviews", settings.reviews] if settings.reviews else []
        subprocess.run(list(map(str, command)), check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
        found: dict[str, Any] = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
        if (Path(folder) / "logits.npz").exists():
            with np.load(Path(folder) / "logits.npz") as logits:
                found |= beside_the_bag(seed, settings, dict(logits))
        return found


def beside_the_bag(seed: int, settings: Settings, network: dict[str, Any]) -> dict[str, Any]:
    """Return the answers of the network, of a bag fitted on the same reviews, and of both.

    Parameters
    ----------
    seed : int
        The script's: it deals out the same reviews.
    settings : Settings
    network : dict of float arrays ``(reviews,)``
        The logits on ``"validation"`` and ``"test"``.
    """
    from sklearn.linear_model import LogisticRegression

    from birnn_ref.datasets import load_imdb
    from birnn_ref.experiments.part3.ngram_bag import score_reviews

    data = load_imdb(WORDS, rng=np.random.default_rng(seed))
    reviews = {name: list(data[name].x[: settings.reviews]) for name in data.splits}
    labels = {name: data[name].y[: settings.reviews] for name in data.splits}
    scored = score_reviews(
        reviews, labels["train"], WORDS, orders=settings.orders, strength=settings.strength, folds=2,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    pairs = {name: np.stack([z, scored[name].totals()], axis=1) for name, z in network.items()}  # (reviews, 2)
    weighed = LogisticRegression().fit(pairs["validation"], labels["validation"])
    logits = {
        "network": pairs["test"][:, 0],
        "bag": pairs["test"][:, 1],
        "both": weighed.decision_function(pairs["test"]),
    }
    order = sorted(range(len(reviews["test"])), key=lambda i: reviews["test"][i].tobytes())
    found: dict[str, Any] = {"weights": [round(float(w), 4) for w in weighed.coef_[0]]}
    for name, z in logits.items():
        right = (z > 0) == (labels["test"] > 0)
        found[name] = {
            "test_accuracy": round(float(right.mean()), 5),
            "test_reviews": len(order),
            "right_bits": pack(right[order]),
        }
        print(f"seed {seed} {name}: {found[name]['test_accuracy']}", flush=True)
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy of the network, the bag and both, and their differences, paired by seed and by review."""
    names = ("network", "bag", "both")
    right = {
        name: np.array([unpack(run[name]["right_bits"], run[name]["test_reviews"]) for run in runs], float)
        for name in names
    }
    summary: dict[str, Any] = {name: over_seeds_and_items(right[name]) for name in names}
    summary["network_minus_bag"] = over_seeds_and_items(right["network"] - right["bag"])
    summary["both_minus_bag"] = over_seeds_and_items(right["both"] - right["bag"])
    summary["best_epoch"] = [run["best_epoch"] for run in runs]
    return summary


def summarise_one(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy of the one seed, and the half-width of its 95 % interval over the test reviews."""
    (only,) = runs
    p = only["test_accuracy"]
    test = {"mean": p, "half_width": round(1.96 * (p * (1 - p) / TEST_REVIEWS) ** 0.5, 5)}
    return {"test": test, "best_epoch": only["best_epoch"]}


STUDY = Study(
    "at_work_torch", Settings(), run, summarise, tolerance=0.05, check={"reviews": 200, "epochs": 1, "orders": 1}
)
STUDIES = (
    STUDY,
    replace(
        STUDY.variant(
            "at_work_keras", "The same job by the chapter's script in Keras, in two epochs; it stores no logits.",
            script="keras_birnn.py", cell="lstm", epochs=2,
        ),
        summarise=summarise_one, seeds=(0,), check={"reviews": 200, "epochs": 1},
    ),
)  # fmt: skip
