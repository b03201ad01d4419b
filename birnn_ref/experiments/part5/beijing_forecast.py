"""The next hour's air in Beijing: a network that has read the answer, one that has not, one that reads the past twice.

A network learns to say the next hour at each hour of a window, or only at the window's last. All are scored both ways:
over finished windows, and live, at the last hour, when the next one has not come yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.experiments.networks.series import Corrector, absolute_error
from birnn_ref.experiments.paired import over_seeds_and_items
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.series import SCALE, readings, windows
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.experiments.training import falling_rate, train


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    hours: int = 48
    hidden: int = 20
    forward_hidden: int = 29
    batch_size: int = 64
    steps: int = 600
    clip: float = 1.0
    rates: tuple[float, ...] = (0.005, 0.0125, 0.03)
    rate: dict[str, float] = mapping(forward=0.0125, both=0.03, both_at_the_end=0.03)
    stride: int = 6


NAMES = ("forward", "both", "both_at_the_end")


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train the three networks; return their mean absolute errors in µg/m³, and those of their opponents."""
    test = _examples("test", _starts("test", settings), settings)
    found: dict[str, Any] = {"source": "package"}
    said = {"persistence": test.x[..., :1] * SCALE, "linear": linear(test, settings)}
    for name in NAMES:
        model = trained(name, seed, settings)
        found[f"{name}_recurrent_parameters"] = sum(a.size for _, a in model.stack.named_parameters())
        said[name] = model.forward(test.x, test.x[..., :1]) * SCALE
    for name, answers in said.items():
        error = np.where(test.counts, np.abs(answers - test.y * SCALE), np.nan)[..., 0]  # (windows * stations, time)
        live = error[:, -1].reshape(-1, 12)
        found[name] = {
            "windows": round(float(np.nanmean(error)), 4),
            "live": round(float(np.nanmean(live)), 4),
            "live_by_day": np.round(10 * _by_day(live, settings)).astype(int).tolist(),
        }
    print(f"seed {seed}:", {name: (found[name]["windows"], found[name]["live"]) for name in said}, flush=True)
    return found


class Examples:
    """Windows, a station each: what is read, what follows it, and where that is known; ``(count, time, …)``."""

    def __init__(self, values: Float, known: Any) -> None:
        values, known = (np.moveaxis(a, -1, 1).reshape(-1, a.shape[1], 1) for a in (values, known))
        self.x = np.concatenate([values[:, :-1] / SCALE, known[:, :-1]], axis=-1).astype(np.float32)
        self.y, self.counts = (values[:, 1:] / SCALE).astype(np.float32), known[:, 1:]


def _examples(part: str, starts: Any, settings: Settings) -> Examples:
    return Examples(*windows(part, starts, settings.hours + 1))


def _starts(part: str, settings: Settings) -> Any:
    return np.arange(0, len(readings(part).values) - settings.hours - 1, settings.stride)


def _by_day(live: Float, settings: Settings) -> Float:
    """Mean errors of the windows that start on each day, over the stations; the whole mean where nothing is known."""
    per_day = max(1, 24 // settings.stride)
    whole = live[: len(live) // per_day * per_day].reshape(-1, per_day * live.shape[1])
    with np.errstate(all="ignore"):
        means: Float = np.array([np.nanmean(day) if np.isfinite(day).any() else np.nanmean(live) for day in whole])
    return means


def trained(name: str, seed: int, settings: Settings, rate: float | None = None) -> Corrector:
    """Train a network by its name."""
    rng = np.random.default_rng(seed)
    both = name != "forward"
    model = Corrector(2, settings.hidden if both else settings.forward_hidden, 1, bidirectional=both, rng=rng)
    train(
        model, _batches(rng, settings, at_the_end=name.endswith("end")), absolute_error,
        schedule=falling_rate(rate or settings.rate[name], settings.steps), steps=settings.steps, clip=settings.clip,
    )  # fmt: skip
    return model


def _batches(rng: np.random.Generator, settings: Settings, at_the_end: bool) -> Iterator[Any]:
    """Yield windows from anywhere, a station each; ``at_the_end`` only their last answer counts."""
    whole = readings("train")
    while True:
        starts = rng.integers(len(whole.values) - settings.hours - 1, size=settings.batch_size)
        stations = rng.integers(whole.values.shape[1], size=settings.batch_size)
        rows = starts[:, None] + np.arange(settings.hours + 1)
        drawn = Examples(whole.values[rows, stations[:, None], None], whole.known[rows, stations[:, None], None])
        counts = drawn.counts.copy()
        if at_the_end:
            counts[:, :-1] = False
        if counts.any():
            yield (drawn.x, drawn.x[..., :1]), (drawn.y, counts)


def linear(test: Examples, settings: Settings) -> Float:
    """The opponent without a network: the next hour as a weighted sum of the window's last 24, by least squares."""
    lags = 24
    values = readings("train").values / SCALE
    at = np.arange(lags, len(values) - 1, 7)
    past = np.stack([values[at - k] for k in range(lags)], axis=-1).reshape(-1, lags)
    target = values[at + 1].ravel() - past[:, 0]
    weights = np.linalg.lstsq(np.column_stack([past, np.ones(len(past))]), target, rcond=None)[0]
    padded = np.pad(test.x[..., 0], ((0, 0), (lags - 1, 0)), mode="edge")
    seen = np.stack([padded[:, lags - 1 - k : padded.shape[1] - k] for k in range(lags)], axis=-1)  # (…, time, lags)
    said: Float = (test.x[..., 0] + seen @ weights[:-1] + weights[-1])[..., None] * SCALE
    return said


def tune(settings: Settings) -> dict[str, float]:
    """Return each network's rate with the lowest error on the validation year: at the end for what is asked there."""
    held_out = _examples("validation", _starts("validation", replace(settings, stride=24)), settings)
    chosen = {}
    for name in NAMES:
        scores = {}
        for rate in settings.rates:
            errors = []
            for seed in TUNING_SEEDS[:1]:
                answers = trained(name, seed, settings, rate).forward(held_out.x, held_out.x[..., :1])
                error = np.where(held_out.counts, np.abs(answers - held_out.y), np.nan)
                errors.append(np.nanmean(error[:, -1] if name.endswith("end") else error))
            scores[rate] = round(float(np.mean(errors)) * SCALE, 4)
        print(name, scores, flush=True)
        chosen[name] = min(scores, key=lambda rate: scores[rate])
    return chosen


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean errors over the seeds; where two are honest, their difference live, paired by seed and day."""
    summary: dict[str, Any] = {
        name: {kind: mean_and_interval([run[name][kind] for run in runs]) for kind in ("windows", "live")}
        for name in (*NAMES, "persistence", "linear")
    }
    by_day = {
        name: np.array([run[name]["live_by_day"] for run in runs]) / 10 for name in (*NAMES, "persistence", "linear")
    }
    for name in ("both_at_the_end", "persistence", "linear"):
        summary[f"{name}_minus_forward"] = over_seeds_and_items(by_day[name] - by_day["forward"])
    return summary


STUDY = Study(
    "beijing_forecast", Settings(), run, summarise, tune=tune, tolerance=0.05,
    check={"hours": 12, "hidden": 4, "forward_hidden": 6, "steps": 20, "stride": 480},
)  # fmt: skip
