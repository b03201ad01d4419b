"""Checkpoints: all that training needs to resume exactly where it stopped, in one npz file."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from birnn_ref.layers.base import Layer
from birnn_ref.train.optimisers import Optimiser


class CheckpointError(RuntimeError):
    """A checkpoint is damaged or belongs to another model; the message says which."""


def save_checkpoint(
    path: str | Path,
    model: Layer,
    optimiser: Optimiser | None = None,
    rng: np.random.Generator | None = None,
    *,
    notes: Any = None,
    arrays: Mapping[str, Any] | None = None,
) -> None:
    """Write parameters, the optimiser's memory and the random generator's state.

    The file is written beside its place and then moved there in one step, so that a run that is killed leaves
    the old one whole.

    Parameters
    ----------
    path : path
        Where, as ``.npz``.
    model : Layer
    optimiser : Optimiser, optional
    rng : numpy.random.Generator, optional
    notes : plain data, optional
        Anything that JSON holds.
    arrays : dict of arrays, optional
        Further arrays.
    """
    path = Path(path)
    state = optimiser.state() if optimiser else {"memory": {}}
    groups = {"parameters": dict(model.named_parameters()), "memory": state.pop("memory"), "arrays": arrays or {}}
    plain = {"optimiser": state, "rng": rng.bit_generator.state if rng else None, "notes": notes}
    # Some generators keep their state in arrays.
    text = json.dumps(plain, default=lambda value: value.tolist())
    named = {f"{group}/{name}": array for group, members in groups.items() for name, array in members.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with whole.open("wb") as file:
            np.savez(file, plain=np.array(text), **named)
        whole.replace(path)
    finally:
        whole.unlink(missing_ok=True)


def load_checkpoint(
    path: str | Path,
    model: Layer,
    optimiser: Optimiser | None = None,
    rng: np.random.Generator | None = None,
) -> tuple[Any, dict[str, Any]]:
    """Put everything back that `save_checkpoint` wrote.

    Nothing is changed unless all of it fits.

    Returns
    -------
    notes : plain data
    arrays : dict of arrays

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If it is damaged, or holds other parameters than the model has, or another kind of optimiser or random
        generator.
    """
    (state, rng_state, notes), groups = _read(path)
    parameters = dict(model.named_parameters())
    found, expected = (
        {n: (a.shape, str(a.dtype)) for n, a in group.items()} for group in (groups["parameters"], parameters)
    )
    differing = sorted(name for name in found.keys() | expected if found.get(name) != expected.get(name))
    if differing:
        name = differing[0]
        raise CheckpointError(
            f"{path} belongs to another model: {len(differing)} parameters differ, the first is {name}, "
            f"{found.get(name, 'missing')} in the file and {expected.get(name, 'missing')} in the model"
        )
    if optimiser:
        own, kept = type(optimiser).__name__, state.get("kind", "no optimiser")
        if kept != own:
            raise CheckpointError(f"{path} holds the state of {kept}, and optimiser is {own}")
    if rng:
        own = rng.bit_generator.state["bit_generator"]
        kept = rng_state and rng_state["bit_generator"]
        if kept != own:
            raise CheckpointError(f"{path} holds the state of a generator {kept}, and rng is a {own}")
        rng.bit_generator.state = rng_state
    for name, array in parameters.items():
        array[...] = groups["parameters"][name]
    if optimiser:
        optimiser.load_state({**state, "memory": groups["memory"]})
    return notes, groups["arrays"]


def read_notes(path: str | Path) -> Any:
    """Return a checkpoint's notes alone: what tells which model it is of.

    Raises
    ------
    FileNotFoundError, CheckpointError
        If there is no such file, or it is damaged.
    """
    return _read(path, groups=())[0][2]


def _read(
    path: str | Path, groups: tuple[str, ...] = ("parameters", "memory", "arrays")
) -> tuple[tuple[Any, Any, Any], dict[str, dict[str, Any]]]:
    """Return the optimiser's and the generator's state and the notes, and the arrays of each group by name."""
    found: dict[str, dict[str, Any]] = {group: {} for group in groups}
    try:
        with np.load(path, allow_pickle=False) as file:
            plain = json.loads(str(file["plain"]))
            for key in file.files:
                group, _, name = key.partition("/")
                if group in found:
                    found[group][name] = file[key]
        return (plain["optimiser"], plain["rng"], plain["notes"]), found
    except FileNotFoundError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, TypeError) as error:
        raise CheckpointError(f"{path} is damaged or is not a checkpoint: {error}") from error
