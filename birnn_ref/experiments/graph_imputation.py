"""Missing readings of a generated sensor field: GRIN in both directions, in one, straight lines, and the best there is.

The networks learn from what was seen in the training windows; what is hidden there is never shown to them. The one-way
network has about as many weights in its recurrent part as the two directions together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.sensor_field import best_estimate, gaps, interpolated, readings, sensor_field
from birnn_ref.experiments.readers import falling_rate
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.variants.graph_imputation import GraphImputation, imputation_loss

SETTINGS: dict[str, Any] = {
    "nodes": 12, "time": 24, "hidden": 16, "one_way_hidden": 23, "train_windows": 1000, "test_windows": 100,
    "batch_size": 32, "steps": 120, "rate": 0.01, "clip": 5.0, "whiten": 0.05,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"nodes": 5, "time": 8, "hidden": 4, "one_way_hidden": 6, "train_windows": 50, "test_windows": 10, "steps": 10}
TOLERANCE = 0.005

METHODS = ("both", "one_way", "straight_lines", "mean", "best")


def run(
    seed: int, *, nodes: int, time: int, hidden: int, one_way_hidden: int, train_windows: int, test_windows: int,
    batch_size: int, steps: int, rate: float, clip: float, whiten: float,
) -> dict[str, Any]:  # fmt: skip
    """Train both networks; return every method's mean absolute error on the hidden test readings."""
    rng = np.random.default_rng(seed)
    field = sensor_field(nodes, rng)
    train, test = (readings(field, count, time, rng) for count in (train_windows, test_windows))
    seen, test_seen = gaps(train.shape, rng), gaps(test.shape, rng)
    train = np.where(seen > 0, train, np.nan)  # from here on nobody knows what was hidden
    estimates = {
        "straight_lines": interpolated(test, test_seen),
        "mean": np.zeros_like(test),
        "best": best_estimate(field, test, test_seen),
    }
    found: dict[str, Any] = {"source": "generated", "hidden_share": round(float(1 - test_seen.mean()), 5)}
    for name, width in (("both", hidden), ("one_way", one_way_hidden)):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = GraphImputation(_tensor(field.adjacency), width, bidirectional=name == "both")
        train_model(model, train, seen, np.random.default_rng(seed), batch_size, steps, rate, clip, whiten)
        with torch.no_grad():
            estimates[name] = model(_tensor(test), _tensor(test_seen)).final.numpy().astype(float)
        found[f"{name}_recurrent_parameters"] = sum(p.numel() for p in model.directions.parameters())
    for name in METHODS:
        found[name] = round(float(np.abs(estimates[name] - test)[test_seen == 0].mean()), 5)
    print(f"seed {seed}: {found}", flush=True)
    return found


def train_model(
    model: GraphImputation, z: Float, seen: Float, rng: np.random.Generator, batch_size: int, steps: int, rate: float,
    clip: float, whiten: float,
) -> None:  # fmt: skip
    """Train by Adam on the seen readings, a share ``whiten`` of which the network is not shown."""
    optimiser = torch.optim.Adam(model.parameters(), rate)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = falling_rate(step, steps, rate)
        rows = rng.integers(len(z), size=batch_size)
        shown = seen[rows] * (rng.random(seen[rows].shape) >= whiten)
        loss = imputation_loss(model(_tensor(z[rows]), _tensor(shown)), _tensor(z[rows]), _tensor(seen[rows]))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimiser.step()


def _tensor(array: Float) -> torch.Tensor:
    return torch.from_numpy(array).float()


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean absolute errors over the seeds, a method."""
    return {name: mean_and_interval([run[name] for run in runs]) for name in METHODS}
