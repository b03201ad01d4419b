"""Schuster and Paliwal's regression: one network a reading, set against the error that it cannot pass.

A forward network may answer late: with a delay of k steps it has seen k inputs after the one it answers for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref.datasets.tasks.filters import FUTURE, PAST, error_floor, filter_task, filter_weights
from birnn_ref.experiments.readers import Reader, falling_rate, parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.train import Adam, clip_gradients

SETTINGS: dict[str, Any] = {
    "delays": [0, 2, 5, 10, 15, 19], "hidden": 24, "equal_hidden": 35, "time": 80, "batch_size": 32, "steps": 2500,
    "rate": 0.01, "clip": 1.0, "test_sequences": 1000,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"delays": [0], "steps": 60, "test_sequences": 50}
TOLERANCE = 1e-4
MEAN = sum(filter_weights().values()) / 2
SCALE = float(np.sqrt(error_floor(0, -1)))  # seeing nothing, the least error is the targets' variance


def run(
    seed: int, *, delays: list[int], hidden: int, equal_hidden: int, time: int, batch_size: int, steps: int,
    rate: float, clip: float, test_sequences: int,
) -> dict[str, Any]:  # fmt: skip
    """Train a network a reading; return each one's error, its floor, and the floor on the very test set."""
    x, y = filter_task(test_sequences, time, np.random.default_rng(1000))
    plans = {f"forward, delay {delay}": ("forward", delay, equal_hidden) for delay in delays}
    plans |= {"backward": ("backward", 0, equal_hidden), "both": ("both", 0, hidden)}
    found: dict[str, Any] = {"source": "generated"}
    for name, (reading, delay, width) in plans.items():
        rng = np.random.default_rng(seed)
        model = Reader(reading, 1, width, 1, rng=rng)
        optimiser = Adam(model, rate)
        for step in range(steps):
            optimiser.rate = falling_rate(step, steps, rate)
            batch_x, batch_y = filter_task(batch_size, time, rng)
            _step(model, batch_x, batch_y, delay)
            clip_gradients(model, clip)
            optimiser.step()
        first, last = seen(reading, delay)
        found[name] = {
            "parameters": parameter_count(model),
            "error": float(f"{np.mean(residual(model, x, y, delay) ** 2):.4g}"),
            "floor": error_floor(first, last),
            "test_floor": float(f"{unavoidable(x, first, last):.4g}"),
        }
    return found


def seen(reading: str, delay: int) -> tuple[int, int]:
    """Return the first and the last offset that a network has read when it answers."""
    return (-PAST if reading != "backward" else -delay, FUTURE if reading != "forward" else delay)


def residual(model: Reader, x: Any, y: Any, delay: int) -> Any:
    """Return prediction minus target at every step that has a target, ``(sequences, steps)``."""
    inner = slice(PAST, x.shape[1] - FUTURE)
    answers = model.forward((x - 0.5).astype(np.float32))[:, inner.start + delay : inner.stop + delay, 0]
    return MEAN + SCALE * answers.astype(np.float64) - y[:, inner, 0]


def unavoidable(x: Any, first: int, last: int) -> float:
    """Return the error on these inputs of the best model that sees the offsets from first to last."""
    stop = x.shape[1] - FUTURE
    unseen = [(d, w) for d, w in filter_weights().items() if not first <= d <= last]
    missed = sum((w * (x[:, PAST + d : stop + d] - 0.5) for d, w in unseen), np.zeros(1))
    return float(np.mean(np.square(missed)))


def _step(model: Reader, x: Any, y: Any, delay: int) -> None:
    """Leave the gradient of the mean squared error, in units of the targets' variance, in the model."""
    wrong = residual(model, x, y, delay) / SCALE
    d_outputs = np.zeros((*x.shape[:2], 1), np.float32)
    d_outputs[:, PAST + delay : PAST + delay + wrong.shape[1], 0] = 2 * wrong / wrong.size
    model.backward(d_outputs)


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
