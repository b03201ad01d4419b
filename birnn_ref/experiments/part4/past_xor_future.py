"""Which networks tell past XOR future? Those that add what the two directions say stop at three cases in four.

Trained on draws from all sequences of a length, and asked about all of them: the question is what a network can
express, not what it generalises to. Each has the same width of state, and a linear readout unless its name says
otherwise. Then it is asked about longer sequences too. The additive ones are trained a second time without one of the
four cases, which shows that three can be had.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from birnn_ref._checks import Int
from birnn_ref.datasets.tasks.past_xor_future import NOT_ASKED, UP, every_sequence, last_arrow, past_xor_future
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import falling_rate

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    cell: str = "rnn"
    time: int = 6
    longer: int = 12
    hidden: int = 16
    batch_size: int = 128
    steps: int = 400
    rate: float = 0.02
    clip: float = 1.0


ADDITIVE = ("one_layer", "apart", "exchange_without_gate")
"""Those whose logits are a sum of what each direction says."""


class Questions(NamedTuple):
    """Rows as the networks read them, ``(count, time, 3)``; answers and where they are asked for, ``(count, time)``."""

    x: Tensor
    answers: Tensor
    asked: Tensor


def questions(x: Int, cases: str = "four") -> Questions:
    """Return what is asked about rows of places; with three cases nothing is asked between two arrows down."""
    import torch

    y = past_xor_future(x)
    asked = y != NOT_ASKED
    if cases == "three":
        asked &= (y == 1) | (last_arrow(x) == UP)
    return Questions(torch.eye(3)[torch.from_numpy(x)], torch.from_numpy(y).float(), torch.from_numpy(asked))


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every network; return its loss and right answers on all sequences, those on longer ones, and its size."""
    import torch

    from birnn_ref.experiments.networks.mixers import READERS, build

    every = {cases: questions(every_sequence(settings.time), cases) for cases in ("four", "three")}
    beyond = questions(np.random.default_rng(1000).integers(3, size=(1000, settings.longer)))
    found: dict[str, Any] = {"source": "generated"}
    for name in READERS:
        found[name] = {}
        for cases in ("four", "three") if name in ADDITIVE else ("four",):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                model = build(name, settings.cell, settings.hidden)
            train(model, every[cases], np.random.default_rng(seed), settings)
            loss, right = judge(model, every["four"])
            if cases == "three":
                found[name]["three_cases"] = round(right, 5)
                continue
            found[name] |= {
                "parameters": sum(parameter.numel() for parameter in model.parameters()),
                "loss": round(loss, 5),
                "every": round(right, 5),
                "longer": round(judge(model, beyond)[1], 5),
            }
        print(f"seed {seed} {name}: {found[name]}", flush=True)
    return found


def train(model: nn.Module, given: Questions, rng: np.random.Generator, settings: Settings) -> None:
    """Train by Adam on rows drawn at random."""
    from birnn_ref.experiments import training_torch

    optimiser, schedule = training_torch.adam(model, falling_rate(settings.rate, settings.steps), fused=True)
    batches = islice(drawn(given, rng, settings.batch_size), settings.steps)
    training_torch.train(model, batches, loss_where_asked, optimiser, schedule=schedule, clip=settings.clip)


def drawn(given: Questions, rng: np.random.Generator, count: int) -> Iterator[tuple[tuple[Tensor], Questions]]:
    """Yield rows drawn at random, with what is asked of them."""
    import torch

    while True:
        rows = torch.from_numpy(rng.integers(len(given.x), size=count))
        batch = Questions(*(part[rows] for part in given))
        yield (batch.x,), batch


def loss_where_asked(logits: Tensor, given: Questions) -> Tensor:
    """Return the mean cross-entropy over the places asked about; logits ``(count, time, 1)``."""
    from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

    return cross_entropy(logits[..., 0][given.asked], given.answers[given.asked])


def judge(model: nn.Module, given: Questions) -> tuple[float, float]:
    """Return the loss and the share of right answers over all places asked about; a logit above 0 says "differ"."""
    logits = model(given.x).detach()
    right = (logits[..., 0] > 0) == (given.answers > 0)
    return float(loss_where_asked(logits, given)), float(right[given.asked].double().mean())


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Losses and right answers over the seeds, and how many seeds are right everywhere, for each network."""
    summary: dict[str, Any] = {}
    for name in (name for name in runs[0] if name != "source"):
        of_name = [run[name] for run in runs]
        kinds = ("loss", "every", "longer", "three_cases") if name in ADDITIVE else ("loss", "every", "longer")
        summary[name] = {kind: mean_and_interval([found[kind] for found in of_name]) for kind in kinds}
        summary[name]["solved"] = sum(found["every"] == 1 for found in of_name)
        summary[name]["parameters"] = of_name[0]["parameters"]
    return summary


STUDY = Study(
    "past_xor_future", Settings(), run, summarise, tolerance=0.01,
    check={"steps": 30, "time": 4, "longer": 6, "hidden": 8},
)  # fmt: skip
