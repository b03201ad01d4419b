"""Run a study over its seeds, store it with its provenance, and read it back."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from birnn_ref.experiments.study import find, plain

PACKAGES = ("numpy", "keras", "tensorflow", "torch", "scikit-learn")
T_QUANTILES = {
    2: 12.7062, 3: 4.3027, 4: 3.1824, 5: 2.7764, 6: 2.5706, 7: 2.4469, 8: 2.3646, 9: 2.3060, 10: 2.2622,
}  # fmt: skip
"""The 97.5 % quantile of Student's t, by the number of seeds."""


class ResultError(RuntimeError):
    """A stored result is missing or unreadable; the message says how to make it."""


def results_folder() -> Path:
    """The book's ``results`` folder: beside this package in a checkout, unless ``BIRNN_RESULTS`` names another."""
    return Path(os.environ.get("BIRNN_RESULTS") or Path(__file__).parents[2] / "book" / "results")


def load_result(name: str) -> dict[str, Any]:
    """Read a stored result.

    Parameters
    ----------
    name : str
        The study's name.

    Returns
    -------
    dict
        ``settings``, ``seeds``, ``runs`` (one per seed, in their order), ``summary`` (the figures that the book
        quotes), ``check`` (a cut-down run), ``versions``, ``machine`` and ``seconds``.

    Raises
    ------
    ResultError
        If there is no such result, or its file is damaged.
    """
    path = results_folder() / f"{name}.json"
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultError(f"no stored result {name}: `python -m birnn_ref.experiments {name}` makes it") from None
    except ValueError as error:
        raise ResultError(
            f"{path} is damaged ({error}): `python -m birnn_ref.experiments {name}` makes it again"
        ) from error
    return result


def run_experiment(name: str, seeds: Sequence[int] | None = None, **changes: Any) -> dict[str, Any]:
    """Run a study over its seeds and return its record, without summary or check; nothing is written.

    Parameters
    ----------
    name : str
        A study of `birnn_ref.experiments`.
    seeds : sequence of int, optional
        The study's own when left out.
    **changes
        Settings that differ from the study's.
    """
    study = find(name)
    settings = study.changed(changes)
    seeds = list(study.seeds if seeds is None else seeds)
    start = time.perf_counter()
    runs = []
    for seed in seeds:
        runs.append(study.run(seed, settings))
        print(f"{name}: seed {seed} done after {time.perf_counter() - start:.0f} s", flush=True)
    return {
        "experiment": name,
        "settings": plain(settings),
        "seeds": seeds,
        "runs": runs,
        "versions": _versions(),
        "machine": {"cpus": os.cpu_count(), "architecture": platform.machine()},
        "seconds": round(time.perf_counter() - start, 1),
    }


def store_experiment(name: str, seeds: Sequence[int] | None = None, *, add: bool = False, **changes: Any) -> Path:
    """Run a study and its cut-down check, and write both to the book's ``results`` folder in one step.

    Parameters
    ----------
    name, seeds, **changes
        As in `run_experiment`.
    add : bool
        Keep the stored runs and add these.

    Raises
    ------
    ResultError
        If there are runs to keep, and they were made with other settings or versions, or with one of these seeds; if a
        seed is named twice, or there are too few or too many for an interval.
    """
    study = find(name)
    seeds = list(study.seeds if seeds is None else seeds)
    stored = _to_add_to(name, seeds, plain(study.changed(changes))) if add else None
    all_seeds = (stored["seeds"] if stored else []) + seeds
    if len(set(all_seeds)) < len(all_seeds):
        raise ResultError(f"a seed is named twice: {all_seeds}")
    if len(study.seeds) > 1 and len(all_seeds) not in T_QUANTILES:
        raise ResultError(f"{name} needs 2 to {max(T_QUANTILES)} seeds for its intervals, got {len(all_seeds)}")
    check = run_check(name)  # takes seconds, and what stops it should do so before the hours, not after them
    result = run_experiment(name, seeds, **changes)
    if stored:
        result |= {key: stored[key] + result[key] for key in ("seeds", "runs", "seconds")}
    result["summary"] = study.summarise(result["runs"])
    result["check"] = check
    return _write(name, result)


def run_check(name: str) -> dict[str, Any]:
    """Run a study cut down to seconds; a test compares this with the stored ``check``."""
    study = find(name)
    check: dict[str, Any] = run_experiment(name, study.seeds[:1], **study.check)["runs"][0]
    return check


def refresh(name: str) -> Path:
    """Recompute a stored result's summary from its stored runs, and its check; the runs stay."""
    result = load_result(name)
    result["summary"] = find(name).summarise(result["runs"])
    result["check"] = run_check(name)
    return _write(name, result)


def mean_and_interval(values: Sequence[float]) -> dict[str, float]:
    """Return the mean over seeds and the half-width of its 95 % interval, by Student's t.

    Parameters
    ----------
    values : sequence of 2 to 10 numbers
        One per seed.

    Examples
    --------
    >>> mean_and_interval([0.7, 0.8])
    {'mean': 0.75, 'half_width': 0.63531}
    """
    if len(values) not in T_QUANTILES:
        raise ValueError(f"an interval needs 2 to 10 seeds, got {len(values)}")
    half_width = T_QUANTILES[len(values)] * np.std(values, ddof=1) / np.sqrt(len(values))
    return {"mean": round(float(np.mean(values)), 5), "half_width": round(float(half_width), 5)}


def _to_add_to(name: str, seeds: list[int], settings: dict[str, Any]) -> dict[str, Any]:
    """Return the stored result if runs of these seeds may stand beside its own; checked before hours are spent."""
    stored = load_result(name)
    for key, now in (("settings", settings), ("versions", _versions())):
        other = sorted(k for k in stored[key].keys() | now.keys() if stored[key].get(k) != now.get(k))
        if other:
            raise ResultError(f"the stored {name} has other {key} ({', '.join(other)}): run all its seeds again")
    twice = set(stored["seeds"]) & set(seeds)
    if twice:
        raise ResultError(f"{name} is stored with seeds {sorted(twice)} already: name others")
    return stored


def _write(name: str, result: dict[str, Any]) -> Path:
    path = results_folder() / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".part")
    whole.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    whole.replace(path)  # a run that is killed leaves the old result whole
    return path


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
