"""Slots of what people say to an assistant (SNIPS), from 2,000 utterances: one direction or two, a CRF or a softmax.

All four networks read letters, and the two directions of a pair are of equal size. The validation part chooses the
epoch by its span F1; the test part is scored once, with the parameters of that epoch. Two opponents without a network
see a window of words: two on each side, or four before.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets import load_snips
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.paired import over_seeds_and_items
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.tagging import (
    Recipe,
    answers,
    by_sentence,
    counts,
    pack_tags,
    peak_mb,
    sequences,
    spans_right,
    trained,
    true_tags,
)
from birnn_ref.experiments.window_tagger import window_answers
from birnn_ref.metrics import span_f1

NAMES = ("both_letters_crf", "forward_letters_crf", "both_letters", "forward_letters")
"""As `birnn_ref.experiments.tagging.build` reads them."""
WINDOWS = {"window": (2, 2), "window_before": (4, 0)}
"""Words before and words after that each opponent sees."""
READ = ("both_letters_crf",)
"""Whose answers to the validation part are stored word by word, for the chapter to read."""


def run(seed: int, recipe: Recipe) -> dict[str, Any]:
    """Train the networks; return their span F1 on the validation and the test part, and the opponents' on the test."""
    found: dict[str, Any] = {"source": load_snips(min_count=recipe.min_count).source}
    found |= {name: run_one(name, seed, recipe) for name in NAMES}
    found |= {name: _opponent(name, recipe.train_sentences) for name in WINDOWS}
    return found | {"peak_mb": peak_mb()}


def run_one(name: str, seed: int, recipe: Recipe) -> dict[str, Any]:
    """Train one network; return its figures."""
    data = load_snips(min_count=recipe.min_count)
    model, history = trained(name, data, seed, recipe, span_f1(data.tag_names))
    said = answers(model, sequences(data, "test"))
    found = {
        "parameters": parameter_count(model),
        "validation": round(max(entry["validation_span_f1"] for entry in history), 5),
        **counts(*spans_right(data.tag_names, true_tags(data, "test"), said)),
        "train_seconds": round(sum(entry["seconds"] for entry in history)),
    }
    if name in READ:
        found["tags_by_sentence"] = pack_tags(answers(model, sequences(data, "validation")))
    return found


@cache
def _opponent(name: str, count: int | None) -> dict[str, Any]:
    """Return an opponent's figures; it draws nothing, and is the same for every seed."""
    data = load_snips()
    said = window_answers(data, *WINDOWS[name], count)
    return counts(*spans_right(data.tag_names, true_tags(data, "test"), said))


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Span F1, and differences of it, over seeds and test sentences."""
    tables = {name: np.stack([by_sentence(run[name]) for run in runs]) for name in (*NAMES, *WINDOWS)}

    def less(one: str, other: str) -> dict[str, float]:
        return over_seeds_and_items(tables[one] - tables[other])

    def second_direction(kind: str) -> Float:
        table: Float = tables[f"both{kind}"] - tables[f"forward{kind}"]
        return table

    summary: dict[str, Any] = {
        name: {
            "parameters": runs[0][name]["parameters"],
            "validation": mean_and_interval([run[name]["validation"] for run in runs]),
            "test": over_seeds_and_items(tables[name]),
            "train_seconds": max(run[name]["train_seconds"] for run in runs),
        }
        for name in NAMES
    } | {name: {"test": over_seeds_and_items(tables[name])} for name in WINDOWS}
    with_crf, with_softmax = second_direction("_letters_crf"), second_direction("_letters")
    summary["second_direction"] = {"crf": over_seeds_and_items(with_crf), "softmax": over_seeds_and_items(with_softmax)}
    summary["closed_by_crf"] = over_seeds_and_items(with_softmax - with_crf)
    summary["crf"] = {side: less(f"{side}_letters_crf", f"{side}_letters") for side in ("both", "forward")}
    summary["forward_crf_minus_both_softmax"] = less("forward_letters_crf", "both_letters")
    summary["minus_window"] = {name: less(name, "window") for name in NAMES}
    summary["window_minus_before"] = less("window", "window_before")
    summary["peak_mb"] = max(run["peak_mb"] for run in runs)
    return summary


STUDY = Study(
    "snips_directions", Recipe(), run, summarise, tolerance=0.08,
    check={"train_sentences": 800},
)  # fmt: skip
