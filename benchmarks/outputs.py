"""Forward and backward through the outputs that score whole sequences: NumPy and its twin in PyTorch, in float32."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.machine import Contestants

LIMIT = 2.0
"""The largest ratio of NumPy's time to PyTorch's."""
ROUNDS = 9
CRF_SHAPE = 32, 50, 20
"""Batch, time, tags."""


def _crf_task() -> tuple[Any, np.ndarray, np.ndarray]:
    from birnn_ref.layers import CRF

    batch, time, tags = CRF_SHAPE
    rng = np.random.default_rng(0)
    emissions = rng.normal(size=CRF_SHAPE).astype(np.float32)
    return CRF(tags, rng=rng), emissions, rng.integers(tags, size=(batch, time))


def crf_in_numpy() -> Callable[[], Any]:
    """Return the layer's pass."""
    layer, emissions, tags = _crf_task()
    return lambda: layer.loss(emissions, tags)


def crf_in_torch() -> Callable[[], Any]:
    """Return the twin's pass."""
    torch = _torch()
    from birnn_ref.twins.torch_crf import TorchCRF

    layer, emissions, tags = _crf_task()
    twin, y = TorchCRF(layer), torch.from_numpy(tags)
    P = torch.tensor(emissions, requires_grad=True)

    def both_ways() -> None:
        twin.zero_grad(set_to_none=True)
        P.grad = None
        (-twin(P, y).sum() / y.numel()).backward()

    return both_ways


TASKS: dict[str, dict[str, Callable[[], Callable[[], Any]]]] = {
    f"crf {CRF_SHAPE}": {"numpy": crf_in_numpy, "torch": crf_in_torch},
}


def measure(contestants: Contestants, task: str, rounds: int) -> dict[str, Any]:
    """Measure one task; return what `Contestants.measure` found and the ratio of NumPy's median to PyTorch's."""
    found = contestants.measure(TASKS[task], rounds)
    median = {name: times["median"] for name, times in found["times"].items()}
    return {"task": task, **found, "ratio": median["numpy"] / median["torch"]}


def run(say: Callable[[str], None] = print, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Measure every task, and say each ratio with its limit."""
    found = []
    with Contestants(("numpy", "torch")) as contestants:
        for task in TASKS:
            one = measure(contestants, task, rounds)
            found.append(one)
            times = ", ".join(
                f"{name} {t['median']:.1f} ms ({t['low']:.1f}–{t['high']:.1f})" for name, t in one["times"].items()
            )
            say(f"{task}: {times}; ratio {one['ratio']:.2f} (at most {LIMIT:g})")
    return found


def _torch() -> Any:
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    return torch
