"""BRNN, BiLSTM and BiGRU of equal size by length: every step names the first and the last symbol of its sequence.

Each step shows one of four symbols. The first and the last step are marked. At every step the network must say which
symbol stood at the first and which at the last: one answer comes only from the past, the other only from the future.
The BiLSTM has a second start, `chrono`, whose forget biases fit the length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.experiments import training
from birnn_ref.experiments.networks.reader import Reader, parameter_count
from birnn_ref.experiments.part1.adding_problem import chrono_bias
from birnn_ref.experiments.rates import Trial, choose_rate
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.experiments.training import Batches, falling_rate
from birnn_ref.losses import softmax_cross_entropy


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    hidden: dict[str, int] = mapping(rnn=49, lstm=24, lstm_chrono=24, gru=28)
    lengths: tuple[int, ...] = (20, 40, 80, 160)
    rates: tuple[float, ...] = (0.02, 0.005, 0.01, 0.04, 0.08)
    # For each arm, by length, the one of ``rates`` that `tune` chose with a third of the steps.
    rate: dict[str, tuple[float, ...]] = mapping(
        rnn=(0.01, 0.02, 0.02, 0.02),
        lstm=(0.02, 0.08, 0.08, 0.04),
        lstm_chrono=(0.08, 0.08, 0.04, 0.08),
        gru=(0.08, 0.08, 0.08, 0.08),
    )
    batch: int = 32
    steps: int = 3000
    clip: float = 1.0
    every: int = 25
    test: int = 200


SETTINGS = Settings()
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


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every arm from scratch at every length; return its steps, and what it gets right on fresh sequences."""
    found: dict[str, Any] = {"source": "generated"}
    for arm in settings.hidden:
        found[arm] = {"lengths": []}
        for length, rate in zip(settings.lengths, settings.rate[arm], strict=True):
            model, steps = train(seed, arm, length, rate, settings)
            drawn = draw(np.random.default_rng(1_000 + length), settings.test, length)
            found[arm]["lengths"].append({"steps": steps, **score(model, *drawn)})
            found[arm]["parameters"] = parameter_count(model)
        print(f"seed {seed} {arm}: {[(f['steps'], f['both']) for f in found[arm]['lengths']]}", flush=True)
    return found


def train(
    seed: int, arm: str, length: int, rate: float, settings: Settings, limit: int | None = None
) -> tuple[Reader, int]:
    """Train one network on fresh sequences until it names both symbols; return it and the steps that it took.

    The rate falls over ``steps``; ``limit`` ends training before them.
    """
    rng = np.random.default_rng([seed, length])
    width = settings.hidden[arm]
    model = Reader("both", SYMBOLS + 1, width, 2 * SYMBOLS, cell=arm.split("_")[0], rng=rng)
    if arm == "lstm_chrono":
        for bias in model.recurrent.params["b_h"]:  # of each direction
            bias[:] = chrono_bias(rng, width, length)
    held_out = draw(np.random.default_rng([seed, length, 1]), 64, length)
    course = training.train(
        model, batches(rng, settings.batch, length), loss_of_both, schedule=falling_rate(rate, settings.steps),
        steps=settings.steps if limit is None else limit, clip=settings.clip, every=settings.every,
        score=lambda: score(model, *held_out)["both"], solved=lambda share: share >= STOP,
    )  # fmt: skip
    return model, course.steps


def batches(rng: np.random.Generator, count: int, length: int) -> Batches:
    """Yield fresh sequences and their end symbols."""
    while True:
        x, ends = draw(rng, count, length)
        yield (x,), ends


def loss_of_both(logits: Float, ends: Int) -> tuple[float, Float]:
    """Return the mean cross-entropy of both answers at every step, and its gradient ``(batch, time, 2 * SYMBOLS)``."""
    targets = np.repeat(ends[:, None], logits.shape[1], axis=1)  # (batch, time, 2)
    halves = [softmax_cross_entropy(logits[..., half], targets[..., k]) for k, half in enumerate(HALVES)]
    return sum(loss for loss, _ in halves), np.concatenate([d_logits for _, d_logits in halves], axis=2)


def tune(settings: Settings) -> dict[str, list[float]]:
    """Return ``rate``: for each arm, by length, the best of ``rates`` on the tuning seeds."""
    chosen: dict[str, list[float]] = {}
    for arm, width in settings.hidden.items():
        chosen[arm] = []
        for length in settings.lengths:

            def trial(seed: int, rate: float, limit: int, arm: str = arm, length: int = length) -> Trial:
                model, taken = train(seed, arm, length, rate, settings, limit)
                both = score(model, *draw(np.random.default_rng([seed, length, 2]), settings.test, length))["both"]
                return Trial(taken, both >= SOLVED, 1 - both)

            chosen[arm].append(choose_rate(settings.rates, settings.steps, trial))
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
    for arm in SETTINGS.hidden:
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


STUDY = Study(
    "variants_by_length", SETTINGS, run, summarise, tune=tune,
    check={
        "lengths": (10,), "rate": {"rnn": (0.02,), "lstm": (0.02,), "lstm_chrono": (0.02,), "gru": (0.02,)},
        "steps": 25,
    },
)  # fmt: skip
