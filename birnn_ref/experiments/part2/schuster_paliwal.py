"""Schuster and Paliwal's regression: one network per reading, set against the error that it cannot beat.

A forward network may answer late: with a delay of k steps it has seen k inputs after the one it answers for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.filters import FUTURE, PAST, error_floor, filter_task, filter_weights
from birnn_ref.experiments.networks.reader import Reader, parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import falling_rate, train


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    delays: tuple[int, ...] = (0, 2, 5, 10, 15, 19)
    hidden: int = 24
    equal_hidden: int = 35
    time: int = 80
    batch_size: int = 32
    steps: int = 2500
    rate: float = 0.01
    clip: float = 1.0
    test_sequences: int = 1000


MEAN = sum(filter_weights().values()) / 2
SCALE = float(np.sqrt(error_floor(0, -1)))  # seeing nothing, the least error is the targets' variance


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train one network per reading; return each one's error, its floor, and the floor on the very test set."""
    x, y = filter_task(settings.test_sequences, settings.time, np.random.default_rng(1000))
    plans = {f"forward, delay {delay}": ("forward", delay, settings.equal_hidden) for delay in settings.delays}
    plans |= {"backward": ("backward", 0, settings.equal_hidden), "both": ("both", 0, settings.hidden)}
    found: dict[str, Any] = {"source": "generated"}
    for name, (reading, delay, width) in plans.items():
        rng = np.random.default_rng(seed)
        model = Reader(reading, 1, width, 1, rng=rng)
        train(
            model, batches(settings.batch_size, settings.time, rng), partial(squared_error, delay=delay),
            schedule=falling_rate(settings.rate, settings.steps), steps=settings.steps, clip=settings.clip,
        )  # fmt: skip
        first, last = seen(reading, delay)
        found[name] = {
            "parameters": parameter_count(model),
            "error": float(f"{error(model.forward(centred(x)), y, delay):.4g}"),
            "floor": error_floor(first, last),
            "test_floor": float(f"{unavoidable(x, first, last):.4g}"),
        }
    return found


def batches(count: int, time: int, rng: np.random.Generator) -> Iterator[tuple[tuple[Float], Float]]:
    """Yield fresh inputs, centred, and their targets."""
    while True:
        x, y = filter_task(count, time, rng)
        yield (centred(x),), y


def centred(x: Float) -> Float:
    """Return the inputs as the networks read them."""
    return (x - 0.5).astype(np.float32)


def seen(reading: str, delay: int) -> tuple[int, int]:
    """Return the first and the last offset that a network has read when it answers."""
    return (-PAST if reading != "backward" else -delay, FUTURE if reading != "forward" else delay)


def residual(outputs: Float, y: Float, delay: int = 0) -> Float:
    """Return prediction minus target at every step that has a target, ``(sequences, steps)``."""
    inner = slice(PAST, outputs.shape[1] - FUTURE)
    answers = outputs[:, inner.start + delay : inner.stop + delay, 0]
    wrong: Float = MEAN + SCALE * answers.astype(np.float64) - y[:, inner, 0]
    return wrong


def error(outputs: Float, y: Float, delay: int = 0) -> float:
    """Return the mean squared error at the steps that have a target."""
    return float(np.mean(residual(outputs, y, delay) ** 2))


def squared_error(outputs: Float, y: Float, delay: int = 0) -> tuple[float, Float]:
    """Return the mean squared error in units of the targets' variance, and its gradient ``(batch, time, 1)``."""
    wrong = residual(outputs, y, delay) / SCALE
    d_outputs = np.zeros_like(outputs)
    d_outputs[:, PAST + delay : PAST + delay + wrong.shape[1], 0] = 2 * wrong / wrong.size
    return float(np.mean(wrong**2)), d_outputs


def unavoidable(x: Any, first: int, last: int) -> float:
    """Return the error on these inputs of the best model that sees the offsets from first to last."""
    stop = x.shape[1] - FUTURE
    unseen = [(d, w) for d, w in filter_weights().items() if not first <= d <= last]
    missed = sum((w * (x[:, PAST + d : stop + d] - 0.5) for d, w in unseen), np.zeros(1))
    return float(np.mean(np.square(missed)))


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Each network's error over the seeds and its floor, in thousandths."""
    names = [name for name in runs[0] if name != "source"]
    return {
        name.replace(", ", "_").replace(" ", "_"): {
            "error": mean_and_interval([run[name]["error"] * 1e3 for run in runs]),
            "floor": round(runs[0][name]["floor"] * 1e3, 5),
            "test_floor": round(runs[0][name]["test_floor"] * 1e3, 5),
            "parameters": runs[0][name]["parameters"],
        }
        for name in names
    }


STUDY = Study(
    "schuster_paliwal", Settings(), run, summarise, tolerance=0.0001,
    check={"delays": (0,), "steps": 60, "test_sequences": 50},
)  # fmt: skip
