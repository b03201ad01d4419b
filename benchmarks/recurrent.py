"""A bidirectional layer: the compiled scans and NumPy's, PyTorch, Keras on TensorFlow, ONNX Runtime, and the floor.

Forward and backward; answers alone, at three sizes and one sequence at a time; steps of a stream; and how the time of
forward and backward grows with steps, batch and width. Where there is a CUDA device, PyTorch on it is one more
contestant, without a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from benchmarks import passes
from benchmarks.floor import blas_products, products
from benchmarks.machine import Contestants
from benchmarks.passes import GATES, Pass, Shape, installed

SHAPES: tuple[Shape, ...] = ((32, 50, 128, 64), (256, 50, 128, 64), (32, 200, 128, 128))
ALONE: Shape = (1, 50, 128, 64)
STEP: Shape = (1, 1, 128, 64)
GROWTH: dict[str, list[Shape]] = {
    "steps": [(32, n, 128, 64) for n in (25, 50, 100, 200)],
    "batch": [(n, 50, 128, 64) for n in (8, 32, 128, 512)],
    "width": [(32, 50, n, n) for n in (32, 64, 128, 256)],
}
"""What grows, and the sizes at which a line is fitted."""
MODES: dict[str, dict[str, Callable[[str, Shape], Pass]]] = {
    "forward and backward": {
        "compiled": passes.compiled_trains,
        "numpy": passes.numpy_trains,
        "torch": passes.train_torch,
        "keras": passes.train_keras,
        "blas_products": blas_products,
        "products": products,
        "torch_cuda": partial(passes.train_torch, device="cuda"),
    },
    "forward alone": {
        "compiled": passes.compiled_answers,
        "numpy": passes.numpy_answers,
        "torch": passes.answer_torch,
        "onnx": passes.answer_onnx,
    },
    "one step of a stream": {
        "numpy": passes.step_ours,
        "torch": partial(passes.answer_torch, bidirectional=False),
        "onnx": partial(passes.answer_onnx, bidirectional=False),
    },
}
"""The contestants; the ratios are of the first one's median to the others'."""
ROUNDS = 9


def limit(mode: str, cell: str, shape: Shape, other: str) -> float | None:
    """Return the largest ratio of our time to another's; None where nothing is promised."""
    if mode == "forward and backward" and other == "products":
        return 1.6
    if other != "torch" or mode == "one step of a stream":
        return None
    if mode == "forward alone":
        return 0.5 if shape == ALONE else None
    if (cell, shape) == ("lstm", SHAPES[0]):
        return 0.95
    return {"rnn": 0.5, "lstm": 0.8, "gru": 0.6}[cell]


def measure(
    contestants: Contestants, mode: str, cell: str, shape: Shape, rounds: int, names: Iterable[str]
) -> dict[str, Any]:
    """Measure these contestants at one shape.

    Returns
    -------
    dict
        What `Contestants.measure` found, and ``ratios`` of the first one's median to each other's.
    """
    found = contestants.measure({name: partial(MODES[mode][name], cell, shape) for name in names}, rounds)
    median = {name: times["median"] for name, times in found["times"].items()}
    first, *others = median
    ratios = {name: median[first] / median[name] for name in others}
    limits = {name: limit(mode, cell, shape, name) for name in others if first == "compiled"}
    return {"mode": mode, "cell": cell, "shape": shape, **found, "ratios": ratios, "limits": limits}


def slopes(found: list[dict[str, Any]], by: list[int]) -> dict[str, float]:
    """Return for each contestant the power of the size that its time grows with: a line fitted to both logarithms.

    Examples
    --------
    >>> slopes([{"times": {"a": {"median": 3.0}}}, {"times": {"a": {"median": 12.0}}}], [10, 20])
    {'a': 2.0}
    """
    names = found[0]["times"]
    medians = {name: [one["times"][name]["median"] for one in found] for name in names}
    return {name: round(float(np.polyfit(np.log(by), np.log(own), 1)[0]), 3) for name, own in medians.items()}


def run(say: Callable[[str], None] = print, quick: bool = False) -> dict[str, Any]:
    """Measure, and say each time with its quartiles, and each ratio with its limit.

    ``quick`` has fewer turns, and leaves Keras and the first floor out.
    """
    left_out = {"keras", "blas_products"} if quick else set()
    names = {mode: tuple(n for n in own if n not in left_out and installed(n)) for mode, own in MODES.items()}
    rounds, rows, growth = 3 if quick else ROUNDS, [], {}
    shapes = {"forward and backward": SHAPES, "forward alone": (*SHAPES, ALONE), "one step of a stream": (STEP,)}
    with Contestants(dict.fromkeys(name for own in names.values() for name in own)) as contestants:
        for mode in MODES:
            say(f"{mode}: milliseconds as median (quartiles), ratio of {names[mode][0]} to it")
            for shape, cell in product(shapes[mode], GATES):
                rows.append(measure(contestants, mode, cell, shape, rounds, names[mode]))
                say(_line(rows[-1]))
        mode = "forward and backward"
        racing = tuple(name for name in names[mode] if name in ("compiled", "numpy", "torch"))
        for what, sizes in GROWTH.items():
            own = [measure(contestants, mode, "lstm", shape, rounds, racing) for shape in sizes]
            by = [max(pair) for pair in _differing(sizes)]
            growth[what] = {"sizes": by, "found": own, "slopes": slopes(own, by)}
            fitted = ", ".join(f"{name} {slope:.2f}" for name, slope in growth[what]["slopes"].items())
            say(f"lstm, {what} {by[0]} to {by[-1]}: the time grows with the power {fitted}")
    return {"rows": rows, "growth": growth}


def _differing(sizes: list[Shape]) -> list[list[int]]:
    """Return of each shape the sizes that change from shape to shape."""
    axes = [k for k in range(4) if len({shape[k] for shape in sizes}) > 1]
    return [[shape[k] for k in axes] for shape in sizes]


def _line(row: dict[str, Any]) -> str:
    parts = []
    for name, t in row["times"].items():
        digits = 3 if t["median"] < 1 else 1
        text = f"{name} {t['median']:.{digits}f} ({t['low']:.{digits}f}–{t['high']:.{digits}f})"
        if name in row["ratios"]:
            wanted = row["limits"].get(name)
            text += f" {row['ratios'][name]:.2f}" + (f" (at most {wanted:g})" if wanted else "")
        parts.append(text)
    memory = ", ".join(f"{name} {mib:.0f}" for name, mib in row["peak_memory"].items() if mib is not None)
    return f"  {row['cell']:4} {row['shape']}: {'; '.join(parts)}; peak memory in MiB: {memory}"
