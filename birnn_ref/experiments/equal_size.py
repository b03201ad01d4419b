"""One direction against two, at equal width and at equal size, on a task that needs the future and one that does not.

The first task is `schuster_paliwal`'s; the second has the same weights on the past and the present input, and none on
the future. Errors are shares of the target's variance.
"""

from __future__ import annotations

import time as clock
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.filters import FUTURE, PAST, filter_weights
from birnn_ref.experiments.readers import Reader, falling_rate, parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.train import Adam, clip_gradients

SETTINGS: dict[str, Any] = {
    "hidden": 24, "equal_hidden": 35, "time": 60, "batch_size": 32, "steps": 400, "rate": 0.01, "clip": 1.0,
    "test_sequences": 300, "every": 25,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"steps": 30, "test_sequences": 30, "every": 30}
TASKS = {"needs_future": FUTURE, "past_only": 0}
"""The last offset that a target depends on."""
GOAL = 0.05
"""Learned: the error is within this share of the target's variance."""


def run(
    seed: int, *, hidden: int, equal_hidden: int, time: int, batch_size: int, steps: int, rate: float, clip: float,
    test_sequences: int, every: int,
) -> dict[str, Any]:  # fmt: skip
    """Train three networks on both tasks; return their errors by step, their sizes and the seconds they took."""
    found: dict[str, Any] = {"source": "generated"}
    for task, last in TASKS.items():
        x_test, y_test = draw(test_sequences, time, last, np.random.default_rng(1000))
        found[task] = {}
        for name, reading, width in (
            ("forward_same_width", "forward", hidden),
            ("forward_same_size", "forward", equal_hidden),
            ("both", "both", hidden),
        ):
            rng = np.random.default_rng(seed)
            model = Reader(reading, 1, width, 1, rng=rng)
            optimiser = Adam(model, rate)
            errors, spent = [], 0.0
            for step in range(1, steps + 1):
                start = clock.process_time()
                optimiser.rate = falling_rate(step, steps, rate)
                x, y = draw(batch_size, time, last, rng)
                wrong = model.forward(x)[:, PAST : time - FUTURE] - y
                d_outputs = np.zeros((batch_size, time, 1), np.float32)
                d_outputs[:, PAST : time - FUTURE] = 2 * wrong / wrong.size
                model.backward(d_outputs)
                clip_gradients(model, clip)
                optimiser.step()
                spent += clock.process_time() - start
                if step % every == 0:
                    wrong = model.forward(x_test)[:, PAST : time - FUTURE] - y_test
                    errors.append(round(float(np.mean(wrong.astype(np.float64) ** 2)), 5))
            found[task][name] = {"parameters": parameter_count(model), "errors": errors, "seconds": round(spent, 2)}
    return found


def draw(count: int, time: int, last: int, rng: np.random.Generator) -> tuple[Float, Float]:
    """Draw centred inputs, and the targets with offsets up to ``last``, scaled to variance one."""
    x = rng.random((count, time, 1)) - 0.5
    weights = {d: w for d, w in filter_weights().items() if d <= last}
    y = sum(w * x[:, PAST + d : time - FUTURE + d] for d, w in weights.items())
    y = y / np.sqrt(sum(w**2 for w in weights.values()) / 12)
    return x.astype(np.float32), y.astype(np.float32)


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The last error and the steps to the goal, a task and a network; None where a run does not get there."""
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
