"""Compiling a bidirectional GRU's training step on a CPU: what the first steps cost, and what each later one saves.

In PyTorch the model of the chapter's own script is given to ``torch.compile``; in Keras, on TensorFlow, a model of the
same layers is trained with ``jit_compile`` off and on. Both plain and compiled steps take turns.
"""

from __future__ import annotations

import importlib
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.experiments.part3.at_work import SCRIPTS, WORDS
from birnn_ref.experiments.study import Study


@dataclass(frozen=True)
class Settings:
    """What a run uses: two shapes of a batch, and how many steps of the first are timed."""

    frameworks: tuple[str, ...] = ("torch", "keras")
    batch: int = 64
    times: tuple[int, int] = (100, 120)
    steps: int = 6
    features: int = 100
    hidden: int = 64


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Return for each framework the processor's seconds of the first steps and of later ones, plain and compiled.

    ``first_seconds`` is the first step of all, ``new_shape_seconds`` the first of the other shape, ``step_seconds`` the
    median of the later steps of the first. ``same_loss`` says whether both gave the same loss at every step.
    """
    found: dict[str, Any] = {}
    rng = np.random.default_rng(seed)
    batches = [_batch(time, settings.batch, rng) for time in settings.times]
    for framework in settings.frameworks:
        steppers, more = {"torch": _torch, "keras": _keras}[framework](seed, settings)
        took: dict[str, list[list[float]]] = {name: [] for name in steppers}
        losses: dict[str, list[float]] = {name: [] for name in steppers}
        for which in [0, 1] + [0] * settings.steps:
            for name, step in steppers.items():
                start = _processor()
                losses[name].append(step(*batches[which]))
                took[name].append([which, _processor() - start])
        found[framework] = {
            name: {
                "first_seconds": round(times[0][1], 3),
                "new_shape_seconds": round(times[1][1], 3),
                "step_seconds": round(float(np.median([t for _, t in times[2:]])), 4),
            }
            for name, times in took.items()
        }
        found[framework]["same_loss"] = bool(np.allclose(losses["plain"], losses["compiled"], rtol=1e-4))
        found[framework] |= more()
    return found


def _batch(time: int, batch: int, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Return ids ``(batch, time)`` padded behind by zeros, lengths and labels."""
    lengths = rng.integers(time // 2, time + 1, size=batch)
    lengths[0] = time
    ids = rng.integers(1, WORDS, size=(batch, time)) * (np.arange(time) < lengths[:, None])
    return ids, lengths, rng.integers(0, 2, size=batch).astype(np.float32)


def _processor() -> float:
    """Return the seconds of the processor that this process and its children have used: a compiler is a child."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _torch(seed: int, settings: Settings) -> tuple[dict[str, Callable[..., float]], Callable[[], dict[str, Any]]]:
    import torch

    counters: Any = importlib.import_module("torch._dynamo.utils").counters  # it has no public name

    code = (SCRIPTS / "torch_birnn.py").read_text(encoding="utf-8")
    code = code[code.index("# [model]") : code.index("# [training]")]

    def stepper(compiled: bool) -> Callable[..., float]:
        torch.manual_seed(seed)
        names: dict[str, Any] = {"torch": torch, "nn": torch.nn, "HIDDEN": settings.hidden}
        names |= {"FEATURES": settings.features, "vectors": 0.1 * torch.randn(WORDS, settings.features)}
        exec(code, names)
        model = names["Reader"]("gru").eval()  # no dropout: both are to see the same
        optimiser = torch.optim.SGD(model.parameters(), 0.1)
        called = torch.compile(model) if compiled else model

        def step(ids: Any, lengths: Any, y: Any) -> float:
            logits = called(torch.from_numpy(ids), torch.from_numpy(lengths))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(y))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            return loss.item()

        return step

    counters.clear()
    return (
        {"plain": stepper(compiled=False), "compiled": stepper(compiled=True)},
        lambda: {"graph_breaks": sum(counters["graph_break"].values())},
    )


def _keras(seed: int, settings: Settings) -> tuple[dict[str, Callable[..., float]], Callable[[], dict[str, Any]]]:
    from birnn_ref.twins.keras import BACKEND, keras

    def stepper(compiled: bool) -> Callable[..., float]:
        keras.utils.set_random_seed(seed)
        layers = keras.layers
        model = keras.Sequential(
            [
                keras.Input((None,), dtype="int32"),
                layers.Embedding(WORDS, settings.features, mask_zero=True),
                layers.Bidirectional(layers.GRU(settings.hidden, return_sequences=True)),
                layers.GlobalAveragePooling1D(),
                layers.Dense(1),
            ]
        )
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.1), loss, jit_compile=compiled)

        def step(ids: Any, lengths: Any, y: Any) -> float:
            model.reset_metrics()
            return float(model.train_on_batch(ids, y[:, None]))

        return step

    return {"plain": stepper(compiled=False), "compiled": stepper(compiled=True)}, lambda: {"backend": BACKEND}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return each framework's seconds, how many times as fast a compiled step is, and after how many it pays."""
    (only,) = runs
    summary: dict[str, Any] = {}
    for name, found in only.items():
        plain, compiled = found["plain"], found["compiled"]
        saved = plain["step_seconds"] - compiled["step_seconds"]
        extra = compiled["first_seconds"] - plain["first_seconds"]
        summary[name] = {
            "plain": plain,
            "compiled": compiled,
            "speed_up": round(plain["step_seconds"] / compiled["step_seconds"], 2),
            "pays_after": round(extra / saved) if saved > 0 else None,
        }
    return summary


STUDY = Study(
    "compiling", Settings(), run, summarise, seeds=(0,),
    check={"frameworks": ("keras",), "batch": 2, "times": (4, 6), "steps": 2, "hidden": 4},
)  # fmt: skip
