"""Which networks tell past XOR future? Those that add what the two directions say stop at three cases of four.

Trained on draws from all sequences of a length, and asked about all of them: the question is what a network can
express, not what it generalises to. Each has the same width of state, and a linear readout unless its name says
otherwise. Then it is asked about longer sequences too. The additive ones are trained a second time without one of the
four cases, which shows that three can be had.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from birnn_ref._checks import Int
from birnn_ref.datasets.tasks.past_xor_future import NOT_ASKED, UP, every_sequence, last_arrow, past_xor_future
from birnn_ref.experiments.readers import falling_rate
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.twins.spec import Spec
from birnn_ref.twins.torch.recurrence import TorchRecurrence
from birnn_ref.variants.asymmetrical import AsymmetricalBiRNN
from birnn_ref.variants.gated_exchange import ExchangeBiRNN
from birnn_ref.variants.slstm import SLSTM

SETTINGS: dict[str, Any] = {
    "cell": "rnn", "time": 6, "longer": 12, "hidden": 16, "batch_size": 128, "steps": 400, "rate": 0.02, "clip": 1.0,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"steps": 30, "time": 4, "longer": 6, "hidden": 8}
TOLERANCE = 0.01

FEATURES = 3
"""A place is read as three numbers, of which one is 1."""


class First(nn.Module):
    """A module's first result alone: its outputs, without its final states."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs ``(batch, time, ...)``."""
        outputs: Tensor = self.layer(x)[0]
        return outputs


def _stack(cell: str, hidden: int, **options: Any) -> nn.Module:
    return First(TorchRecurrence(Spec("stack", cell, FEATURES, hidden, bidirectional=True, **options)))


READERS: dict[str, Callable[[str, int], nn.Module]] = {
    "one_layer": lambda cell, hidden: _stack(cell, hidden),
    "apart": lambda cell, hidden: _stack(cell, hidden, depth=2, mixed=False),
    "exchange_without_gate": lambda cell, hidden: ExchangeBiRNN(cell, FEATURES, hidden, gated=False),
    "mul": lambda cell, hidden: _stack(cell, hidden, merge="mul"),
    "mlp": lambda cell, hidden: _stack(cell, hidden),
    "mixed": lambda cell, hidden: _stack(cell, hidden, depth=2),
    "exchange": lambda cell, hidden: ExchangeBiRNN(cell, FEATURES, hidden),
    "exchange_second_layer": lambda cell, hidden: ExchangeBiRNN(cell, FEATURES, hidden, second=True),
    "per_step": lambda cell, hidden: AsymmetricalBiRNN(cell, FEATURES, hidden),
    "summary": lambda cell, hidden: AsymmetricalBiRNN(cell, FEATURES, hidden, form="summary"),
    "slstm": lambda _, hidden: First(SLSTM(FEATURES, hidden)),
}
"""What stands below the readout, by name; those in `ADDITIVE` are additive in the two directions."""

ADDITIVE = ("one_layer", "apart", "exchange_without_gate")


def build(name: str, cell: str, hidden: int) -> nn.Module:
    """Return a network that gives each place one logit, ``(batch, time, 1)``, for ``(batch, time, 3)``."""
    reader = READERS[name](cell, hidden)
    with torch.no_grad():
        width = reader(torch.zeros(1, 2, FEATURES)).shape[2]
    if name == "mlp":
        return nn.Sequential(reader, nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, 1))
    return nn.Sequential(reader, nn.Linear(width, 1))


class Questions(NamedTuple):
    """Rows as the networks read them, ``(count, time, 3)``; answers and where they are asked for, ``(count, time)``."""

    x: Tensor
    answers: Tensor
    asked: Tensor


def questions(x: Int, cases: str = "four") -> Questions:
    """Return what is asked about rows of places; with three cases nothing is asked between two arrows down."""
    y = past_xor_future(x)
    asked = y != NOT_ASKED
    if cases == "three":
        asked &= (y == 1) | (last_arrow(x) == UP)
    return Questions(torch.eye(FEATURES)[torch.from_numpy(x)], torch.from_numpy(y).float(), torch.from_numpy(asked))


def run(
    seed: int, *, cell: str, time: int, longer: int, hidden: int, batch_size: int, steps: int, rate: float, clip: float
) -> dict[str, Any]:
    """Train every network; return its loss and right answers on all sequences, those on longer ones, and its size."""
    every = {cases: questions(every_sequence(time), cases) for cases in ("four", "three")}
    beyond = questions(np.random.default_rng(1000).integers(3, size=(1000, longer)))
    found: dict[str, Any] = {"source": "generated"}
    for name in READERS:
        found[name] = {}
        for cases in ("four", "three") if name in ADDITIVE else ("four",):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                model = build(name, cell, hidden)
            train(model, every[cases], np.random.default_rng(seed), batch_size, steps, rate, clip)
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


def train(
    model: nn.Module, given: Questions, rng: np.random.Generator, batch_size: int, steps: int, rate: float, clip: float
) -> None:
    """Train by Adam on rows drawn at random, on the mean cross-entropy over the places asked about."""
    optimiser = torch.optim.Adam(model.parameters(), rate, fused=True)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = falling_rate(step, steps, rate)
        rows = torch.from_numpy(rng.integers(len(given.x), size=batch_size))
        loss = cross_entropy(*logits_and_answers(model, Questions(*(part[rows] for part in given))))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimiser.step()


def logits_and_answers(model: nn.Module, given: Questions) -> tuple[Tensor, Tensor]:
    """Return the logits and the right answers of the places that are asked about, ``(places,)``."""
    return model(given.x)[..., 0][given.asked], given.answers[given.asked]


@torch.no_grad()
def judge(model: nn.Module, given: Questions) -> tuple[float, float]:
    """Return the loss and the share of right answers over all places asked about; a logit above 0 says "differ"."""
    logits, answers = logits_and_answers(model, given)
    right = (logits > 0) == (answers > 0)
    return float(cross_entropy(logits, answers)), float(right.double().mean())


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Losses and right answers over the seeds, and how many seeds are right everywhere, a network."""
    summary: dict[str, Any] = {}
    for name in READERS:
        of_name = [run[name] for run in runs]
        kinds = ("loss", "every", "longer", "three_cases") if name in ADDITIVE else ("loss", "every", "longer")
        summary[name] = {kind: mean_and_interval([found[kind] for found in of_name]) for kind in kinds}
        summary[name]["solved"] = sum(found["every"] == 1 for found in of_name)
        summary[name]["parameters"] = of_name[0]["parameters"]
    return summary
