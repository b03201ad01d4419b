"""Gaps in Beijing's air: one direction or two, over a first guess that has seen one side of the gap or both.

Every window hides hours of its middle day: from all stations at once ("dark"), or from three of the twelve at times of
their own ("single"). A network corrects a first guess: the last reading before a gap, or a straight line across it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.sensor_field import interpolated
from birnn_ref.experiments.networks.series import Corrector, absolute_error
from birnn_ref.experiments.paired import over_seeds_and_items
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.experiments.series import SCALE, Readings, carried, readings, windows
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.experiments.training import falling_rate, train


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    hours: int = 72
    shortest: int = 6
    longest: int = 24
    hidden: int = 32
    forward_hidden: int = 49
    batch_size: int = 32
    steps: int = 400
    clip: float = 1.0
    rates: tuple[float, ...] = (0.004, 0.01, 0.025)
    rate: dict[str, float] = mapping(forward_carried=0.01, both_carried=0.025, forward_lines=0.01, both_lines=0.01)
    test_windows: int | None = None


KINDS = ("dark", "single")
GUESSES: dict[str, Callable[[Float, Any], Float]] = {"carried": carried, "lines": interpolated}
NAMES = ("forward_carried", "both_carried", "forward_lines", "both_lines")


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train the four networks on both kinds of gap; return mean absolute errors on what was hidden, in µg/m³.

    ``by_window`` holds them in tenths, a whole number for each test window: each is a day of its own.
    """
    found: dict[str, Any] = {"source": "package"}
    for kind in KINDS:
        test = held_out("test", kind, settings)
        said = {name: guess(test.shown, test.seen) for name, guess in GUESSES.items()}
        said["others"] = others(test, GUESSES["lines"])
        said["least_squares"] = least_squares(test, kind, settings)
        for name in NAMES:
            model = trained(name, kind, seed, settings)
            found[f"{name}_recurrent_parameters"] = sum(a.size for _, a in model.stack.named_parameters())
            said[name] = model.forward(*test.inputs(name)) * SCALE
        found[kind] = {}
        for name, answers in said.items():
            error = np.where(test.hidden & test.known, np.abs(answers - test.values), np.nan)
            by_window = np.nanmean(error.reshape(len(error), -1), axis=1)
            found[kind][name] = {
                "error": round(float(by_window.mean()), 4), "by_window": np.round(10 * by_window).astype(int).tolist()
            }  # fmt: skip
        print(f"seed {seed} {kind}:", {name: found[kind][name]["error"] for name in said}, flush=True)
    return found


class Gaps:
    """Windows with hidden readings, ``(count, time, stations)``."""

    def __init__(self, window: Readings, hidden: Any) -> None:
        self.values, self.known, self.hidden = window.values, window.known, hidden
        self.seen = self.known & ~hidden
        self.shown = np.where(self.seen, self.values, 0.0)  # from here on nobody knows what was hidden

    def inputs(self, name: str) -> tuple[Float, Float]:
        """Return what a network reads, guess and marks ``(count, time, 2 * stations)``, and the guess."""
        guess = (GUESSES[name.split("_")[1]](self.shown, self.seen) / SCALE).astype(np.float32)
        return np.concatenate([guess, ~self.seen], axis=-1).astype(np.float32), guess

    def target(self) -> tuple[Float, Float]:
        """Return the true values, and where an answer counts."""
        return (self.values / SCALE).astype(np.float32), self.hidden & self.known


def hide(count: int, kind: str, rng: np.random.Generator, settings: Settings) -> Any:
    """Draw which readings are hidden, ``(count, time, stations)``: one gap a station, in the middle third."""
    third = settings.hours // 3
    hidden = np.zeros((count, settings.hours, 12), bool)
    for window in hidden:
        stations = [slice(None)] if kind == "dark" else rng.choice(12, 3, replace=False).tolist()
        for station in stations:
            length = rng.integers(settings.shortest, settings.longest + 1)
            start = third + rng.integers(third - length + 1)
            window[start : start + length, station] = True
    return hidden


def held_out(part: str, kind: str, settings: Settings) -> Gaps:
    """Return a window for each day of a part that has a reading to be hidden; the same for every seed."""
    starts = np.arange(0, len(readings(part).values) - settings.hours, 24)[: settings.test_windows]
    gaps = Gaps(windows(part, starts, settings.hours), hide(len(starts), kind, np.random.default_rng(1000), settings))
    some = (gaps.hidden & gaps.known).any(axis=(1, 2))
    return Gaps(Readings(gaps.values[some], gaps.known[some]), gaps.hidden[some])


def trained(name: str, kind: str, seed: int, settings: Settings, rate: float | None = None) -> Corrector:
    """Train a network by its name on one kind of gap."""
    rng = np.random.default_rng(seed)
    both = name.startswith("both")
    model = Corrector(24, settings.hidden if both else settings.forward_hidden, 12, bidirectional=both, rng=rng)
    train(
        model, _batches(name, kind, rng, settings), absolute_error,
        schedule=falling_rate(rate or settings.rate[name], settings.steps), steps=settings.steps, clip=settings.clip,
    )  # fmt: skip
    return model


def _batches(name: str, kind: str, rng: np.random.Generator, settings: Settings) -> Iterator[Any]:
    hours = len(readings("train").values)
    while True:
        starts = rng.integers(hours - settings.hours, size=settings.batch_size)
        drawn = Gaps(windows("train", starts, settings.hours), hide(settings.batch_size, kind, rng, settings))
        yield drawn.inputs(name), drawn.target()


def others(gaps: Gaps, guess: Any) -> Float:
    """The mean of the stations that report in that hour; where none does, the first guess."""
    count = gaps.seen.sum(axis=-1, keepdims=True)
    mean = gaps.shown.sum(axis=-1, keepdims=True) / np.maximum(1, count)
    said: Float = np.where(count > 0, mean, guess(gaps.shown, gaps.seen))
    return said


def least_squares(gaps: Gaps, kind: str, settings: Settings) -> Float:
    """The opponent without a network: each station a weighted sum of all stations' straight lines in that hour."""
    rng = np.random.default_rng(2000)
    starts = rng.integers(len(readings("train").values) - settings.hours, size=2000)
    train_gaps = Gaps(windows("train", starts, settings.hours), hide(2000, kind, rng, settings))
    lines, test_lines = (interpolated(g.shown, g.seen) for g in (train_gaps, gaps))
    said = test_lines.copy()
    for station in range(12):
        rows = (train_gaps.hidden & train_gaps.known)[..., station]
        x = np.column_stack([lines[rows], np.ones(rows.sum())])
        weights = np.linalg.lstsq(x, train_gaps.values[rows, station], rcond=None)[0]
        said[..., station] = test_lines @ weights[:-1] + weights[-1]
    return said


def tune(settings: Settings) -> dict[str, float]:
    """Return each network's rate with the lowest error on the validation year, both kinds of gap together."""
    chosen = {}
    for name in NAMES:
        scores = dict.fromkeys(settings.rates, 0.0)
        for rate in settings.rates:
            for kind in KINDS:
                gaps = held_out("validation", kind, settings)
                answers = trained(name, kind, TUNING_SEEDS[0], settings, rate).forward(*gaps.inputs(name)) * SCALE
                scores[rate] += float(np.abs(answers - gaps.values)[gaps.hidden & gaps.known].mean()) / 2
        print(name, scores, flush=True)
        chosen[name] = min(scores, key=lambda rate: scores[rate])
    return chosen


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Errors, and differences that the chapter speaks of, over seeds and windows."""
    tables = {
        kind: {name: np.array([run[kind][name]["by_window"] for run in runs]) / 10 for name in runs[0][kind]}
        for kind in KINDS
    }
    summary: dict[str, Any] = {
        kind: {name: over_seeds_and_items(table) for name, table in tables[kind].items()} for kind in KINDS
    }
    for kind, table in tables.items():
        for one, other in (
            ("both_carried", "forward_carried"), ("both_lines", "forward_lines"), ("forward_lines", "forward_carried"),
            ("both_lines", "lines"), ("both_lines", "least_squares"),
        ):  # fmt: skip
            summary[kind][f"{one}_minus_{other}"] = over_seeds_and_items(table[one] - table[other])
    return summary


STUDY = Study(
    "beijing_gaps", Settings(), run, summarise, tune=tune, tolerance=0.1,
    check={"hidden": 4, "forward_hidden": 6, "steps": 10, "batch_size": 8, "test_windows": 20},
)  # fmt: skip
