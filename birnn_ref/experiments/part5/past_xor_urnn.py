"""Past XOR future at equal size: a BRNN, a second layer, a hidden readout, the U-RNN's two forms, the S-LSTM.

As in `past_xor_future`, which gives all networks the same width of state, but with as many parameters for each, and a
rate of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from birnn_ref.datasets.tasks.past_xor_future import every_sequence
from birnn_ref.experiments.part4 import past_xor_future
from birnn_ref.experiments.part4.past_xor_future import judge, questions
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study, mapping


@dataclass(frozen=True)
class Settings:
    """What a run uses; ``hidden`` makes all about as large as two mixed layers of 16 units in each direction."""

    cell: str = "rnn"
    time: int = 6
    longer: int = 12
    hidden: dict[str, int] = mapping(one_layer=31, mlp=22, mixed=16, per_step=26, summary=26, slstm=8)
    # The best of ``rates`` by `tune`.
    rate: dict[str, float] = mapping(one_layer=0.005, mlp=0.02, mixed=0.04, per_step=0.02, summary=0.005, slstm=0.04)
    rates: tuple[float, ...] = (0.005, 0.01, 0.02, 0.04)
    batch_size: int = 128
    steps: int = 400
    clip: float = 1.0


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every network; return its loss and right answers on all sequences, those on longer ones, and its size."""
    beyond = questions(np.random.default_rng(1000).integers(3, size=(1000, settings.longer)))
    every = questions(every_sequence(settings.time))
    found: dict[str, Any] = {"source": "generated"}
    for name in settings.hidden:
        model = trained(name, seed, settings)
        loss, right = judge(model, every)
        found[name] = {
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "loss": round(loss, 5),
            "every": round(right, 5),
            "longer": round(judge(model, beyond)[1], 5),
        }
        print(f"seed {seed} {name}: {found[name]}", flush=True)
    return found


def trained(name: str, seed: int, settings: Settings) -> Any:
    """Return a network that has learned from rows drawn at random."""
    import torch

    from birnn_ref.experiments.networks.mixers import build

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build(name, settings.cell, settings.hidden[name])
    how = past_xor_future.Settings(
        batch_size=settings.batch_size, steps=settings.steps, rate=settings.rate[name], clip=settings.clip
    )
    past_xor_future.train(model, questions(every_sequence(settings.time)), np.random.default_rng(seed), how)
    return model


def tune(settings: Settings) -> dict[str, Any]:
    """Return ``rate``: for each network the one with the lowest loss on a tuning seed."""
    every, chosen = questions(every_sequence(settings.time)), {}
    for name in settings.hidden:
        losses = {}
        for rate in settings.rates:
            model = trained(name, TUNING_SEEDS[0], replace(settings, rate={name: rate}))
            losses[rate] = judge(model, every)[0]
        chosen[name] = min(losses, key=lambda rate: losses[rate])
        print(name, losses, flush=True)
    return {"rate": chosen}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Losses and right answers over the seeds, and how many seeds are right everywhere, for each network."""
    names = [name for name in runs[0] if name != "source"]
    return {
        name: {
            **{kind: mean_and_interval([run[name][kind] for run in runs]) for kind in ("loss", "every", "longer")},
            "solved": sum(run[name]["every"] == 1 for run in runs),
            "parameters": runs[0][name]["parameters"],
        }
        for name in names
    }


STUDY = Study(
    "past_xor_urnn", Settings(), run, summarise, tolerance=0.01, tune=tune,
    check={
        "steps": 30, "time": 4, "longer": 6,
        "hidden": {"one_layer": 15, "mlp": 11, "mixed": 8, "per_step": 13, "summary": 13, "slstm": 4},
    },
)  # fmt: skip
