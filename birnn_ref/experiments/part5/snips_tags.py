"""Slots of what people say to an assistant (SNIPS): a BiLSTM with letters and a CRF, and a forward one of equal size.

The validation part chooses the epoch by its span F1; the test part is scored once, with the parameters of that epoch.
"""

from __future__ import annotations

from typing import Any

from birnn_ref.datasets import load_snips
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.tagging import Recipe, answers, sequences, spans_right, trained, true_tags
from birnn_ref.metrics import span_f1

SETTINGS = Recipe(
    embedding=64, char_embedding=24, filters=64, hidden=128, hidden_forward=202, dropout=0.5, word_dropout=0.1,
    epochs=18, batch=32, rate=0.004, train_sentences=None,
)  # fmt: skip
NAMES = ("both", "forward")


def run(seed: int, settings: Recipe) -> dict[str, Any]:
    """Train both networks; return their span F1 on the validation and the test part."""
    data = load_snips(min_count=settings.min_count)
    found: dict[str, Any] = {"source": data.source}
    for name in NAMES:
        model, history = trained(f"{name}_letters_crf", data, seed, settings, span_f1(data.tag_names))
        by_epoch = [round(entry["validation_span_f1"], 5) for entry in history]
        said = answers(model, sequences(data, "test"))
        right, of = spans_right(data.tag_names, true_tags(data, "test"), said)
        found[name] = {
            "parameters": parameter_count(model),
            "validation_f1": max(by_epoch),
            "test_f1": round(float(right.sum() / of.sum()), 5),
            "train_seconds": round(sum(entry["seconds"] for entry in history)),
        }
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Span F1 over the seeds, and how much more it is with two directions, seed by seed."""
    summary: dict[str, Any] = {
        name: {
            "parameters": runs[0][name]["parameters"],
            **{part: mean_and_interval([run[name][part] for run in runs]) for part in ("validation_f1", "test_f1")},
        }
        for name in NAMES
    }
    return summary | {"added": mean_and_interval([run["both"]["test_f1"] - run["forward"]["test_f1"] for run in runs])}


STUDY = Study(
    "snips_tags", SETTINGS, run, summarise, seeds=(0, 1, 2), tolerance=0.05,
    check={
        "epochs": 2, "train_sentences": 1000, "batch": 16, "rate": 0.01, "dropout": 0.2, "hidden": 32,
        "hidden_forward": 48,
    },
)  # fmt: skip
