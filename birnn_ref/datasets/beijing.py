"""Beijing's air: PM2.5, the fine dust, at twelve stations, hour by hour for four years."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_choice, check_sizes, within
from birnn_ref.datasets.shipped import shipped
from birnn_ref.datasets.splits import SequenceData, Split

READINGS = "beijing/pm25.npy"
STATIONS = (
    "Aotizhongxin", "Changping", "Dingling", "Dongsi", "Guanyuan", "Gucheng", "Huairou", "Nongzhanguan", "Shunyi",
    "Tiantan", "Wanliu", "Wanshouxigong",
)  # fmt: skip
START = np.datetime64("2013-03-01T00", "h")
YEARS = {"train": ("2013-03-01", "2015-03-01"), "validation": ("2015-03-01", "2016-03-01"),
         "test": ("2016-03-01", "2017-03-01")}  # fmt: skip
"""Each part's first day, and the day after its last."""
BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SeriesData(SequenceData):
    """Series: ``features`` are readings, NaN where there is none.

    Attributes
    ----------
    feature_names : tuple of str
        Which station made the readings.
    times : mapping of str to datetime64 array ``(count,)``
        The hour of each sequence's first step, by part.
    """

    feature_names: tuple[str, ...]
    times: Mapping[str, npt.NDArray[np.datetime64]]

    def correlation(self) -> Float:
        """Return how strongly the readings of train are correlated, ``(features, features)``: 1 in step, 0 unrelated.

        Each pair is compared over the steps at which both have a reading.
        """
        split = self["train"]
        assert split.features is not None
        inside = within(split.lengths, split.features.shape[1])
        readings = split.features[inside].astype(np.float64)  # (hours, features)
        known = ~np.isnan(readings)
        result = np.eye(readings.shape[1])
        for i, j in itertools.combinations(range(len(result)), 2):
            both = known[:, i] & known[:, j]
            result[i, j] = result[j, i] = np.atleast_2d(np.corrcoef(readings[both][:, [i, j]].T))[0, 1]
        return result

    def example(self, split: str, i: int) -> str:
        """Return sequence ``i`` of a split: its first hour, and one character for each six hours' mean."""
        part = self[split]
        assert part.features is not None
        readings = np.ma.masked_invalid(part.features[i, : part.lengths[i]])
        means = [readings[at : at + 6].mean() for at in range(0, len(readings), 6)]
        high = max((mean for mean in means if mean is not np.ma.masked), default=1.0)
        line = "".join(" " if mean is np.ma.masked else BARS[int(7.99 * mean / high)] for mean in means)
        gaps = np.ma.getmaskarray(readings).mean()
        return f"{self.times[split][i]}h  {line}  up to {high:.0f} µg/m³, {gaps:.1%} missing"


def load_beijing(*, hours: int | None = 168, stations: Sequence[str] = STATIONS) -> SeriesData:
    """Load PM2.5 in Beijing, which lies in the package: no network is needed.

    The parts are years, each from March to February: two for train (2013 and 2014), one for validation (2015) and one
    for test (2016). Of the readings 2.08 % are missing.

    The stations' places are not in the published set, and its weather columns are not in the package:
    ``data.correlation()`` tells which stations are near each other.

    Parameters
    ----------
    hours : int, optional
        Length of each sequence, one after the other without overlap; a week when left out. The last one of a
        part is shorter where the part does not divide evenly. With None each part is one sequence.
    stations : sequence of str
        Which of `STATIONS` become features, in this order.

    Returns
    -------
    SeriesData
        Splits with ``features`` ``(count, hours, stations)`` in µg/m³, NaN where there is no reading and 0 behind, and
        ``lengths``; ``times`` says when each begins.

    Raises
    ------
    TypeError, ValueError
        If ``hours`` is not a whole number of at least 1, or a station is unknown.
    DataError
        If the package's own file is damaged.

    Notes
    -----
    S. Chen, Beijing Multi-Site Air Quality, UCI 501, doi:10.24432/C5RK5G, CC BY 4.0. S. Zhang et al., "Cautionary
    tales on air-quality improvement in Beijing", Proc. R. Soc. A 473 (2017).

    Examples
    --------
    >>> data = load_beijing()
    >>> data.show(2, "test")
    2016-03-01T00h  ▂▃▃▄▄▅▃▄▅▆█████▇▃▂▂▂▂▁▂▃▃▁▁▁  up to 356 µg/m³, 1.2% missing
    2016-03-08T00h  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃▅▆▇█▄▁▁▂▅▆▅▄  up to 139 µg/m³, 2.6% missing
    >>> data["test"].features.shape
    (53, 168, 12)
    >>> data.correlation()[0, :4].round(2)
    array([1.  , 0.85, 0.84, 0.95])
    """
    if hours is not None:
        check_sizes(hours=hours)
    chosen = [STATIONS.index(check_choice("stations", name, STATIONS)) for name in stations]
    check_sizes(stations=len(chosen))
    tenths = np.load(BytesIO(shipped(READINGS)), allow_pickle=False)[chosen].T  # (hours, stations)
    readings = np.where(tenths < 0, np.nan, tenths / 10).astype(np.float32)
    splits, times = {}, {}
    for name, (first, after) in YEARS.items():
        begin, end = (int((np.datetime64(day, "h") - START).astype(int)) for day in (first, after))
        step = hours or end - begin
        starts = np.arange(begin, end, step)
        lengths = np.minimum(step, end - starts).astype(np.int32)
        features = np.zeros((len(starts), step, len(chosen)), dtype=np.float32)
        for row, at, length in zip(features, starts, lengths, strict=True):
            row[:length] = readings[at : at + length]
        splits[name] = Split(lengths=lengths, features=features)
        times[name] = START + starts
    return SeriesData(
        name="PM2.5 in Beijing", splits=splits, source="package", feature_names=tuple(stations), times=times
    )
