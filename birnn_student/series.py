"""Problem set 10 on real readings: PM2.5 in Beijing, from the course's package, through a student's functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_student import session

HOURS, UNITS, SCALE, STATIONS = 48, 60, 80.0, 3
WANTED = {
    "leak": ("windows", "states", "fit_readout", "errors", "change_future", "moved"),
    "gaps": ("lines", "gap_error"),
}


def _functions(which: str) -> list[Callable[..., Any]]:
    """Return the notebook's functions that one of the two runs needs.

    Raises
    ------
    NotWritten
        If one of them is not there.
    """
    names = session.current.names
    if missing := [name for name in WANTED[which] if not callable(names.get(name))]:
        raise session.NotWritten(f"write {', '.join(missing)} first, and run its cell")
    return [names[name] for name in WANTED[which]]


def _linear(features: Callable[[Any], Any], w: Any, b: Any) -> Callable[[Any], Any]:
    """Return the model that reads features out with these weights."""
    return lambda x: features(x) @ w + b


def leak(seed: int = 0) -> dict[str, dict[str, float]]:
    """Fit three reservoirs on two years and print their errors on another one, with your test's verdict on each."""
    from birnn_ref.experiments.series import readings

    windows, states, fit_readout, errors, change_future, moved = _functions("leak")
    rng = np.random.default_rng(seed)
    weights = []
    for _ in range(2):
        W_hh = rng.normal(size=(UNITS, UNITS))
        W_hh *= 0.9 / np.abs(np.linalg.eigvals(W_hh)).max()
        weights.append((rng.normal(size=(1, UNITS)), W_hh, 0.1 * rng.normal(size=UNITS)))

    def parts(part: str) -> tuple[Any, Any]:
        both = [windows(readings(part).values[:, k] / SCALE, HOURS, 24) for k in range(STATIONS)]
        x, y = (np.concatenate(arrays) for arrays in zip(*both, strict=True))
        return x, y

    def forward(x: Any) -> Any:
        return np.concatenate([x, states(x, *weights[0], False)], axis=2)  # (windows, hours, 1 + units)

    def both_ways(x: Any) -> Any:
        return np.concatenate([forward(x), states(x, *weights[1], True)], axis=2)  # (windows, hours, 1 + 2 * units)

    def at_the_end(x: Any) -> Any:
        read = both_ways(x)
        ends = np.concatenate([read[:, -1:, : 1 + UNITS], read[:, :1, 1 + UNITS :]], axis=2)
        return np.repeat(ends, x.shape[1], axis=1)  # each direction's final state, for one answer a window

    (x, y), (x_test, y_test) = parts("train"), parts("test")
    models: dict[str, Callable[[Any], Any]] = {"as much as now": lambda x: x[:, :, 0]}
    for name, features in (("forward", forward), ("both directions", both_ways), ("both, one target", at_the_end)):
        last = slice(-1, None) if features is at_the_end else slice(None)
        w, b = fit_readout(features(x)[:, last], y[:, last], 1.0)
        models[name] = _linear(features, w, b)
    found = {}
    print(f"{'mean error in µg/m³':20} finished    live    your test says")
    for name, model in models.items():
        said, t = model(x_test), HOURS - 1 if name == "both, one target" else HOURS // 2
        error = {key: SCALE * float(value) for key, value in errors(said, y_test).items()}
        verdict = bool(moved(said, model(change_future(x_test, t)), t))
        finished = "    -" if name == "both, one target" else f"{error['finished']:5.1f}"
        words = "reads the future" if verdict else "honest"
        print(f"{name:20}    {finished}   {error['live']:5.1f}    {words}")
        found[name] = {**error, "leaks": float(verdict)}
    return found


def _mean(values: Any, known: Any) -> Any:
    """Return the mean over the stations that report, ``(hours, 1)``, 0 where none does."""
    return values.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)


def gaps(seed: int = 0, count: int = 400, hours: int = 12) -> dict[str, float]:
    """Hide half a day at single stations, and print the errors of three ways to fill it."""
    from birnn_ref.datasets import load_beijing
    from birnn_ref.experiments.series import carried

    lines, gap_error = _functions("gaps")
    truth: Any = load_beijing(hours=None)["test"].features
    truth = truth[0].astype(float)  # (hours, stations)
    known, hidden, rng = ~np.isnan(truth), np.zeros(truth.shape, bool), np.random.default_rng(seed)
    for start, station in zip(rng.integers(len(truth) - hours, size=count), rng.integers(12, size=count), strict=True):
        hidden[start : start + hours, station] = True
    shown = known & ~hidden
    values = np.where(shown, truth, np.nan)
    filled = {
        "carried forward": carried(np.where(shown, truth, 0.0), shown),
        "your lines": np.stack([lines(values[:, k], shown[:, k]) for k in range(truth.shape[1])], axis=1),
        "mean of the others": np.where(shown, truth, _mean(np.where(shown, truth, 0.0), shown)),
    }
    found = {name: float(gap_error(guess, truth, known, hidden)) for name, guess in filled.items()}
    print(f"{'mean error in µg/m³':20} over {int((known & hidden).sum())} hidden readings")
    for name, error in found.items():
        print(f"{name:20} {error:5.1f}")
    return found
