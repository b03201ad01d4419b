"""Missing readings of a generated sensor field: GRIN in both directions, in one, straight lines, and the best there is.

The networks learn from what was seen in the training windows; what is hidden there is never shown to them. The one-way
network has about as many weights in its recurrent part as the two directions together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.sensor_field import best_estimate, gaps, interpolated, readings, sensor_field
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import falling_rate

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    nodes: int = 12
    time: int = 24
    hidden: int = 16
    one_way_hidden: int = 23
    train_windows: int = 1000
    test_windows: int = 100
    batch_size: int = 32
    steps: int = 120
    rate: float = 0.01
    clip: float = 5.0
    whiten: float = 0.05


METHODS = ("both", "one_way", "straight_lines", "mean", "best")


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train both networks; return every method's mean absolute error on the hidden test readings."""
    import torch

    from birnn_ref.experiments import training_torch
    from birnn_ref.experiments.training_torch import adam
    from birnn_ref.variants.graph_imputation import GraphImputation, imputation_loss

    rng = np.random.default_rng(seed)
    field = sensor_field(settings.nodes, rng)
    train, test = (
        readings(field, count, settings.time, rng) for count in (settings.train_windows, settings.test_windows)
    )
    seen, test_seen = gaps(train.shape, rng), gaps(test.shape, rng)
    train = np.where(seen > 0, train, np.nan)  # from here on nobody knows what was hidden
    estimates = {
        "straight_lines": interpolated(test, test_seen),
        "mean": np.zeros_like(test),
        "best": best_estimate(field, test, test_seen),
    }
    found: dict[str, Any] = {"source": "generated", "hidden_share": round(float(1 - test_seen.mean()), 5)}
    for name, width in (("both", settings.hidden), ("one_way", settings.one_way_hidden)):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = GraphImputation(_tensor(field.adjacency), width, bidirectional=name == "both")
        optimiser, schedule = adam(model, falling_rate(settings.rate, settings.steps))
        drawn = batches(train, seen, np.random.default_rng(seed), settings)
        training_torch.train(
            model, islice(drawn, settings.steps), lambda found, readings: imputation_loss(found, *readings), optimiser,
            schedule=schedule, clip=settings.clip,
        )  # fmt: skip
        with torch.no_grad():
            estimates[name] = model(_tensor(test), _tensor(test_seen)).final.numpy().astype(float)
        found[f"{name}_recurrent_parameters"] = sum(p.numel() for p in model.directions.parameters())
    for name in METHODS:
        found[name] = round(float(np.abs(estimates[name] - test)[test_seen == 0].mean()), 5)
    print(f"seed {seed}: {found}", flush=True)
    return found


def batches(z: Float, seen: Float, rng: np.random.Generator, settings: Settings) -> Iterator[Any]:
    """Yield windows drawn at random, of whose seen readings a share ``whiten`` is not shown; and all that were seen."""
    while True:
        rows = rng.integers(len(z), size=settings.batch_size)
        shown = seen[rows] * (rng.random(seen[rows].shape) >= settings.whiten)
        yield (_tensor(z[rows]), _tensor(shown)), (_tensor(z[rows]), _tensor(seen[rows]))


def _tensor(array: Float) -> Tensor:
    import torch

    return torch.from_numpy(array).float()


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean absolute errors over the seeds, for each method."""
    return {name: mean_and_interval([run[name] for run in runs]) for name in METHODS}


STUDY = Study(
    "graph_imputation", Settings(), run, summarise, tolerance=0.005,
    check={
        "nodes": 5, "time": 8, "hidden": 4, "one_way_hidden": 6, "train_windows": 50, "test_windows": 10, "steps": 10,
    },
)  # fmt: skip
