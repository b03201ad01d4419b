"""One direction against two, at equal width and at equal size, on a task that needs the future and one that does not.

The first task is `schuster_paliwal`'s; the second has the same weights on the past and the present input, and none on
the future. Errors are shares of the target's variance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.filters import FUTURE, PAST, filter_weights
from birnn_ref.experiments.networks.reader import Reader, parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import falling_rate, train


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    hidden: int = 24
    equal_hidden: int = 35
    time: int = 60
    batch_size: int = 32
    steps: int = 400
    rate: float = 0.01
    clip: float = 1.0
    test_sequences: int = 300
    every: int = 25


TASKS = {"needs_future": FUTURE, "past_only": 0}
"""The last offset that a target depends on."""
GOAL = 0.05
"""Learned: the error is within this share of the target's variance."""


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train three networks on both tasks; return their errors by step, their sizes and the seconds they took."""
    found: dict[str, Any] = {"source": "generated"}
    for task, last in TASKS.items():
        x_test, y_test = draw(settings.test_sequences, settings.time, last, np.random.default_rng(1000))
        found[task] = {}
        for name, reading, width in (
            ("forward_same_width", "forward", settings.hidden),
            ("forward_same_size", "forward", settings.equal_hidden),
            ("both", "both", settings.hidden),
        ):
            rng = np.random.default_rng(seed)
            model = Reader(reading, 1, width, 1, rng=rng)
            score = partial(_error, model, x_test, y_test)
            course = train(
                model, batches(settings.batch_size, settings.time, last, rng), squared_error,
                schedule=falling_rate(settings.rate, settings.steps, first=1), steps=settings.steps, clip=settings.clip,
                every=settings.every, score=score,
            )  # fmt: skip
            found[task][name] = {
                "parameters": parameter_count(model), "errors": course.scores, "seconds": round(course.seconds, 2),
            }  # fmt: skip
    return found


def batches(count: int, time: int, last: int, rng: np.random.Generator) -> Iterator[tuple[tuple[Float], Float]]:
    """Yield fresh inputs and their targets, as `draw` draws them."""
    while True:
        x, y = draw(count, time, last, rng)
        yield (x,), y


def squared_error(outputs: Float, y: Float) -> tuple[float, Float]:
    """Return the mean squared error at the steps that have a target, and its gradient ``(batch, time, 1)``."""
    inner = slice(PAST, outputs.shape[1] - FUTURE)
    wrong = outputs[:, inner] - y
    d_outputs = np.zeros_like(outputs)
    d_outputs[:, inner] = 2 * wrong / wrong.size
    return float(np.mean(wrong.astype(np.float64) ** 2)), d_outputs


def _error(model: Reader, x: Float, y: Float) -> float:
    return round(squared_error(model.forward(x), y)[0], 5)


def draw(count: int, time: int, last: int, rng: np.random.Generator) -> tuple[Float, Float]:
    """Draw centred inputs, and the targets with offsets up to ``last``, scaled to variance one."""
    x = rng.random((count, time, 1)) - 0.5
    weights = {d: w for d, w in filter_weights().items() if d <= last}
    y = sum(w * x[:, PAST + d : time - FUTURE + d] for d, w in weights.items())
    y = y / np.sqrt(sum(w**2 for w in weights.values()) / 12)
    return x.astype(np.float32), y.astype(np.float32)


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The last error and the steps to the goal, for each task and network; None where a run does not get there."""
    summary: dict[str, Any] = {}
    for task in TASKS:
        summary[task] = {}
        for name in runs[0][task]:
            errors = [run[task][name]["errors"] for run in runs]
            reached = [next((k + 1 for k, e in enumerate(es) if e < GOAL), None) for es in errors]
            summary[task][name] = {
                "error": mean_and_interval([es[-1] for es in errors]),
                "checkpoints_to_goal": reached,
                "parameters": runs[0][task][name]["parameters"],
            }
    return summary


STUDY = Study(
    "equal_size", Settings(), run, summarise,
    check={"steps": 30, "test_sequences": 30, "every": 30},
)  # fmt: skip
