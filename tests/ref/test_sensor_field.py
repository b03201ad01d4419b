"""The generated sensor field: its statistics, its gaps, and that the best estimate is the best."""

import numpy as np
import pytest

from birnn_ref.datasets.tasks.sensor_field import best_estimate, gaps, interpolated, readings, sensor_field


@pytest.fixture
def field():
    return sensor_field(4, np.random.default_rng(0))


def test_readings_have_the_stated_covariances(field):
    z = readings(field, 20000, 3, np.random.default_rng(1))
    for t in range(3):
        np.testing.assert_allclose(np.cov(z[:, t].T), field.S, atol=0.05)
    later_with_earlier = z[:, 2].T @ z[:, 1] / len(z)
    np.testing.assert_allclose(later_with_earlier, field.M @ field.S, atol=0.05)


def test_gaps_hide_a_quarter_in_runs():
    mask = gaps((2000, 24, 3), np.random.default_rng(0))
    assert mask.mean() == pytest.approx(0.75, abs=0.01)
    hidden = mask == 0
    assert hidden[:, 1:][hidden[:, :-1]].mean() == pytest.approx(0.7, abs=0.02)


def test_lines_meet_what_was_seen():
    rng = np.random.default_rng(0)
    z, mask = rng.normal(size=(3, 8, 2)), gaps((3, 8, 2), rng)
    mask[0, :, 0] = 0
    mask[1, :, 0] = [0, 1, 0, 0, 1, 1, 0, 0]
    filled = interpolated(np.where(mask > 0, z, np.nan), mask)
    np.testing.assert_array_equal(filled[mask > 0], z[mask > 0])
    np.testing.assert_array_equal(filled[0, :, 0], 0)
    a, b = z[1, 1, 0], z[1, 4, 0]
    np.testing.assert_allclose(filled[1, :, 0], [a, a, a + (b - a) / 3, a + 2 * (b - a) / 3, b, *[z[1, 5, 0]] * 3])


def test_the_best_estimate_is_a_regression_on_what_was_seen(field):
    """Against least squares on many windows with the same gaps."""
    rng = np.random.default_rng(1)
    z = readings(field, 40000, 3, rng)
    mask = (rng.random((1, 3, 4)) < 0.6).astype(float)
    flat, seen = z.reshape(len(z), -1), mask.ravel() > 0
    slopes = np.linalg.lstsq(flat[:, seen], flat, rcond=None)[0]
    ours = best_estimate(field, np.where(mask > 0, z[:50], np.nan), np.repeat(mask, 50, axis=0))
    np.testing.assert_allclose(ours.reshape(50, -1), (flat[:, seen] @ slopes)[:50], atol=0.06)
    assert seen.any()
    assert not seen.all()


def test_shapes_are_checked(field):
    with pytest.raises(ValueError, match=r"mask has shape \(2, 5, 3\), expected \(2, 5, 4\)"):
        best_estimate(field, np.zeros((2, 5, 4)), np.zeros((2, 5, 3)))
    with pytest.raises(ValueError, match="nodes must be at least 1"):
        sensor_field(0, np.random.default_rng(0))
