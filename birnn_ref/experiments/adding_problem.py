"""The adding problem (Hochreiter and Schmidhuber, 1997) by length: which cell learns it within a fixed number of steps.

Each step of a sequence holds a number from U(0, 1) and a mark. Two steps are marked, one in each half; the target is
the sum of their two numbers. Who always answers 1 has a mean squared error of 1/6, the variance of that sum. The
first mark lies up to a whole sequence back, so the length says how far a gradient must travel.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.experiments.results import mean_and_interval

# The rates were chosen on seed 100, which is not among SEEDS.
SETTINGS = {
    "rates": {"rnn": 0.005, "lstm": 0.01, "gru": 0.01, "lstm_chrono": 0.01}, "lengths": [5, 10, 20, 40, 80, 160],
    "hidden": 24, "batch": 32, "steps": 400, "clip": 1.0, "test": 500, "every": 80,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"lengths": [10], "steps": 40, "every": 40}
SOLVED = 0.01
"""The error below which a run counts as solved: a seventeenth of 1/6."""


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
    seed: int, *, rates: dict[str, float], lengths: list[int], hidden: int, batch: int, steps: int, clip: float,
    test: int, every: int,
) -> dict[str, Any]:  # fmt: skip
    """Train each arm at its rate and at every length; return the test errors, one every ``every`` steps."""
    errors = {
        arm: [_train(seed, arm, length, hidden, batch, steps, rate, clip, test, every) for length in lengths]
        for arm, rate in rates.items()
    }
    return {"source": "generated", "errors": errors}


def _train(
    seed: int, arm: str, length: int, hidden: int, batch: int, steps: int, rate: float, clip: float, test: int,
    every: int,
) -> list[float]:  # fmt: skip
    from birnn_ref.layers import Dense, Layer, Recurrent
    from birnn_ref.train import Adam, clip_gradients

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

    errors = []
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
    return errors


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """For each arm and length: the error after training, and how many seeds solved it."""
    summary: dict[str, Any] = {}
    for arm in runs[0]["errors"]:
        last = np.array([[errors[-1] for errors in run["errors"][arm]] for run in runs])
        solved = (last < SOLVED).sum(axis=0).tolist()
        error = [mean_and_interval(column.tolist()) for column in last.T] if len(runs) > 1 else []
        summary[arm] = {"error": error, "solved": solved}
    return summary
