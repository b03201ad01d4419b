"""The tutorial's model, trained to an accuracy: by this package, compiled and in NumPy, and by the tutorial's script.

All train the same model on the same 25,000 reviews and score all 25,000 test reviews as they go; the clock runs from
building the model on, scoring included, imports and the reading of the data not. The Keras script is the tutorial's:
batches of 32, Adam, five epochs, scored after each; to the tutorial's figure, 73.14 %, it takes its whole run, because
that figure is its last epoch's. This package takes one epoch by a falling rate and is scored once, at its end. Keras
may use every thread, and so may the compiled scans; NumPy's matrix products are too small for more than one. Each
contestant has a process of its own.
"""

from __future__ import annotations

import math
import multiprocessing
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.passes import installed
from birnn_ref.datasets import load_imdb
from birnn_ref.layers.scans.compiled import use_compiled
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import Adam, Sequences, evaluate, fit, linear_decay

FIGURE, LEVEL = 0.7314, 0.78
LIMITS = {"to_figure": 1 / 30, "to_level": 1 / 4}
"""The largest share of Keras's time that this package may take."""
BATCH_SIZE, RATE, CLIP = 128, 0.004, 0.5

Timeline = list[tuple[float, float]]
"""Seconds since the start, and the test accuracy then."""


def train_ours(compiled: bool, train: Sequences, test: Sequences, seed: int) -> Timeline:
    """Train for one epoch, then score."""
    use_compiled(compiled)
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


def compare(runs: dict[str, list[Timeline]]) -> dict[str, Any]:
    """Set the runs against Keras's by medians over the seeds; a run that never gets there counts as inf."""

    def middle(found: list[float | None]) -> float:
        return statistics.median(math.inf if seconds is None else seconds for seconds in found)

    whole = middle([run[-1][0] for run in runs["keras"]])
    to_level = middle([seconds_to(run, LEVEL) for run in runs["keras"]])
    ratios = {
        name: {
            "to_figure": middle([seconds_to(run, FIGURE) for run in own]) / whole,
            "to_level": middle([seconds_to(run, LEVEL) for run in own]) / to_level,
        }
        for name, own in runs.items()
        if name != "keras"
    }
    return {"keras_whole": whole, "keras_to_level": to_level, "ratios": ratios, "limits": LIMITS}


def _train(name: str, seed: int, reviews: int | None = None) -> Timeline:
    """Run a contestant in this process, on all reviews or the first ones."""
    data = load_imdb(2000, 50, padding="pre", validation=0, rng=np.random.default_rng(0))
    train, test = (Sequences(data[part].x[:reviews], data[part].y[:reviews]) for part in ("train", "test"))
    if name == "keras":
        return train_keras(train, test, seed)
    return train_ours(name == "compiled", train, test, seed)


def run(say: Callable[[str], None] = print, quick: bool = False) -> dict[str, Any]:
    """Train with all, in turns; return every timeline and the comparison. ``quick`` takes one seed, not three."""
    seeds = range(1 if quick else 3)
    names = [name for name in ("compiled", "numpy", "keras") if installed(name)]
    runs: dict[str, list[Timeline]] = {name: [] for name in names}
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        processes = {name: stack.enter_context(context.Pool(1)) for name in names}
        for name, process in processes.items():
            process.apply(_train, (name, 0, 64))  # loads, compiles, wakes up
        for seed in seeds:
            for name, process in processes.items():
                runs[name].append(process.apply(_train, (name, seed)))
                steps = "  ".join(f"{seconds:6.1f} s {accuracy:.2%}" for seconds, accuracy in runs[name][-1])
                say(f"{name:8} seed {seed}: {steps}")
    result = {"seeds": list(seeds), "runs": runs, **compare(runs)}
    for name, ratios in result["ratios"].items():
        wanted = ", ".join(f"{what} {ratios[what]:.3f} (at most {most:.3f})" for what, most in LIMITS.items())
        say(f"{name}, of the script's whole run of {result['keras_whole']:.1f} s and its time to {LEVEL:.0%}: {wanted}")
    return result
