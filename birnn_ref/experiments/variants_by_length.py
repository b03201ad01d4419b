"""BRNN, BiLSTM and BiGRU of equal size by length: every step names the first and the last symbol of its sequence.

Each step shows one of four symbols. The first and the last step are marked. At every step the network must say which
symbol stood at the first and which at the last: one answer comes only from the past, the other only from the future.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.experiments.readers import Reader, falling_rate, parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.train import Adam, clip_gradients

# The rates are the best of 0.002, 0.005, 0.01, 0.02 and 0.04 at lengths 20 and 80 on seed 100, not among SEEDS.
SETTINGS: dict[str, Any] = {
    "hidden": {"rnn": 49, "lstm": 24, "gru": 28}, "rates": {"rnn": 0.02, "lstm": 0.04, "gru": 0.02},
    "lengths": [10, 20, 40, 80, 160], "batch": 32, "steps": 300, "clip": 1.0, "test": 200,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"lengths": [10], "steps": 30}
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
    seed: int, *, hidden: dict[str, int], rates: dict[str, float], lengths: list[int], batch: int, steps: int,
    clip: float, test: int,
) -> dict[str, Any]:  # fmt: skip
    """Train every cell anew at every length; return what it gets right on fresh sequences."""
    found: dict[str, Any] = {"source": "generated"}
    for cell, width in hidden.items():
        models = [train(seed, cell, width, length, rates[cell], batch, steps, clip) for length in lengths]
        tests = [draw(np.random.default_rng(1_000 + length), test, length) for length in lengths]
        found[cell] = {
            "parameters": parameter_count(models[0]),
            "lengths": [score(model, *drawn) for model, drawn in zip(models, tests, strict=True)],
        }
    return found


def train(
    seed: int, cell: str, width: int, length: int, rate: float, batch: int = 32, steps: int = 300, clip: float = 1.0
) -> Reader:
    """Train one network on fresh sequences."""
    rng = np.random.default_rng([seed, length])
    model = Reader("both", SYMBOLS + 1, width, 2 * SYMBOLS, cell=cell, rng=rng)
    optimiser = Adam(model, rate)
    for step in range(steps):
        optimiser.rate = falling_rate(step, steps, rate)
        x, ends = draw(rng, batch, length)
        logits = model.forward(x)
        targets = np.repeat(ends[:, None], length, axis=1)
        halves = [softmax_cross_entropy(logits[..., half], targets[..., k])[1] for k, half in enumerate(HALVES)]
        model.backward(np.concatenate(halves, axis=2))
        clip_gradients(model, clip)
        optimiser.step()
    return model


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
    """For each cell: its parameters; by length, the share of steps with both answers right, and by distance."""
    summary: dict[str, Any] = {}
    for cell in SETTINGS["hidden"]:
        columns = list(zip(*(run[cell]["lengths"] for run in runs), strict=True))
        summary[cell] = {
            "parameters": runs[0][cell]["parameters"],
            "both": [mean_and_interval([part["both"] for part in column]) for column in columns],
            "by_distance": [
                np.mean([part["by_distance"] for part in column], axis=0).round(5).tolist() for column in columns
            ],
        }
    return summary
