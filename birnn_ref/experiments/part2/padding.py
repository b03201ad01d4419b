"""What padding does to a bidirectional tagger that is trained or used without lengths, by the size of its batches.

The task is `disambiguation`'s, with more empty phrases, so that lengths differ more. A batch is padded to its own
longest sentence; the larger it is, the more padding its short sentences get.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Int
from birnn_ref.datasets.tasks.ambiguous import WORDS, Ambiguous, ambiguous_sentences
from birnn_ref.experiments.networks.reader import Reader
from birnn_ref.experiments.part2.disambiguation import is_right, loss_at_the_question, sentences
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import falling_rate, train


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    features: int = 16
    hidden: int = 16
    most_fillers: int = 8
    batch_twins: int = 16
    steps: int = 500
    rate: float = 0.01
    clip: float = 1.0
    test_twins: int = 500
    batch_sizes: tuple[int, ...] = (1, 2, 4, 8, 32, 128)


PLANS = {
    "with lengths": (True, True),
    "trained with lengths, used without": (True, False),
    "without lengths": (False, False),
}
"""Whether lengths are given in training, and in use."""


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train with and without lengths; return the accuracies by the size of the batches in use."""
    test = ambiguous_sentences(settings.test_twins, np.random.default_rng(1000), settings.most_fillers)
    order = np.random.default_rng(1001).permutation(len(test.x))
    models = {told: trained(seed, settings, told) for told in (True, False)}
    found: dict[str, Any] = {"source": "generated"}
    for name, (in_training, in_use) in PLANS.items():
        found[name] = [accuracy(models[in_training], test, order, size, in_use) for size in settings.batch_sizes]
    return found


def trained(seed: int, settings: Settings, told: bool) -> Reader:
    """Return a bidirectional reader that was told the lengths in training, or not."""
    rng = np.random.default_rng(seed)
    model = Reader("both", settings.features, settings.hidden, 2, num_words=len(WORDS), rng=rng)
    fresh = sentences(settings.batch_twins, rng, settings.most_fillers)
    batches = (((batch.x, batch.lengths if told else None), batch) for batch in fresh)
    train(
        model, batches, loss_at_the_question, schedule=falling_rate(settings.rate, settings.steps),
        steps=settings.steps, clip=settings.clip,
    )  # fmt: skip
    return model


def accuracy(model: Reader, test: Ambiguous, order: Int, size: int, lengths: bool) -> float:
    """Return the share of right answers when sentences come in batches of a size, each cut to its longest."""
    right = []
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        batch = Ambiguous(test.x[rows], test.lengths[rows], test.position[rows], test.sense[rows], test.after[rows])
        right.append(is_right(model, batch._replace(x=batch.x[:, : batch.lengths.max()]), lengths))
    return round(float(np.concatenate(right).mean()), 5)


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy over the seeds, for each plan and batch size."""
    return {
        name.replace(", ", "_").replace(" ", "_"): [
            mean_and_interval(list(values)) for values in zip(*(run[name] for run in runs), strict=True)
        ]
        for name in PLANS
    }


STUDY = Study(
    "padding", Settings(), run, summarise,
    check={"steps": 20, "test_twins": 50, "batch_sizes": (1, 8)},
)  # fmt: skip
