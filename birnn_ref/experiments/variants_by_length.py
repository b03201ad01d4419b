"""BRNN, BiLSTM and BiGRU of equal size by length: every step names the first and the last symbol of its sequence.

Each step shows one of four symbols. The first and the last step are marked. At every step the network must say which
symbol stood at the first and which at the last: one answer comes only from the past, the other only from the future.
The BiLSTM has a second start, `chrono`, whose forget biases fit the length.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.experiments.adding_problem import chrono_bias
from birnn_ref.experiments.rates import Trial, choose_rate
from birnn_ref.experiments.readers import Reader, falling_rate, parameter_count
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.train import Adam, clip_gradients

# ``rate``: for each arm, by length, the one of ``rates`` that `tune` chose with a third of the steps.
SETTINGS: dict[str, Any] = {
    "hidden": {"rnn": 49, "lstm": 24, "lstm_chrono": 24, "gru": 28}, "lengths": [20, 40, 80, 160],
    "rates": [0.02, 0.005, 0.01, 0.04, 0.08],
    "rate": {
        "rnn": [0.01, 0.02, 0.02, 0.02], "lstm": [0.02, 0.08, 0.08, 0.04], "lstm_chrono": [0.08, 0.08, 0.04, 0.08],
        "gru": [0.08, 0.08, 0.08, 0.08],
    },
    "batch": 32, "steps": 3000, "clip": 1.0, "every": 25, "test": 200,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {
    "lengths": [10], "rate": {"rnn": [0.02], "lstm": [0.02], "lstm_chrono": [0.02], "gru": [0.02]}, "steps": 25,
}  # fmt: skip
STOP = 0.999
"""Training stops when it names both symbols at so large a share of the steps of fresh sequences."""
SOLVED = 0.99
"""A run counts as solved if it then names both at such a share of the steps of other sequences."""
SYMBOLS = 4
PARTS = 10
"""Into how many equal parts of a sequence distances are sorted."""


def draw(rng: np.random.Generator, count: int, length: int) -> tuple[Float, Int]:
    """Draw sequences ``(count, length, 5)``, symbol and mark of each step, and their end symbols ``(count, 2)``."""
    symbols = rng.integers(0, SYMBOLS, (count, length))
    x = np.zeros((count, length, SYMBOLS + 1), np.float32)
    np.put_along_axis(x, symbols[:, :, None], 1, axis=2)
    x[:, [0, -1], SYMBOLS] = 1
    return x, symbols[:, [0, -1]]


def run(
    seed: int, *, hidden: dict[str, int], lengths: list[int], rates: list[float], rate: dict[str, list[float]],
    test: int, **training: Any,
) -> dict[str, Any]:  # fmt: skip
    """Train every arm anew at every length; return its steps, and what it gets right on fresh sequences."""
    found: dict[str, Any] = {"source": "generated"}
    for arm, width in hidden.items():
        found[arm] = {"lengths": []}
        for length, its_rate in zip(lengths, rate[arm], strict=True):
            model, steps = train(seed, arm, width, length, its_rate, **training)
            drawn = draw(np.random.default_rng(1_000 + length), test, length)
            found[arm]["lengths"].append({"steps": steps, **score(model, *drawn)})
            found[arm]["parameters"] = parameter_count(model)
        print(f"seed {seed} {arm}: {[(f['steps'], f['both']) for f in found[arm]['lengths']]}", flush=True)
    return found


def train(
    seed: int, arm: str, width: int, length: int, rate: float, *, batch: int = 32, steps: int = 3000,
    clip: float = 1.0, every: int = 25, limit: int | None = None,
) -> tuple[Reader, int]:  # fmt: skip
    """Train one network on fresh sequences until it names both symbols; return it and the steps that it took.

    The rate falls over ``steps``; ``limit`` ends training before them.
    """
    rng = np.random.default_rng([seed, length])
    model = Reader("both", SYMBOLS + 1, width, 2 * SYMBOLS, cell=arm.split("_")[0], rng=rng)
    if arm == "lstm_chrono":
        for bias in model.recurrent.params["b_h"]:  # of each direction
            bias[:] = chrono_bias(rng, width, length)
    optimiser = Adam(model, rate)
    held_out = draw(np.random.default_rng([seed, length, 1]), 64, length)
    step = 0
    while step < (steps if limit is None else limit):
        optimiser.rate = falling_rate(step, steps, rate)
        x, ends = draw(rng, batch, length)
        logits = model.forward(x)  # (batch, time, 2 * SYMBOLS)
        targets = np.repeat(ends[:, None], length, axis=1)  # (batch, time, 2)
        halves = [softmax_cross_entropy(logits[..., half], targets[..., k])[1] for k, half in enumerate(HALVES)]
        model.backward(np.concatenate(halves, axis=2))
        clip_gradients(model, clip)
        optimiser.step()
        step += 1
        if step % every == 0 and score(model, *held_out)["both"] >= STOP:
            break
    return model, step


def tune(
    *, hidden: dict[str, int], lengths: list[int], rates: list[float], rate: Any, test: int, steps: int, **training: Any
) -> dict[str, list[float]]:
    """Return ``rate``: for each arm, by length, the best of ``rates`` on the tuning seeds."""
    chosen: dict[str, list[float]] = {}
    for arm, width in hidden.items():
        chosen[arm] = []
        for length in lengths:

            def trial(
                seed: int, its_rate: float, limit: int, arm: str = arm, width: int = width, length: int = length
            ) -> Trial:
                model, taken = train(seed, arm, width, length, its_rate, steps=steps, limit=limit, **training)
                both = score(model, *draw(np.random.default_rng([seed, length, 2]), test, length))["both"]
                return Trial(taken, both >= SOLVED, 1 - both)

            chosen[arm].append(choose_rate(rates, steps, trial))
        print(f"{arm} ({width} units each way): {chosen[arm]}", flush=True)
    return chosen


HALVES = (slice(0, SYMBOLS), slice(SYMBOLS, 2 * SYMBOLS))
"""Which outputs name the first symbol, and which the last."""


def score(model: Reader, x: Float, ends: Int) -> dict[str, Any]:
    """Return the share of steps with both answers right, and that of right answers by distance.

    A step t of a sequence of T is t - 1 steps from the first symbol and T - t from the last.
    """
    logits = model.forward(x)
    first, last = (logits[..., half].argmax(axis=2) == ends[:, None, k] for k, half in enumerate(HALVES))
    by_distance = (first.mean(axis=0) + last.mean(axis=0)[::-1]) / 2
    return {
        "both": round(float(np.mean(first & last)), 5),
        "by_distance": [round(float(part.mean()), 5) for part in np.array_split(by_distance, PARTS)],
    }


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """For each arm: its parameters; by length, how many seeds solved it, the median of their steps and of their scores.

    ``by_distance`` is the mean over the seeds. A seed that did not solve it counts as having needed more steps than any
    other; where it is the median one, ``steps`` is none.
    """
    summary: dict[str, Any] = {}
    for arm in SETTINGS["hidden"]:
        both, steps = (np.array([[part[k] for part in run[arm]["lengths"]] for run in runs]) for k in ("both", "steps"))
        median = np.median(np.where(both >= SOLVED, steps, np.inf), axis=0)
        distances = np.array([[part["by_distance"] for part in run[arm]["lengths"]] for run in runs])
        summary[arm] = {
            "parameters": runs[0][arm]["parameters"],
            "solved": (both >= SOLVED).sum(axis=0).tolist(),
            "steps": [int(s) if np.isfinite(s) else None for s in median],
            "both": np.median(both, axis=0).round(5).tolist(),
            "by_distance": distances.mean(axis=0).round(5).tolist(),
        }
    return summary
