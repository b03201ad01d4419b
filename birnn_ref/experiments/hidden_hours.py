"""Days of Beijing's air with readings hidden, what fills them without a network, and a graph of the stations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int
from birnn_ref.datasets import load_beijing
from birnn_ref.datasets.tasks.sensor_field import interpolated
from birnn_ref.experiments.series import SCALE, readings, windows

if TYPE_CHECKING:
    from torch import Tensor

Bools = npt.NDArray[np.bool_]

KINDS = ("blocks", "points")
EDGE = 4
"""Hours at either end of a window of which nothing is hidden, so that a straight line has two ends."""


@dataclass(frozen=True)
class Hiding:
    """How readings are hidden: in windows of ``hours``, from a station for so long, or a share of all."""

    hours: int = 24
    shortest: int = 4
    longest: int = 12
    share: float = 0.25
    test_windows: int | None = None


class Gaps(NamedTuple):
    """Windows with hidden readings, ``(count, time, stations)``; ``values`` in µg/m³.

    Attributes
    ----------
    values : array
    known, hidden : bool array
        Where there is a reading, and where it is kept from whoever fills the gaps.
    """

    values: Float
    known: Bools
    hidden: Bools

    @property
    def seen(self) -> Bools:
        """Where there is a reading that may be used."""
        return self.known & ~self.hidden

    @property
    def shown(self) -> Float:
        """The readings that may be used, and 0 elsewhere."""
        return np.where(self.seen, self.values, 0.0)

    def tensors(self) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Return what a network is called with, and what its loss needs to know."""
        import torch

        x, seen, true, known = (
            torch.from_numpy(np.asarray(a, np.float32))
            for a in (self.shown / SCALE, self.seen, self.values / SCALE, self.known)
        )
        return (x, seen), (true, known)


def hide(count: int, kind: str, rng: np.random.Generator, hiding: Hiding) -> Bools:
    """Draw which readings are hidden, ``(count, time, stations)``."""
    hidden = np.zeros((count, hiding.hours, 12), bool)
    last = hiding.hours - EDGE
    if kind == "points":
        hidden[:, EDGE:last] = rng.random((count, last - EDGE, 12)) < hiding.share
        return hidden
    for window in hidden:
        for station in rng.choice(12, 3, replace=False):
            length = rng.integers(hiding.shortest, hiding.longest + 1)
            start = rng.integers(EDGE, last - length + 1)
            window[start : start + length, station] = True
    return hidden


def drawn(part: str, starts: Int, kind: str, rng: np.random.Generator, hiding: Hiding) -> Gaps:
    """Return the windows of a part that begin at ``starts``, with readings hidden at random."""
    window = windows(part, starts, hiding.hours)
    return Gaps(window.values, window.known, hide(len(starts), kind, rng, hiding))


def held_out(part: str, kind: str, hiding: Hiding) -> Gaps:
    """Return a window for each day of a part that has a reading to be hidden; the same for every seed."""
    starts = np.arange(0, len(readings(part).values) - hiding.hours, 24)[: hiding.test_windows]
    gaps = drawn(part, starts, kind, np.random.default_rng(1000), hiding)
    some = (gaps.hidden & gaps.known).any(axis=(1, 2))
    return Gaps(gaps.values[some], gaps.known[some], gaps.hidden[some])


def graph() -> Float:
    r"""Return the graph's weights, ``(stations, stations)``, from the correlations of the training years.

    The stations' places are not in the published set, so :math:`d_{ij} = 1 - \rho_{ij}` stands for the distance, and
    :math:`A_{ij} = e^{-(d_{ij} / s)^2}` with s the mean distance of two stations; no station is its own neighbour.
    """
    d = 1 - load_beijing(hours=None).correlation()
    apart = ~np.eye(len(d), dtype=bool)
    weights: Float = np.exp(-((d / d[apart].mean()) ** 2)) * apart
    return weights


def map_of(d: Float, apart: float = 0.13) -> Float:
    """Return a place for each station, ``(stations, 2)`` within 0 and 1: near is what moves together.

    Classical scaling of the roots of the distances ``d``; stations that would cover each other are moved ``apart``.
    """
    centred = np.eye(len(d)) - 1 / len(d)
    values, vectors = np.linalg.eigh(-0.5 * centred @ d @ centred)
    places: Float = vectors[:, -1:-3:-1] * np.sqrt(values[-1:-3:-1])  # (stations, 2)
    places *= np.sign(places[np.abs(places).argmax(axis=0), [0, 1]])
    places = (places - places.min(axis=0)) / np.ptp(places, axis=0)
    for _ in range(100):
        between = places[:, None] - places  # (stations, stations, 2)
        far = np.sqrt((between**2).sum(axis=2)) + np.eye(len(d))
        push = np.maximum(0, apart - far)[..., None] * between / far[..., None]
        places = places + push.sum(axis=1) / 2
    result: Float = (places - places.min(axis=0)) / np.ptp(places, axis=0)
    return result


def lines(gaps: Gaps) -> Float:
    """Each station's straight lines between its own readings."""
    return interpolated(gaps.shown, gaps.seen.astype(float))


def others(gaps: Gaps) -> Float:
    """The mean of the other stations that report in that hour; where none does, the straight line."""
    count = gaps.seen.sum(axis=-1, keepdims=True) - gaps.seen
    mean = (gaps.shown.sum(axis=-1, keepdims=True) - gaps.shown) / np.maximum(1, count)
    said: Float = np.where(count > 0, mean, lines(gaps))
    return said


def least_squares(gaps: Gaps, kind: str, hiding: Hiding) -> Float:
    """The opponent without a network: each station a weighted sum of all stations' straight lines in that hour."""
    rng = np.random.default_rng(2000)
    starts = rng.integers(len(readings("train").values) - hiding.hours, size=2000)
    fitted = drawn("train", starts, kind, rng, hiding)
    own, asked = lines(fitted), lines(gaps)
    said = asked.copy()
    for station in range(12):
        rows = (fitted.hidden & fitted.known)[..., station]
        x = np.column_stack([own[rows], np.ones(rows.sum())])
        weights = np.linalg.lstsq(x, fitted.values[rows, station], rcond=None)[0]
        said[..., station] = asked @ weights[:-1] + weights[-1]
    return said


def errors(said: Float, gaps: Gaps) -> Float:
    """Return each window's mean absolute error on what was hidden, ``(count,)``."""
    error = np.where(gaps.hidden & gaps.known, np.abs(said - gaps.values), np.nan)
    by_window: Float = np.nanmean(error.reshape(len(error), -1), axis=1)
    return by_window
