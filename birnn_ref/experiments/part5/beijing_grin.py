"""Beijing's air with hidden hours: GRIN, the same network without its graph or one way, BRITS, and no network at all.

Every window is a day. In its middle 16 hours three of the twelve stations fall silent for 4 to 12 hours ("blocks"), or
a quarter of all readings is hidden at random ("points"). A network fills both, and is trained on as many of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.experiments.hidden_hours import (
    KINDS,
    Gaps,
    Hiding,
    drawn,
    errors,
    graph,
    held_out,
    least_squares,
    lines,
    others,
)  # fmt: skip
from birnn_ref.experiments.paired import over_seeds_and_items
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.experiments.series import SCALE, readings
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.experiments.training import falling_rate

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Settings(Hiding):
    """What a run uses.

    The widths make GRIN's recurrent parts of equal size; BRITS has about twice as many weights and three times the
    steps, which take it as long as GRIN. Rates are chosen with ``tuning_share`` of the steps.
    """

    width: dict[str, int] = mapping(grin=16, no_graph=16, one_way=23, brits=38)
    batch_size: int = 16
    steps: dict[str, int] = mapping(grin=180, no_graph=180, one_way=180, brits=540)
    tuning_share: float = 0.361
    clip: float = 1.0
    rates: tuple[float, ...] = (0.01, 0.02, 0.04)
    rate: dict[str, float] = mapping(grin=0.02, no_graph=0.02, one_way=0.01, brits=0.04)


NAMES = ("grin", "no_graph", "one_way", "brits")


def network(name: str, settings: Settings) -> nn.Module:
    """Build a contestant; without its graph GRIN has the same layers, and no station hears of another."""
    import torch

    from birnn_ref.experiments.networks.brits import Brits
    from birnn_ref.variants.graph_imputation import GraphImputation

    width = settings.width[name]
    if name == "brits":
        return Brits(12, width)
    weights = np.zeros((12, 12)) if name == "no_graph" else graph()
    return GraphImputation(torch.from_numpy(weights), width, bidirectional=name != "one_way")


def trained(name: str, seed: int, settings: Settings, rate: float | None = None) -> nn.Module:
    """Train a contestant; with a rate, for as long as a trial of rates takes."""
    import torch

    from birnn_ref.experiments import training_torch
    from birnn_ref.experiments.networks.brits import brits_loss
    from birnn_ref.variants.graph_imputation import imputation_loss

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = network(name, settings)
    steps = settings.steps[name] if rate is None else round(settings.tuning_share * settings.steps[name])
    loss: Any = brits_loss if name == "brits" else imputation_loss
    optimiser, schedule = training_torch.adam(
        model, falling_rate(settings.rate[name] if rate is None else rate, steps), fused=True
    )  # fmt: skip
    drawn_batches = batches(steps, np.random.default_rng(seed), settings)
    training_torch.train(
        model, drawn_batches, lambda found, known: loss(found, *known), optimiser, schedule=schedule, clip=settings.clip
    )  # fmt: skip
    return model.eval()


def batches(steps: int, rng: np.random.Generator, settings: Settings) -> Iterator[Any]:
    """Yield windows of the training years, half of them with blocks hidden and half with points."""
    hours, half = len(readings("train").values), settings.batch_size // 2
    for _ in range(steps):
        parts = [drawn("train", rng.integers(hours - settings.hours, size=half), kind, rng, settings) for kind in KINDS]
        values, known, hidden = (np.concatenate(pair) for pair in zip(*parts, strict=True))
        yield Gaps(values, known.astype(bool), hidden.astype(bool)).tensors()


def answers(model: nn.Module, gaps: Gaps) -> Float:
    """Return a network's estimates in µg/m³."""
    import torch

    inputs, _ = gaps.tensors()
    with torch.no_grad():
        said: Float = model(*inputs).final.double().numpy() * SCALE
    return said


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train the four networks; return everybody's mean absolute error on what was hidden, in µg/m³.

    ``by_window`` holds them in tenths, a whole number for each test window: each is a day of its own.
    """
    models = {name: trained(name, seed, settings) for name in NAMES}
    found: dict[str, Any] = {"source": "package"}
    for name, model in models.items():
        directions = (p.numel() for key, p in model.named_parameters() if key.startswith("directions"))
        found[f"{name}_recurrent_parameters"] = sum(directions)
    for kind in KINDS:
        test = held_out("test", kind, settings)
        said = {
            "lines": lines(test), "others": others(test), "least_squares": least_squares(test, kind, settings)
        } | {name: answers(model, test) for name, model in models.items()}  # fmt: skip
        found[kind] = {}
        for name, values in said.items():
            by_window = errors(values, test)
            found[kind][name] = {
                "error": round(float(by_window.mean()), 4), "by_window": np.round(10 * by_window).astype(int).tolist()
            }  # fmt: skip
        print(f"seed {seed} {kind}:", {name: found[kind][name]["error"] for name in said}, flush=True)
    return found


def tune(settings: Settings) -> dict[str, float]:
    """Return each network's rate with the lowest error on the validation year, both kinds of gap together."""
    chosen = {}
    for name in NAMES:
        scores = {}
        for rate in settings.rates:
            model = trained(name, TUNING_SEEDS[0], settings, rate)
            gaps = [held_out("validation", kind, settings) for kind in KINDS]
            scores[rate] = float(np.mean([errors(answers(model, g), g).mean() for g in gaps]))
        print(name, scores, flush=True)
        chosen[name] = min(scores, key=lambda rate: scores[rate])
    return chosen


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Errors, GRIN's differences from each of the others, and by what share of the other's error it is below."""
    summary: dict[str, Any] = {}
    for kind in KINDS:
        tables = {name: np.array([run[kind][name]["by_window"] for run in runs]) / 10 for name in runs[0][kind]}
        summary[kind] = {name: over_seeds_and_items(table) for name, table in tables.items()}
        for name, table in tables.items():
            if name != "grin":
                difference = over_seeds_and_items(tables["grin"] - table)
                difference["share"] = round(difference["mean"] / summary[kind][name]["mean"], 4)
                summary[kind][f"grin_minus_{name}"] = difference
    return summary


STUDY = Study(
    "beijing_grin", Settings(), run, summarise, tune=tune, tolerance=0.1,
    check={
        "width": {"grin": 4, "no_graph": 4, "one_way": 6, "brits": 6},
        "steps": {"grin": 5, "no_graph": 5, "one_way": 5, "brits": 5}, "batch_size": 8, "test_windows": 20,
    },
)  # fmt: skip
