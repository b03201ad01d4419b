"""Parts of speech in English from the web (UD English-EWT): both directions, one, no letters.

The networks with letters are of equal size, and softmax chooses each word's tag. The validation part chooses the epoch;
the test part is scored once. The opponent without a network sees two words on each side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from birnn_ref.datasets import load_ud
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.paired import over_seeds_and_items
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.tagging import (
    Recipe,
    answers,
    by_sentence,
    counts,
    peak_mb,
    sequences,
    trained,
    true_tags,
    words_right,
)
from birnn_ref.experiments.window_tagger import window_answers

WINDOW = (2, 2)


@dataclass(frozen=True)
class Settings(Recipe):
    """What a run uses."""

    networks: tuple[str, ...] = ("both_letters", "forward_letters", "both")


def accuracy(true: list[Any], said: list[Any]) -> float:
    """Return the share of words that are right: the metric that `fit` chooses the epoch by."""
    right, of = words_right(true, said)
    return float(right.sum() / of.sum())


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train the networks; return the share of words that is right, on the validation and the test part."""
    found: dict[str, Any] = {"source": load_ud(min_count=settings.min_count, progress=False).source}
    found |= {name: run_one(name, seed, settings) for name in settings.networks}
    return found | {
        "window": _opponent(settings.train_sentences),
        "peak_mb": peak_mb(),
    }


def run_one(name: str, seed: int, recipe: Recipe) -> dict[str, Any]:
    """Train one network; return its figures."""
    data = load_ud(min_count=recipe.min_count, progress=False)
    part, true = data["test"], true_tags(data, "test")
    seen = {word for words in (data["train"].words or ())[: recipe.train_sentences] for word in words}
    new = np.array([word not in seen for words in part.words or () for word in words])
    model, history = trained(name, data, seed, recipe, accuracy)
    said = answers(model, sequences(data, "test"))
    right = np.concatenate(said) == np.concatenate(true)
    return {
        "parameters": parameter_count(model),
        "validation": round(max(entry["validation_accuracy"] for entry in history), 5),
        **counts(*words_right(true, said)),
        "new_words": round(float(right[new].mean()), 5),
        "train_seconds": round(sum(entry["seconds"] for entry in history)),
    }


@cache
def _opponent(count: int | None) -> dict[str, Any]:
    data = load_ud(progress=False)
    return counts(*words_right(true_tags(data, "test"), window_answers(data, *WINDOW, count)))


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy, and differences of it, over seeds and test sentences."""
    names = [name for name, value in runs[0].items() if isinstance(value, dict) and "parameters" in value]
    tables = {name: np.stack([by_sentence(run[name]) for run in runs]) for name in (*names, "window")}
    both, forward, window = (tables[name] for name in ("both_letters", "forward_letters", "window"))
    summary: dict[str, Any] = {
        name: {
            "parameters": runs[0][name]["parameters"],
            "validation": mean_and_interval([run[name]["validation"] for run in runs]),
            "test": over_seeds_and_items(tables[name]),
            "new_words": mean_and_interval([run[name]["new_words"] for run in runs]),
            "train_seconds": max(run[name]["train_seconds"] for run in runs),
        }
        for name in names
    }
    if "both" in tables:
        summary |= {"letters": over_seeds_and_items(both - tables["both"])}
    return summary | {
        "window": {"test": over_seeds_and_items(window)},
        "second_direction": over_seeds_and_items(both - forward),
        "minus_window": {
            "both": over_seeds_and_items(both - window),
            "forward": over_seeds_and_items(forward - window),
        },
        "peak_mb": max(run["peak_mb"] for run in runs),
    }


STUDY = Study(
    "ud_tags", Settings(word_dropout=0.1), run, summarise, tolerance=0.06,
    check={"epochs": 2, "train_sentences": 500, "hidden": 24}, about="Parts of speech from 2,000 sentences of UD-EWT.",
)  # fmt: skip
STUDIES = (
    STUDY,
    replace(
        STUDY.variant(
            "ud_tags_whole", "The same from all sentences, by larger networks with letters.",
            networks=STUDY.settings.networks[:2], train_sentences=None, embedding=64, char_embedding=24, filters=100,
            width=5, hidden=100, word_dropout=0.25, batch=32, rate=0.005, epochs=16,
        ), seeds=(0, 1, 2), check={**STUDY.check, "embedding": 32, "filters": 32, "rate": 0.01, "batch": 16},
    ),
)  # fmt: skip
