"""Whole reviews as one would do it at work: the chapter's own scripts, in PyTorch and in Keras, run in full.

What is stored is what the scripts of ``book/part3_keras_imdb/code`` write, so the chapter shows the code that was run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from birnn_ref.experiments.results import ResultError
from birnn_ref.experiments.study import Study

SCRIPTS = Path(__file__).parents[3] / "book" / "part3_keras_imdb" / "code"
TEST_REVIEWS = 25_000


@dataclass(frozen=True)
class Settings:
    """What a run uses; the rest stands in the scripts."""

    script: str = "torch_birnn.py"
    cell: str = "lstm"
    epochs: int = 3
    reviews: int | None = None


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Run one script in a process of its own and return what it has written."""
    script = SCRIPTS / settings.script
    if not script.exists():
        raise ResultError(f"{script} is missing: this study runs in a checkout of the book")
    with tempfile.TemporaryDirectory() as folder:
        command: list[Any] = [sys.executable, script, "--cell", settings.cell, "--seed", seed, "--out", folder]
        command += ["--epochs", settings.epochs]
        command += ["--reviews", settings.reviews] if settings.reviews else []
        subprocess.run(list(map(str, command)), check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
        found: dict[str, Any] = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
        return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy of the one seed, and the half-width of its 95 % interval over the test reviews."""
    (only,) = runs
    p = only["test_accuracy"]
    test = {"mean": p, "half_width": round(1.96 * (p * (1 - p) / TEST_REVIEWS) ** 0.5, 5)}
    return {"test": test, "best_epoch": only["best_epoch"]}


STUDY = Study(
    "at_work_torch", Settings(), run, summarise, seeds=(0,), tolerance=0.05, check={"reviews": 200, "epochs": 1},
)  # fmt: skip
STUDIES = (
    STUDY,
    STUDY.variant(
        "at_work_keras", "The same job by the chapter's script in Keras, in two epochs.",
        script="keras_birnn.py", epochs=2,
    ),
)  # fmt: skip
