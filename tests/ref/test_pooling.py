"""Pooling over time: right on whole sequences, its gradient, padding and bad input."""

import numpy as np
import pytest
from gradients import check_padding, differences

from birnn_ref.layers import PoolTime

WAYS = ("mean", "max", "last")
by_way = pytest.mark.parametrize("how", WAYS)


@pytest.mark.parametrize(("how", "expected"), [("mean", lambda x: x.mean(1)), ("max", lambda x: x.max(1)),
                                               ("last", lambda x: x[:, -1])])  # fmt: skip
def test_whole_sequences(how, expected):
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    np.testing.assert_allclose(PoolTime(how).forward(x), expected(x), rtol=1e-12)


@by_way
def test_gradient_equals_central_differences(how):
    rng = np.random.default_rng(0)
    x, d_outputs, lengths = rng.normal(size=(3, 5, 2)), rng.normal(size=(3, 2)), np.array([5, 3, 1])
    layer = PoolTime(how)
    layer.forward(x, lengths)
    dx = layer.backward(d_outputs)
    expected = differences(lambda: np.sum(layer.forward(x, lengths) * d_outputs), x)
    np.testing.assert_allclose(dx, expected, atol=1e-8)


@by_way
@pytest.mark.parametrize("pad", [7.0, np.nan, np.inf])
def test_padding_changes_nothing(how, pad):
    rng = np.random.default_rng(0)
    check_padding(PoolTime(how), rng.normal(size=(4, 5, 3)) - 9, rng.normal(size=(4, 3)), np.array([5, 2, 0, 1]), pad)


@by_way
def test_no_steps_give_zero(how):
    layer = PoolTime(how)
    np.testing.assert_array_equal(layer.forward(np.full((1, 2, 3), np.nan), np.array([0])), np.zeros((1, 3)))
    np.testing.assert_array_equal(layer.backward(np.ones((1, 3))), np.zeros((1, 2, 3)))
    np.testing.assert_array_equal(layer.forward(np.zeros((1, 0, 3))), np.zeros((1, 3)))
    assert layer.backward(np.ones((1, 3))).shape == (1, 0, 3)


@by_way
def test_float32_stays_float32(how):
    layer, x = PoolTime(how), np.ones((2, 5, 3), np.float32)
    y = layer.forward(x, np.array([5, 2]))
    assert {y.dtype, layer.backward(y).dtype} == {np.dtype(np.float32)}


def test_an_unknown_way():
    with pytest.raises(ValueError, match="how must be one of 'mean', 'max', 'last', got 'first'"):
        PoolTime("first")


@by_way
@pytest.mark.parametrize(
    ("x", "lengths", "error", "message"),
    [
        (np.zeros((2, 3)), None, ValueError, r"x has shape \(2, 3\), expected \(batch, time, features\)"),
        (np.zeros((0, 5, 3)), None, ValueError, "an empty batch has no result"),
        (np.zeros((2, 5, 3), object), None, TypeError, "got dtype object"),
        (np.zeros((2, 5, 3)), np.array([-1, 2]), ValueError, "between 0 and the 5 steps"),
    ],
)
def test_bad_input(how, x, lengths, error, message):
    with pytest.raises(error, match=message):
        PoolTime(how).forward(x, lengths)


@by_way
def test_backward_once_after_each_forward(how):
    layer = PoolTime(how)
    with pytest.raises(RuntimeError, match="called before forward"):
        layer.backward(np.zeros((1, 1)))
    layer.forward(np.zeros((1, 2, 1)))
    layer.backward(np.zeros((1, 1)))
    with pytest.raises(RuntimeError, match="called twice"):
        layer.backward(np.zeros((1, 1)))
