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
CTC_SHAPE, CTC_LABELS = (16, 200, 12), 20
"""Batch, time, labels; and labels of a target."""


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
    from birnn_ref.twins.torch.crf import TorchCRF

    layer, emissions, tags = _crf_task()
    twin, y = TorchCRF(layer), torch.from_numpy(tags)
    P = torch.tensor(emissions, requires_grad=True)

    def both_ways() -> None:
        twin.zero_grad(set_to_none=True)
        P.grad = None
        (-twin(P, y).sum() / y.numel()).backward()

    return both_ways


def _ctc_task() -> tuple[np.ndarray, np.ndarray]:
    batch, _, labels = CTC_SHAPE
    rng = np.random.default_rng(0)
    return rng.normal(size=CTC_SHAPE).astype(np.float32), rng.integers(1, labels, size=(batch, CTC_LABELS))


def ctc_in_numpy() -> Callable[[], Any]:
    """Return the loss's pass."""
    from birnn_ref.losses import ctc_loss

    logits, targets = _ctc_task()
    return lambda: ctc_loss(logits, targets)


def ctc_in_torch() -> Callable[[], Any]:
    """Return the pass of PyTorch's own loss, which is compiled."""
    torch = _torch()
    logits, targets = _ctc_task()
    z, y = torch.tensor(logits, requires_grad=True), torch.from_numpy(targets)
    batch, time, _ = CTC_SHAPE
    steps, labels = torch.full((batch,), time), torch.full((batch,), CTC_LABELS)

    def both_ways() -> None:
        z.grad = None
        log_p = z.log_softmax(2).transpose(0, 1)
        torch.nn.functional.ctc_loss(log_p, y, steps, labels, reduction="sum").backward()

    return both_ways


TASKS: dict[str, dict[str, Callable[[], Callable[[], Any]]]] = {
    f"crf {CRF_SHAPE}": {"numpy": crf_in_numpy, "torch": crf_in_torch},
    f"ctc {CTC_SHAPE}": {"numpy": ctc_in_numpy, "torch": ctc_in_torch},
}


def measure(contestants: Contestants, task: str, rounds: int) -> dict[str, Any]:
    """Measure one task; return what `Contestants.measure` found and the ratio of NumPy's median to PyTorch's."""
    found = contestants.measure(TASKS[task], rounds)
    median = {name: times["median"] for name, times in found["times"].items()}
    return {"task": task, **found, "ratio": median["numpy"] / median["torch"]}


def run(say: Callable[[str], None] = print, quick: bool = False) -> list[dict[str, Any]]:
    """Measure every task, and say each ratio with its limit."""
    found = []
    with Contestants(("numpy", "torch")) as contestants:
        for task in TASKS:
            one = measure(contestants, task, 3 if quick else ROUNDS)
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
