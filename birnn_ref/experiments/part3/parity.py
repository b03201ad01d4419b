"""The reference against PyTorch and Keras: the largest relative difference for every cell, merge, depth and form.

Each case draws weights, biases, inputs, initial states and the gradients that come from above, in float64, and compares
outputs, final states and every gradient: the largest difference of an array over its largest entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.experiments.study import Study
from birnn_ref.layers import Stack
from birnn_ref.twins.parity import draw_case, largest_difference, ref_results
from birnn_ref.twins.spec import describe

CELLS: dict[str, tuple[str, dict[str, Any]]] = {
    "rnn": ("rnn", {}),
    "rnn_relu": ("rnn", {"activation": "relu"}),
    "lstm": ("lstm", {}),
    "gru": ("gru", {}),
    "gru_before": ("gru", {"reset_after": False}),
}
"""Each cell's name here, its name and its options in `birnn_ref.layers`."""

LENGTHS = ("whole", "lengths")


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    cells: tuple[str, ...] = ("rnn", "rnn_relu", "lstm", "gru", "gru_before")
    merges: tuple[str, ...] = ("concat", "sum", "mul", "ave", "none")
    depths: tuple[int, ...] = (1, 2, 3)
    frameworks: tuple[str, ...] = ("torch", "keras")
    batch: int = 3
    time: int = 4
    features: int = 3
    hidden: int = 4


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Return ``{framework: {cell: {merge: {depth: {lengths or not: largest difference}}}}}``, over both forms of stack.

    The merge ``forward`` is the layer of one direction.
    """
    compare = {name: _results_of(name) for name in settings.frameworks}
    rng = np.random.default_rng(seed)
    tables: dict[str, Any] = {name: {} for name in settings.frameworks}
    for cell in settings.cells:
        for merge in ["forward", *settings.merges]:
            for depth in settings.depths:
                for lengths in LENGTHS:
                    worst = dict.fromkeys(settings.frameworks, 0.0)
                    # One level is neither mixed nor apart.
                    for mixed in (True,) if depth == 1 or merge == "forward" else (True, False):
                        layer = _layer(cell, merge, depth, mixed, settings.features, settings.hidden, rng)
                        case = draw_case(
                            describe(layer)[0], settings.batch, settings.time, padded=lengths == "lengths", rng=rng
                        )
                        expected = ref_results(layer, case)
                        for name, results in compare.items():
                            worst[name] = max(worst[name], largest_difference(results(layer, case), expected)[0])
                    for name in settings.frameworks:
                        table = tables[name].setdefault(cell, {}).setdefault(merge, {}).setdefault(str(depth), {})
                        table[lengths] = float(f"{worst[name]:.1e}")
    return tables


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return each framework's largest difference, over all and by cell."""
    summary: dict[str, Any] = {}
    for name in runs[0]:
        by_cell = {cell: max(_numbers([run[name][cell] for run in runs])) for cell in runs[0][name]}
        summary[name] = {"largest": max(by_cell.values()), "by_cell": by_cell}
    return summary


def _layer(
    cell: str, merge: str, depth: int, mixed: bool, features: int, hidden: int, rng: np.random.Generator
) -> Stack:
    """Return a stack whose every weight is random, biases too: a zero bias would hide one that is lost."""
    kind, options = CELLS[cell]
    options = options | {"bidirectional": merge != "forward", "mixed": mixed, "rng": rng, "dtype": np.float64}
    options["merge"] = {"none": None, "forward": "concat"}.get(merge, merge)
    layer = Stack(kind, features, hidden, depth, **options)
    for _, value in layer.named_parameters():
        value[...] = rng.normal(size=value.shape) / 2
    return layer


def _results_of(framework: str) -> Any:
    if framework == "torch":
        from birnn_ref.twins.torch.parity import torch_results

        return torch_results
    from birnn_ref.twins.keras.parity import keras_results

    return keras_results


def _numbers(table: Any) -> list[float]:
    """Return the numbers of nested mappings and lists."""
    if isinstance(table, float):
        return [table]
    below = table.values() if isinstance(table, dict) else table
    return [number for part in below for number in _numbers(part)]


STUDY = Study(
    "parity", Settings(), run, summarise, seeds=(0,), tolerance=1e-09,
    check={"cells": ("lstm", "gru"), "merges": ("concat", "none"), "depths": (2,)},
)  # fmt: skip
