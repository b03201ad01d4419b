"""Say at an ambiguous word which sense it has, when the telling clause comes before it or after it.

Four networks of equal recurrent size: forward, backward, both directions, and a forward one that may answer late, at
the sentence's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.ambiguous import WORDS, Ambiguous, ambiguous_sentences
from birnn_ref.experiments.networks.reader import Reader, parameter_count
from birnn_ref.experiments.paired import Bools
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import falling_rate, train
from birnn_ref.layers import Layer
from birnn_ref.losses import softmax_cross_entropy


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    features: int = 16
    hidden: int = 16
    equal_hidden: int = 26
    batch_twins: int = 16
    steps: int = 600
    rate: float = 0.01
    clip: float = 1.0
    test_twins: int = 1000
    noise: tuple[float, ...] = (0.1, 0.2, 0.4)


NAMES = ("forward", "backward", "both", "forward, at the end")


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train the four networks; return their accuracies on both kinds of sentence, with noise, and their sizes."""
    test = ambiguous_sentences(settings.test_twins, np.random.default_rng(1000))
    noisy = [with_noise(test, share, np.random.default_rng(1001)) for share in settings.noise]
    found: dict[str, Any] = {"source": "generated"}
    for name in NAMES:
        reading, _, late = name.partition(", ")
        ask = at_the_end if late else at_the_word
        rng = np.random.default_rng(seed)
        width = settings.hidden if reading == "both" else settings.equal_hidden
        model = Reader(reading, settings.features, width, 2, num_words=len(WORDS), rng=rng)
        batches = (((batch.x, batch.lengths), ask(batch)) for batch in sentences(settings.batch_twins, rng))
        train(
            model, batches, loss_at_the_question, schedule=falling_rate(settings.rate, settings.steps),
            steps=settings.steps, clip=settings.clip,
        )  # fmt: skip
        right = is_right(model, ask(test))
        found[name] = {
            "recurrent_parameters": parameter_count(model.recurrent),
            "told_before": round(float(right[~test.after].mean()), 5),
            "told_after": round(float(right[test.after].mean()), 5),
            "with_noise": [round(float(is_right(model, ask(batch)).mean()), 5) for batch in noisy],
        }
    return found


def sentences(twins: int, rng: np.random.Generator, most_fillers: int = 3) -> Iterator[Ambiguous]:
    """Yield batches of fresh sentences."""
    while True:
        yield ambiguous_sentences(twins, rng, most_fillers)


def at_the_word(batch: Ambiguous) -> Ambiguous:
    """Ask for each sentence's sense at the ambiguous word."""
    return batch


def at_the_end(batch: Ambiguous) -> Ambiguous:
    """Ask for each sentence's sense at its last word."""
    return batch._replace(position=batch.lengths - 1)


def with_noise(batch: Ambiguous, share: float, rng: np.random.Generator) -> Ambiguous:
    """Replace each word but the ambiguous one by any word of the vocabulary, with probability ``share``."""
    steps = np.arange(batch.x.shape[1])
    hit = rng.random(batch.x.shape) < share
    hit &= (steps < batch.lengths[:, None]) & (steps != batch.position[:, None])
    return batch._replace(x=np.where(hit, rng.integers(1, len(WORDS), size=batch.x.shape), batch.x))


def loss_at_the_question(outputs: Float, batch: Ambiguous) -> tuple[float, Float]:
    """Return the mean cross-entropy where each sentence is asked, and its gradient ``(batch, time, senses)``."""
    asked = np.arange(len(batch.x)), batch.position
    d_outputs = np.zeros_like(outputs)
    loss, d_outputs[asked] = softmax_cross_entropy(outputs[asked], batch.sense)
    return loss, d_outputs


def is_right(model: Layer, batch: Ambiguous, lengths: bool = True) -> Bools:
    """Return which sentences get their sense where they are asked, ``(sentences,)``; lengths may be kept from it."""
    outputs = model.forward(batch.x, batch.lengths if lengths else None)
    right: Bools = outputs[np.arange(len(batch.x)), batch.position].argmax(axis=1) == batch.sense
    return right


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy over the seeds, by network and kind of sentence; under noise, both directions less one that waits."""
    summary: dict[str, Any] = {
        name.replace(", ", "_").replace(" ", "_"): {
            kind: mean_and_interval([run[name][kind] for run in runs]) for kind in ("told_before", "told_after")
        }
        | {"with_noise": [mean_and_interval(found) for found in _by_share(runs, name)]}
        for name in NAMES
    }
    two, one = (np.array(_by_share(runs, name)) for name in ("both", "forward, at the end"))  # (shares, seeds)
    summary["both_minus_waiting"] = [mean_and_interval(found) for found in two - one]
    return summary


def _by_share(runs: list[dict[str, Any]], name: str) -> list[list[float]]:
    return [list(found) for found in zip(*(run[name]["with_noise"] for run in runs), strict=True)]


STUDY = Study(
    "disambiguation", Settings(), run, summarise,
    check={"steps": 20, "test_twins": 100, "noise": (0.2,)},
)  # fmt: skip
