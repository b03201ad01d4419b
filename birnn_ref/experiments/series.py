"""What the studies of Beijing's air share: readings without holes, and windows of them."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int
from birnn_ref.datasets import load_beijing

SCALE = 80.0
"""µg/m³ in one unit of what networks read: about the mean of all readings."""


class Readings(NamedTuple):
    """A part of the record, ``(hours, stations)``.

    Attributes
    ----------
    values : array
        In µg/m³; where there is no reading, the last one before it.
    known : bool array
    """

    values: Float
    known: npt.NDArray[np.bool_]


@cache
def readings(part: str) -> Readings:
    """Return the readings of "train", "validation" or "test"."""
    features = load_beijing(hours=None)[part].features
    assert features is not None
    values = features[0].astype(np.float64)  # (hours, stations)
    known = ~np.isnan(values)
    values = np.where(known, values, 0)
    return Readings(carried(values, known), known)


def carried(values: Float, known: npt.NDArray[np.bool_]) -> Float:
    """Fill holes with the last reading before them; in front of the first reading, with that one. Axis -2 is time."""
    steps = np.arange(values.shape[-2])[:, None]
    last = np.maximum.accumulate(np.where(known, steps, -1), axis=-2)
    first = np.argmax(known, axis=-2)[..., None, :]
    return np.take_along_axis(values, np.where(last < 0, first, last), axis=-2)


def windows(part: str, starts: Int, time: int) -> Readings:
    """Return windows of the record, ``(count, time, stations)``."""
    rows = np.asarray(starts)[:, None] + np.arange(time)
    whole = readings(part)
    return Readings(whole.values[rows], whole.known[rows])
