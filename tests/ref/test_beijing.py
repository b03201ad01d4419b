"""PM2.5 in Beijing: the published readings, years apart, windows end to end."""

import numpy as np
import pytest

from birnn_ref.datasets import load_beijing
from birnn_ref.datasets.beijing import STATIONS


@pytest.fixture(scope="module")
def whole():
    return load_beijing(hours=None)


class TestReadings:
    def test_are_the_published_ones(self, whole, data_folder):
        with np.load(data_folder / "beijing" / "beijing_pm25_only.npz") as arrays:
            published = arrays["pm25"]
        ours = np.concatenate([whole[name].features[0] for name in ("train", "validation", "test")])
        assert np.array_equal(ours, published.round(1).astype(np.float32), equal_nan=True)

    def test_gaps_are_as_many_as_the_set_says(self, whole):
        readings = np.concatenate([split.features[0] for split in whole.splits.values()])
        assert np.isnan(readings).sum() == 8739
        assert f"{np.isnan(readings).mean():.2%}" == "2.08%"
        assert "2.08 % are missing" in " ".join(load_beijing.__doc__.split())

    def test_parts_are_years(self, whole):
        first = {name: str(times[0]) for name, times in whole.times.items()}
        assert first == {"train": "2013-03-01T00", "validation": "2015-03-01T00", "test": "2016-03-01T00"}
        assert [int(split.lengths[0]) for split in whole.splits.values()] == [17_520, 8_784, 8_760]


class TestWindows:
    @pytest.mark.parametrize("hours", [1, 24, 168, 1000])
    def test_lie_end_to_end(self, whole, hours):
        data = load_beijing(hours=hours)
        for name, split in data.splits.items():
            rows = [row[:length] for row, length in zip(split.features, split.lengths, strict=True)]
            assert np.array_equal(np.concatenate(rows), whole[name].features[0], equal_nan=True)
            assert (np.diff(data.times[name]) == np.timedelta64(hours, "h")).all()

    def test_stations_in_the_order_asked_for(self, whole):
        data = load_beijing(hours=None, stations=["Tiantan", "Dongsi"])
        assert data.feature_names == ("Tiantan", "Dongsi")
        columns = [STATIONS.index("Tiantan"), STATIONS.index("Dongsi")]
        assert np.array_equal(data["test"].features, whole["test"].features[:, :, columns], equal_nan=True)

    def test_correlation_is_over_the_hours_that_both_have_in_train(self, whole):
        both = whole["train"].features[0][:, [0, 5]].astype(np.float64)
        both = both[~np.isnan(both).any(axis=1)]
        assert np.isclose(load_beijing().correlation()[0, 5], np.corrcoef(both.T)[0, 1])

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"hours": 0}, "hours must be at least 1"),
            ({"stations": ["Peking"]}, "stations must be one of 'Aotizhongxin'"),
            ({"stations": []}, "stations must be at least 1"),
        ],
    )
    def test_bad_arguments(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            load_beijing(**arguments)

    def test_a_week_without_a_reading_is_shown(self, whole, capsys):
        data = load_beijing()
        data["test"].features[0] = np.nan
        data.show(1, "test")
        assert "100.0% missing" in capsys.readouterr().out
