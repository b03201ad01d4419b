"""The studies of Beijing's air: what is hidden stays hidden, and who may read the future."""

import numpy as np
import pytest

from birnn_ref.datasets.tasks.sensor_field import interpolated
from birnn_ref.experiments.networks.series import Corrector, absolute_error
from birnn_ref.experiments.part5 import beijing_forecast, beijing_gaps
from birnn_ref.experiments.part5.beijing_gaps import Gaps, held_out, hide, others
from birnn_ref.experiments.series import Readings, carried, readings, windows

KNOWN = np.array([0, 1, 0, 0, 1, 0], bool)[:, None]
VALUES = np.array([9.0, 2.0, 9.0, 9.0, 8.0, 9.0])[:, None]
SETTINGS = beijing_gaps.STUDY.changed({"test_windows": 10})


def test_a_hole_is_filled_with_the_last_reading_before_it():
    assert carried(VALUES, KNOWN)[:, 0].tolist() == [2, 2, 2, 2, 8, 8]


def test_a_straight_line_joins_the_readings_on_both_sides():
    assert interpolated(VALUES[None], KNOWN[None])[0, :, 0].tolist() == [2, 2, 4, 6, 8, 8]


def test_windows_are_cut_from_the_record():
    whole = readings("test")
    cut = windows("test", np.array([0, 24]), 72)
    assert np.array_equal(cut.values[1], whole.values[24:96])
    assert np.array_equal(cut.known[1], whole.known[24:96])
    assert np.isfinite(whole.values).all()


@pytest.mark.parametrize("kind", ["dark", "single"])
def test_gaps_lie_in_the_middle_day_and_are_as_long_as_they_should_be(kind):
    hidden = hide(50, kind, np.random.default_rng(0), SETTINGS)
    assert not hidden[:, :24].any()
    assert not hidden[:, 48:].any()
    assert set(hidden.any(axis=1).sum(axis=1)) == ({12} if kind == "dark" else {3})
    lengths = hidden.sum(axis=1)[hidden.any(axis=1)]
    assert lengths.min() >= 6
    assert lengths.max() <= 24


@pytest.mark.parametrize("kind", ["dark", "single"])
@pytest.mark.parametrize("name", beijing_gaps.NAMES)
def test_no_network_is_shown_what_is_hidden(kind, name):
    gaps = held_out("test", kind, SETTINGS)
    other = Gaps(Readings(np.where(gaps.hidden, 777.0, gaps.values), gaps.known), gaps.hidden)
    for before, after in zip(gaps.inputs(name), other.inputs(name), strict=True):
        assert np.array_equal(before, after)
    assert np.array_equal(others(gaps, interpolated), others(other, interpolated))


def test_the_carried_guess_has_not_seen_the_far_side_of_a_gap_and_the_line_has():
    gaps = held_out("test", "dark", SETTINGS)
    after = np.cumsum(gaps.hidden, axis=1) == gaps.hidden.sum(axis=1, keepdims=True)  # from the gap's last hour on
    changed = Gaps(Readings(np.where(after & ~gaps.hidden, 777.0, gaps.values), gaps.known), gaps.hidden)
    for name, moved in (("forward_carried", False), ("forward_lines", True)):
        (_, before), (_, now) = gaps.inputs(name), changed.inputs(name)
        assert np.array_equal(before[gaps.hidden], now[gaps.hidden]) is not moved


def test_a_forecast_is_asked_for_the_hour_that_follows():
    drawn = beijing_forecast.Examples(*windows("test", np.array([0]), 13))
    assert np.array_equal(drawn.x[:, 1:, :1], drawn.y[:, :-1])
    assert drawn.x.shape == (12, 12, 2)


def test_the_least_squares_forecast_reads_the_past_alone():
    drawn = beijing_forecast.Examples(*windows("test", np.array([0]), 49))
    before = beijing_forecast.linear(drawn, beijing_forecast.STUDY.settings)
    drawn.x[:, 30:] += 1
    after = beijing_forecast.linear(drawn, beijing_forecast.STUDY.settings)
    assert np.array_equal(before[:, :30], after[:, :30])
    assert not np.array_equal(before[:, 30:], after[:, 30:])


def test_the_corrector_has_the_gradients_of_its_loss():
    rng = np.random.default_rng(0)
    model = Corrector(2, 3, 1, bidirectional=True, rng=rng)
    x, guess, true = (rng.normal(size=(2, 4, k)).astype(np.float32) for k in (2, 1, 1))
    counts = np.array([[1, 1, 0, 1], [1, 0, 1, 1]])[..., None]
    _, d_outputs = absolute_error(model.forward(x, guess), (true, counts))
    model.backward(d_outputs)
    parameter, gradient = model.readout.params["b"], model.readout.grads["b"].copy()
    losses = []
    for step in (1e-3, -1e-3):
        parameter += step
        losses.append(absolute_error(model.forward(x, guess), (true, counts))[0])
        parameter -= step
    assert (losses[0] - losses[1]) / 2e-3 == pytest.approx(gradient[0], rel=1e-2)
