"""The tutorial's model, trained to an accuracy: in NumPy alone, and by the tutorial's Keras script.

Both train the same model on the same 25,000 reviews and score all 25,000 test reviews as they go; the clock runs from
building the model on, scoring included, imports and the reading of the data not. The Keras script is the tutorial's:
batches of 32, Adam, five epochs, scored after each; to the tutorial's figure, 73.14 %, it takes its whole run, because
that figure is its last epoch's. NumPy takes one epoch by a falling rate and is scored once, at its end. Keras may use
every thread; NumPy's matrix products are too small for more than one.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from birnn_ref.datasets import load_imdb
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import Adam, Sequences, evaluate, fit, linear_decay

FIGURE, LEVEL = 0.7314, 0.78
LIMITS = {"to_figure": 1 / 10, "to_level": 1 / 4}
"""The largest share of Keras's time that NumPy may take."""
BATCH_SIZE, RATE, CLIP = 128, 0.004, 0.5

Timeline = list[tuple[float, float]]
"""Seconds since the start, and the test accuracy then."""


def train_numpy(train: Sequences, test: Sequences, seed: int) -> Timeline:
    """Train for one epoch, then score."""
    start, rng = time.perf_counter(), np.random.default_rng(seed)
    model = Classifier("rnn", 2000, 128, 64, rng=rng)
    schedule = linear_decay(RATE, -(-len(train) // BATCH_SIZE))
    how: dict[str, Any] = {"batch_size": BATCH_SIZE, "clip": CLIP, "schedule": schedule, "rng": rng}
    with threadpool_limits(1, user_api="blas"):
        fit(model, train, loss=binary_cross_entropy, optimiser=Adam(model), epochs=1, **how)
        accuracy = evaluate(model, test, loss=binary_cross_entropy, batch_size=500)["accuracy"]
    return [(time.perf_counter() - start, accuracy)]


def train_keras(train: Sequences, test: Sequences, seed: int) -> Timeline:
    """Run the tutorial's script: five epochs, each scored."""
    from birnn_ref.experiments.networks.tutorial import Scorer, classifier
    from birnn_ref.twins.keras import keras

    class Stopwatch(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            timeline.append((time.perf_counter() - start, scorer.accuracy["test"][-1]))

    keras.utils.set_random_seed(seed)
    start, timeline = time.perf_counter(), []
    model = classifier(2000, 128, 64)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    scorer = Scorer({"test": (test.x, test.y)})
    model.fit(train.x, train.y, batch_size=32, epochs=5, verbose=0, callbacks=[scorer, Stopwatch()])
    return timeline


def seconds_to(timeline: Timeline, accuracy: float) -> float | None:
    """Return when the accuracy was first seen; None if never.

    Examples
    --------
    >>> seconds_to([(1.0, 0.70), (2.0, 0.75)], 0.73), seconds_to([(1.0, 0.70)], 0.73)
    (2.0, None)
    """
    return next((seconds for seconds, found in timeline if found >= accuracy), None)


def compare(numpy_runs: list[Timeline], keras_runs: list[Timeline]) -> dict[str, Any]:
    """Set the runs of both against each other by medians over the seeds; a run that never gets there counts as inf."""
    times = {
        "numpy_to_figure": [seconds_to(run, FIGURE) for run in numpy_runs],
        "numpy_to_level": [seconds_to(run, LEVEL) for run in numpy_runs],
        "keras_whole": [run[-1][0] for run in keras_runs],
        "keras_to_level": [seconds_to(run, LEVEL) for run in keras_runs],
    }
    medians = {name: statistics.median(math.inf if s is None else s for s in found) for name, found in times.items()}
    return {
        "times": times,
        "medians": medians,
        "ratios": {
            "to_figure": medians["numpy_to_figure"] / medians["keras_whole"],
            "to_level": medians["numpy_to_level"] / medians["keras_to_level"],
        },
        "limits": LIMITS,
    }


def run(seeds: Iterable[int] = (0, 1, 2), say: Callable[[str], None] = print) -> dict[str, Any]:
    """Train with both, in turns; return every timeline and the comparison.

    Parameters
    ----------
    seeds : integers
        One run of each contestant a seed.
    say : callable
        Takes a line of the report.
    """
    data = load_imdb(2000, 50, padding="pre", validation=0, rng=np.random.default_rng(0))
    train, test = (Sequences(data[name].x, data[name].y) for name in ("train", "test"))
    contestants = {"numpy": train_numpy, "keras": train_keras}
    runs: dict[str, list[Timeline]] = {name: [] for name in contestants}
    train_keras(*(Sequences(part.x[:64], part.y[:64]) for part in (train, test)), seed=0)  # TensorFlow wakes up
    for seed in seeds:
        for name, contestant in contestants.items():
            runs[name].append(contestant(train, test, seed))
            steps = "  ".join(f"{seconds:6.1f} s {accuracy:.2%}" for seconds, accuracy in runs[name][-1])
            say(f"{name:6} seed {seed}: {steps}")
    result = {"source": data.source, "seeds": list(seeds), "runs": runs, **compare(runs["numpy"], runs["keras"])}
    medians = result["medians"]
    say(f"to {FIGURE:.2%}: {medians['numpy_to_figure']:.1f} s, Keras's whole run {medians['keras_whole']:.1f} s: "
        f"ratio {result['ratios']['to_figure']:.3f}, at most {LIMITS['to_figure']:.3f}")  # fmt: skip
    say(f"to {LEVEL:.0%}: {medians['numpy_to_level']:.1f} s, Keras {medians['keras_to_level']:.1f} s: "
        f"ratio {result['ratios']['to_level']:.3f}, at most {LIMITS['to_level']:.3f}")  # fmt: skip
    return result
