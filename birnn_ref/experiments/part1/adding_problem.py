"""The adding problem (Hochreiter and Schmidhuber, 1997): how many steps of training each cell needs, by length.

Each step of a sequence holds a number from U(0, 1) and a mark. Two steps are marked, one in each half; the target is
the sum of their two numbers. A model that always answers 1 has a mean squared error of 1/6, the variance of that sum.
The first mark lies up to a whole sequence back, so the length says how far a gradient must travel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.experiments import training
from birnn_ref.experiments.networks.last_state import LastState
from birnn_ref.experiments.rates import Trial, choose_rate
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.layers import Dense, Recurrent


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    hidden: dict[str, int] = mapping(rnn=49, lstm=24, lstm_chrono=24, gru=28)
    lengths: tuple[int, ...] = (10, 20, 40, 80, 160)
    rates: tuple[float, ...] = (0.01, 0.003, 0.03, 0.1, 0.001)
    # For each arm, by length, the one of ``rates`` that `tune` chose.
    rate: dict[str, tuple[float, ...]] = mapping(
        rnn=(0.01, 0.003, 0.003, 0.001, 0.003),
        lstm=(0.03, 0.03, 0.03, 0.03, 0.03),
        lstm_chrono=(0.1, 0.1, 0.1, 0.03, 0.1),
        gru=(0.1, 0.1, 0.03, 0.1, 0.1),
    )
    batch: int = 32
    steps: int = 4000
    clip: float = 1.0
    test: int = 500
    every: int = 50


SETTINGS = Settings()
SOLVED = 0.01
"""The error below which a run counts as solved, and stops: a seventeenth of 1/6."""


def draw(rng: np.random.Generator, count: int, length: int) -> tuple[Float, Float]:
    """Draw sequences ``(count, length, 2)``, the number and the mark of each step, and their targets ``(count, 1)``."""
    values = rng.uniform(size=(count, length)).astype(np.float32)
    marks = np.zeros_like(values)
    rows = np.arange(count)
    first = rng.integers(0, length // 2, count)
    second = rng.integers(length // 2, length, count)
    marks[rows, first] = marks[rows, second] = 1
    return np.stack([values, marks], axis=2), (values * marks).sum(axis=1, keepdims=True)


def chrono_bias(rng: np.random.Generator, hidden: int, length: int) -> Float:
    """Biases that give an LSTM's units memories of 1 to ``length`` steps (Tallec and Ollivier, 2018), in order i f g o.

    A forget gate of bias b keeps for about 1 + e^b steps; the input gate gets -b, so that a unit that keeps long takes
    in little.
    """
    forget = np.log(rng.uniform(1, length - 1, hidden))
    return np.concatenate([-forget, forget, np.zeros(2 * hidden)]).astype(np.float32)


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train each arm at every length until it is solved; return its parameters, and its course at each length."""
    found: dict[str, Any] = {"source": "generated"}
    for arm, width in settings.hidden.items():
        each = zip(settings.lengths, settings.rate[arm], strict=True)
        courses = [train(seed, arm, length, rate, settings) for length, rate in each]
        parameters = sum(
            value.size for value in Recurrent(arm.split("_")[0], 2, width, rng=np.random.default_rng(0)).params.values()
        )
        found[arm] = {"parameters": parameters, "errors": courses}
        print(f"seed {seed} {arm}: {[len(course) for course in courses]} checks", flush=True)
    return found


def train(seed: int, arm: str, length: int, rate: float, settings: Settings, limit: int | None = None) -> list[float]:
    """Train until fresh sequences are solved, or for ``steps``; return their errors, one every ``every`` steps.

    ``limit`` is set in place of ``steps`` where a rate is tried out.
    """
    rng = np.random.default_rng([seed, length])
    hidden = settings.hidden[arm]
    recurrent = Recurrent(arm.split("_")[0], 2, hidden, rng=rng)
    if arm == "lstm_chrono":
        recurrent.params["b_h"][:] = chrono_bias(rng, hidden, length)
    return until_solved(recurrent, rng, length, rate, settings, limit)


def until_solved(
    recurrent: Recurrent, rng: np.random.Generator, length: int, rate: float, settings: Any, limit: int | None
) -> list[float]:
    """Give a layer a readout and train both, as `train` says; ``settings`` has the fields that it needs."""
    model = LastState(recurrent, Dense(recurrent.hidden, 1, rng=rng))
    x_test, y_test = draw(np.random.default_rng(1_000 + length), settings.test, length)
    return training.train(
        model, batches(rng, settings.batch, length), squared_error, schedule=lambda step: rate,
        steps=settings.steps if limit is None else limit, clip=settings.clip, every=settings.every,
        score=lambda: round(float(np.mean((model.forward(x_test) - y_test) ** 2)), 5), solved=lambda e: e < SOLVED,
    ).scores  # fmt: skip


def batches(rng: np.random.Generator, count: int, length: int) -> Iterator[tuple[tuple[Float], Float]]:
    """Yield fresh sequences and their targets."""
    while True:
        x, y = draw(rng, count, length)
        yield (x,), y


def squared_error(answers: Float, y: Float) -> tuple[float, Float]:
    """Return the mean squared error and its gradient with respect to the answers, ``(batch, 1)``."""
    wrong = answers - y
    return float(np.mean(wrong**2)), 2 * wrong / len(wrong)


def tune(settings: Settings) -> dict[str, list[float]]:
    """Return ``rate``: for each arm, by length, the best of ``rates`` on the tuning seeds."""
    return best_rates(train, settings)


def best_rates(train: Callable[..., list[float]], settings: Any) -> dict[str, list[float]]:
    """Return the best of ``rates`` for each arm, by length; ``train`` takes what the one above takes."""
    chosen: dict[str, list[float]] = {}
    for arm, width in settings.hidden.items():
        chosen[arm] = []
        for length in settings.lengths:

            def trial(seed: int, rate: float, limit: int, arm: str = arm, length: int = length) -> Trial:
                errors = train(seed, arm, length, rate, settings, limit)
                last = errors[-1] if errors else 1.0
                return Trial(settings.every * len(errors), last < SOLVED, last)

            chosen[arm].append(choose_rate(settings.rates, settings.steps, trial))
        print(f"{arm} ({width} units): {chosen[arm]}", flush=True)
    return chosen


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """For each arm, by length: how many seeds solved it, the median of their steps, the median of the last errors.

    A seed that did not solve it counts as having needed more steps than any other; where it is the median one,
    ``steps`` is none.
    """
    summary: dict[str, Any] = {}
    for arm in SETTINGS.hidden:
        courses = [run[arm]["errors"] for run in runs]
        summary[arm] = {"parameters": runs[0][arm]["parameters"], **by_length(courses, SETTINGS.every)}
    return summary


def by_length(courses: list[list[list[float]]], every: int) -> dict[str, list[Any]]:
    """Return one arm's part of the summary, from its errors by seed and length, one ``every`` steps."""
    last = np.array([[errors[-1] for errors in course] for course in courses])
    steps = np.array([[every * len(errors) for errors in course] for course in courses])
    median = np.median(np.where(last < SOLVED, steps, np.inf), axis=0)
    return {
        "solved": (last < SOLVED).sum(axis=0).tolist(),
        "steps": [int(s) if np.isfinite(s) else None for s in median],
        "error": np.median(last, axis=0).round(5).tolist(),
    }


STUDY = Study(
    "adding_problem", SETTINGS, run, summarise, tune=tune,
    check={
        "lengths": (10,), "rate": {"rnn": (0.003,), "lstm": (0.01,), "lstm_chrono": (0.01,), "gru": (0.01,)},
        "steps": 50, "every": 25,
    },
)  # fmt: skip
