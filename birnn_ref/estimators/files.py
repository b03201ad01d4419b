"""An estimator's file: a checkpoint whose notes are its parameters, its network's settings and what it has learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from birnn_ref.estimators.reading import Reading
from birnn_ref.models import Model
from birnn_ref.train.checkpoint import CheckpointError, load_checkpoint, read_notes, save_checkpoint

FORMAT = "birnn_ref estimator 1"
ARRAYS = ("mean", "spread")


def save_estimator(path: str | Path, estimator: Any) -> None:
    """Write a fitted estimator; see `Estimator.save`."""
    reading: Reading = estimator.reading_
    params = estimator.get_params()
    if not isinstance(params["random_state"], (int, np.integer, type(None))):
        params["random_state"] = None  # a generator has moved on since
    if isinstance(params.get("class_weight"), dict):
        params["class_weight"] = [[key, weight] for key, weight in params["class_weight"].items()]
    notes = {
        "format": FORMAT, "kind": type(estimator).__name__, "params": params,
        "model": {"kind": type(estimator.model_).__name__, "settings": estimator.model_.settings},
        "features": reading.features, "words": reading.words and reading.words.entries,
        "letters": reading.letters_known and reading.letters_known.entries, "history": estimator.history_,
    }  # fmt: skip
    arrays = {name: getattr(reading, name) for name in ARRAYS if getattr(reading, name) is not None}
    arrays |= {name: _plain(getattr(estimator, name)) for name in estimator.learned if hasattr(estimator, name)}
    save_checkpoint(path, estimator.model_, notes=notes, arrays=arrays)


def load_estimator(path: str | Path, cls: type) -> Any:
    """Return the estimator of a file; see `Estimator.load`."""
    from birnn_ref.datasets.vocabulary import Vocabulary

    notes = read_notes(path)
    if not isinstance(notes, dict) or notes.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not an estimator's file")
    kinds = {kind.__name__: kind for kind in (cls, *cls.__subclasses__())}
    if notes["kind"] not in kinds:
        raise CheckpointError(f"{path} holds a {notes['kind']}, expected {' or '.join(sorted(kinds))}")
    params = notes["params"]
    if isinstance(params.get("class_weight"), list):
        params["class_weight"] = dict(params["class_weight"])
    try:
        estimator: Any = kinds[notes["kind"]](**params)
        model = Model.from_settings(notes["model"]["kind"], notes["model"]["settings"])
    except (TypeError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} has settings that make no {notes['kind']}: {error}") from error
    _, arrays = load_checkpoint(path, model)
    reading = estimator._reading()
    reading.features = notes["features"]
    for name in ARRAYS:
        setattr(reading, name, arrays.pop(name, None))
    for name, entries in (("words", notes["words"]), ("letters_known", notes["letters"])):
        setattr(reading, name, None if entries is None else Vocabulary(tuple(entries)))
    estimator.model_, estimator.history_, estimator.reading_ = model, notes["history"], reading
    if reading.features is not None:
        estimator.n_features_in_ = reading.features
    for name, array in arrays.items():
        setattr(estimator, name, array)
    return estimator


def _plain(array: Any) -> Any:
    """Return an array that holds no objects; text that came as objects is text."""
    return array.astype(str) if array.dtype == object else array
