"""Dropout draws only in training, keeps the mean, and goes back through the entries it kept."""

import numpy as np
import pytest

from birnn_ref.layers.dropout import Dropout


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_evaluation_changes_nothing(rate):
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    layer = Dropout(rate)
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(layer.backward(x), x)


def test_drops_at_its_rate_and_keeps_the_mean():
    y = Dropout(0.3).forward(np.ones((100, 20, 50)), rng=np.random.default_rng(0))
    assert set(np.unique(y)) == {0.0, 1 / 0.7}
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.005)
    assert y.mean() == pytest.approx(1, abs=0.01)


def test_one_mask_for_all_steps():
    y = Dropout(0.5, over_time=True).forward(np.ones((3, 7, 40)), rng=np.random.default_rng(0))
    assert (y == y[:, :1]).all()
    assert not (y[0] == y[1]).all()


def test_a_mask_a_step():
    y = Dropout(0.5).forward(np.ones((3, 7, 40)), rng=np.random.default_rng(0))
    assert not (y == y[:, :1]).all()


@pytest.mark.parametrize("over_time", [False, True])
def test_backward_goes_where_forward_went(over_time):
    rng = np.random.default_rng(0)
    x, d_outputs = rng.normal(size=(2, 2, 5, 3))
    layer = Dropout(0.5, over_time)
    y = layer.forward(x, rng=rng)
    np.testing.assert_allclose(layer.backward(d_outputs), d_outputs * (y / x), rtol=1e-12)


@pytest.mark.parametrize("pad", [7.0, np.nan, np.inf])
def test_padding_comes_out_as_zero(pad):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 3))
    x[0, 2:] = pad
    layer = Dropout(0.5)
    y = layer.forward(x, np.array([2, 4]), rng=rng)
    np.testing.assert_array_equal(y[0, 2:], 0)
    dx = layer.backward(x)
    np.testing.assert_array_equal(dx[0, 2:], 0)
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()


def test_either_dtype_drops_the_same_entries():
    x = np.ones((2, 5, 3))
    wide, narrow = (Dropout(0.5).forward(x.astype(t), rng=np.random.default_rng(0)) for t in (np.float64, np.float32))
    assert narrow.dtype == np.float32
    np.testing.assert_array_equal(wide, narrow)


@pytest.mark.parametrize("rate", [-0.1, 1.0, np.nan])
def test_a_bad_rate(rate):
    with pytest.raises(ValueError, match=r"rate must lie in \[0, 1\)"):
        Dropout(rate)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.zeros(3), ValueError, r"x has shape \(3,\), expected \(batch, features\)"),
        (np.zeros((2, 3), int), TypeError, "x must hold floating-point numbers, got dtype int64"),
    ],
)
def test_bad_input(x, error, message):
    with pytest.raises(error, match=message):
        Dropout(0.5).forward(x)


def test_over_time_needs_time():
    with pytest.raises(ValueError, match=r"expected \(batch, time, features\)"):
        Dropout(0.5, over_time=True).forward(np.zeros((2, 3)))


def test_backward_once_after_each_forward():
    layer = Dropout(0.5)
    with pytest.raises(RuntimeError, match="called before forward"):
        layer.backward(np.zeros((1, 1)))
    layer.forward(np.zeros((1, 1)))
    layer.backward(np.zeros((1, 1)))
    with pytest.raises(RuntimeError, match="called twice"):
        layer.backward(np.zeros((1, 1)))
