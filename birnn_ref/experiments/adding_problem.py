"""The adding problem (Hochreiter and Schmidhuber, 1997): how many steps of training each cell needs, by length.

Each step of a sequence holds a number from U(0, 1) and a mark. Two steps are marked, one in each half; the target is
the sum of their two numbers. A model that always answers 1 has a mean squared error of 1/6, the variance of that sum.
The first mark lies up to a whole sequence back, so the length says how far a gradient must travel.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.experiments.rates import Trial, choose_rate
from birnn_ref.layers import Dense, Layer, Recurrent
from birnn_ref.train import Adam, clip_gradients

# ``rate``: for each arm, by length, the one of ``rates`` that `tune` chose.
SETTINGS: dict[str, Any] = {
    "hidden": {"rnn": 49, "lstm": 24, "lstm_chrono": 24, "gru": 28}, "lengths": [10, 20, 40, 80, 160],
    "rates": [0.01, 0.003, 0.03, 0.1, 0.001],
    "rate": {
        "rnn": [0.01, 0.003, 0.003, 0.001, 0.003], "lstm": [0.03, 0.03, 0.03, 0.03, 0.03],
        "lstm_chrono": [0.1, 0.1, 0.1, 0.03, 0.1], "gru": [0.1, 0.1, 0.03, 0.1, 0.1],
    },
    "batch": 32, "steps": 4000, "clip": 1.0, "test": 500, "every": 50,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {
    "lengths": [10], "rate": {"rnn": [0.003], "lstm": [0.01], "lstm_chrono": [0.01], "gru": [0.01]}, "steps": 50,
    "every": 25,
}  # fmt: skip
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


def run(
    seed: int, *, hidden: dict[str, int], lengths: list[int], rates: list[float], rate: dict[str, list[float]],
    **training: Any,
) -> dict[str, Any]:  # fmt: skip
    """Train each arm at every length until it is solved; return its parameters, and its course at each length."""
    found: dict[str, Any] = {"source": "generated"}
    for arm, width in hidden.items():
        each = zip(lengths, rate[arm], strict=True)
        courses = [train(seed, arm, width, length, its_rate, **training) for length, its_rate in each]
        parameters = sum(
            value.size for value in Recurrent(arm.split("_")[0], 2, width, rng=np.random.default_rng(0)).params.values()
        )
        found[arm] = {"parameters": parameters, "errors": courses}
        print(f"seed {seed} {arm}: {[len(course) for course in courses]} checks", flush=True)
    return found


def train(
    seed: int, arm: str, hidden: int, length: int, rate: float, *, batch: int, steps: int, clip: float, test: int,
    every: int,
) -> list[float]:  # fmt: skip
    """Train until fresh sequences are solved, or for ``steps``; return their errors, one every ``every`` steps."""
    rng = np.random.default_rng([seed, length])
    recurrent = Recurrent(arm.split("_")[0], 2, hidden, rng=rng)
    if arm == "lstm_chrono":
        recurrent.params["b_h"][:] = chrono_bias(rng, hidden, length)
    readout = Dense(hidden, 1, rng=rng)
    model = Layer()
    model.children = {"recurrent": recurrent, "readout": readout}
    optimiser = Adam(model, rate)
    x_test, y_test = draw(np.random.default_rng(1_000 + length), test, length)

    def answer(x: Float) -> Float:
        _, (h_last, *_) = recurrent.forward(x)
        return readout.forward(h_last)

    errors: list[float] = []
    for step in range(1, steps + 1):
        x, y = draw(rng, batch, length)
        d_answer = 2 * (answer(x) - y) / batch
        dh_last = readout.backward(d_answer)
        zeros = [np.zeros_like(dh_last)] if recurrent.cell == "lstm" else []
        recurrent.backward(None, (dh_last, *zeros))
        clip_gradients(model, clip)
        optimiser.step()
        if step % every == 0:
            errors.append(round(float(np.mean((answer(x_test) - y_test) ** 2)), 5))
            if errors[-1] < SOLVED:
                break
    return errors


def tune(
    *,
    hidden: dict[str, int],
    lengths: list[int],
    rates: list[float],
    rate: Any,
    steps: int,
    every: int,
    **training: Any,
) -> dict[str, list[float]]:
    """Return ``rate``: for each arm, by length, the best of ``rates`` on the tuning seeds."""
    chosen: dict[str, list[float]] = {}
    for arm, width in hidden.items():
        chosen[arm] = []
        for length in lengths:

            def trial(seed: int, its_rate: float, limit: int, arm: str = arm, length: int = length) -> Trial:
                errors = train(seed, arm, hidden[arm], length, its_rate, steps=limit, every=every, **training)
                return Trial(every * len(errors), bool(errors) and errors[-1] < SOLVED, errors[-1] if errors else 1.0)

            chosen[arm].append(choose_rate(rates, steps, trial))
        print(f"{arm} ({width} units): {chosen[arm]}", flush=True)
    return chosen


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """For each arm, by length: how many seeds solved it, the median of their steps, the median of the last errors.

    A seed that did not solve it counts as having needed more steps than any other; where it is the median one,
    ``steps`` is none.
    """
    summary: dict[str, Any] = {}
    for arm in SETTINGS["hidden"]:
        last = np.array([[errors[-1] for errors in run[arm]["errors"]] for run in runs])
        steps = np.array([[SETTINGS["every"] * len(errors) for errors in run[arm]["errors"]] for run in runs])
        median = np.median(np.where(last < SOLVED, steps, np.inf), axis=0)
        summary[arm] = {
            "parameters": runs[0][arm]["parameters"],
            "solved": (last < SOLVED).sum(axis=0).tolist(),
            "steps": [int(s) if np.isfinite(s) else None for s in median],
            "error": np.median(last, axis=0).round(5).tolist(),
        }
    return summary
