"""What each gate of the LSTM is worth: it is held open for good, and the adding problem is trained until it is solved.

A gate with a huge bias is open, and stays so: where the sigmoid is flat no gradient reaches it. An LSTM whose forget
gate is open is the cell of 1997. The minimal gated unit stands beside them, with about as many weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.experiments.part1.adding_problem import best_rates, by_length, until_solved
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.layers import Recurrent


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    hidden: dict[str, int] = mapping(lstm=24, input=24, forget=24, output=24, mgu=34)
    lengths: tuple[int, ...] = (20,)
    rates: tuple[float, ...] = (0.03, 0.01, 0.1)
    # For each arm, by length, the one of ``rates`` that `tune` chose.
    rate: dict[str, tuple[float, ...]] = mapping(
        lstm=(0.03,), input=(0.03,), forget=(0.03,), output=(0.01,), mgu=(0.1,)
    )
    batch: int = 32
    steps: int = 1000
    clip: float = 1.0
    test: int = 500
    every: int = 50


SETTINGS = Settings()
OPEN = 1e4
"""A bias at which a gate is 1, whatever the rest of its sum."""
PLACE = {"input": 0, "forget": 1, "output": 3}
"""Where a gate's block stands among ``i f g o``."""


def recurrent(arm: str, hidden: int, rng: np.random.Generator) -> Recurrent:
    """Return an arm's layer: an LSTM, if the arm names a gate with that one held open, or the minimal gated unit."""
    layer = Recurrent("mgu" if arm == "mgu" else "lstm", 2, hidden, rng=rng)
    if arm in PLACE:
        block = slice(PLACE[arm] * hidden, (PLACE[arm] + 1) * hidden)
        layer.params["b_h"][block] = OPEN
    return layer


def train(seed: int, arm: str, length: int, rate: float, settings: Settings, limit: int | None = None) -> list[float]:
    """Train until fresh sequences are solved, or for ``steps``; return their errors, one every ``every`` steps."""
    rng = np.random.default_rng([seed, length])
    return until_solved(recurrent(arm, settings.hidden[arm], rng), rng, length, rate, settings, limit)


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train each arm at every length; return the course of its errors."""
    found: dict[str, Any] = {"source": "generated"}
    for arm in settings.hidden:
        each = zip(settings.lengths, settings.rate[arm], strict=True)
        found[arm] = [train(seed, arm, length, rate, settings) for length, rate in each]
        print(f"seed {seed} {arm}: {[len(course) for course in found[arm]]} checks", flush=True)
    return found


def tune(settings: Settings) -> dict[str, list[float]]:
    """Return ``rate``: for each arm, by length, the best of ``rates`` on the tuning seeds."""
    return best_rates(train, settings)


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """For each arm, by length: how many seeds solved it, and the median of their steps, none where it is unsolved."""
    return {arm: by_length([run[arm] for run in runs], SETTINGS.every) for arm in SETTINGS.hidden}


STUDY = Study(
    "gates_opened", SETTINGS, run, summarise, tune=tune,
    check={
        "lengths": (10,), "rate": dict.fromkeys(SETTINGS.hidden, (0.01,)), "steps": 50, "every": 25,
    },
)  # fmt: skip
