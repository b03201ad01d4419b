"""What normalisation between two bidirectional layers does to training: none, layer, and batch normalisation.

The task is `disambiguation`'s. Batch normalisation comes in two forms: with padded steps among what it averages, as a
layer does that is not told the lengths, and without them. In use both take running averages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.datasets.tasks.ambiguous import WORDS, ambiguous_sentences
from birnn_ref.experiments.networks.normed_reader import NORMS, NormedReader
from birnn_ref.experiments.part2.disambiguation import is_right, loss_at_the_question, sentences
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import falling_rate, train


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    features: int = 16
    hidden: int = 16
    most_fillers: int = 6
    batch_twins: int = 8
    steps: int = 300
    clip: float = 1.0
    rates: tuple[float, ...] = (0.003, 0.01, 0.03)
    test_twins: int = 300


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train each network at each rate; return the accuracies and the mean losses of the last tenth of the steps."""
    test = ambiguous_sentences(settings.test_twins, np.random.default_rng(1000), settings.most_fillers)
    found: dict[str, Any] = {"source": "generated"}
    for norm in NORMS:
        found[norm] = {"accuracy": [], "loss": []}
        for rate in settings.rates:
            rng = np.random.default_rng(seed)
            model = NormedReader(norm, len(WORDS), settings.features, settings.hidden, 2, rng=rng)
            fresh = sentences(settings.batch_twins, rng, settings.most_fillers)
            course = train(
                model, (((batch.x, batch.lengths), batch) for batch in fresh), loss_at_the_question,
                schedule=falling_rate(rate, settings.steps), steps=settings.steps, clip=settings.clip, rng=rng,
            )  # fmt: skip
            last = course.losses[-max(1, settings.steps // 10) :]
            found[norm]["accuracy"].append(round(float(is_right(model, test).mean()), 5))
            found[norm]["loss"].append(round(float(np.mean(last)), 5))
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy over the seeds, for each normalisation and rate; and less what the same seed reached without any."""
    accuracy = {norm: np.array([run[norm]["accuracy"] for run in runs]).T for norm in NORMS}  # (rates, seeds)
    summary: dict[str, Any] = {norm: [mean_and_interval(seeds) for seeds in accuracy[norm]] for norm in NORMS}
    summary["minus_none"] = {
        norm: [mean_and_interval(seeds) for seeds in accuracy[norm] - accuracy["none"]] for norm in NORMS[1:]
    }
    return summary


STUDY = Study(
    "normalisation", Settings(), run, summarise,
    check={"steps": 15, "test_twins": 50, "rates": (0.01,)},
)  # fmt: skip
