"""Convolution and max-pooling over time against torch, against padding, and against bad input."""

import numpy as np
import pytest
from gradients import check_padding
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.layers import Conv1D, MaxPoolTime

torch = pytest.importorskip("torch")
size = st.integers(1, 5)


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # torch copies x where the width is even
@settings(deadline=None)
@given(batch=size, time=size, features=size, filters=size, width=st.integers(1, 6), seed=st.integers(0, 99))
def test_conv_equals_torch(batch, time, features, filters, width, seed):
    rng = np.random.default_rng(seed)
    layer = Conv1D(features, filters, width, rng=rng, dtype=np.float64)
    layer.params["b"][:] = rng.normal(size=filters)
    x, d_outputs = rng.normal(size=(batch, time, features)), rng.normal(size=(batch, time, filters))
    y, dx = layer.forward(x), layer.backward(d_outputs)

    theirs = torch.nn.Conv1d(features, filters, width, padding="same", dtype=torch.float64)
    with torch.no_grad():
        theirs.weight.copy_(torch.from_numpy(layer.params["W"].transpose(2, 1, 0).copy()))
        theirs.bias.copy_(torch.from_numpy(layer.params["b"]))
    x_t = torch.tensor(x, requires_grad=True)
    y_t = theirs(x_t.transpose(1, 2)).transpose(1, 2)
    y_t.backward(torch.from_numpy(d_outputs))
    pairs = {
        "y": (y, y_t.detach()),
        "dx": (dx, x_t.grad),
        "W": (layer.grads["W"].transpose(2, 1, 0), theirs.weight.grad),
        "b": (layer.grads["b"], theirs.bias.grad),
    }
    for name, (a, b) in pairs.items():
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-10, atol=1e-12, err_msg=name)


@settings(deadline=None)
@given(batch=size, time=st.integers(1, 9), features=size, window=st.integers(1, 4), seed=st.integers(0, 99))
def test_pool_equals_torch(batch, time, features, window, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(-3, 3, size=(batch, time, features)).astype(float)  # many equal values
    layer = MaxPoolTime(window)
    y = layer.forward(x)
    d_outputs = rng.normal(size=y.shape)
    x_t = torch.tensor(x, requires_grad=True)
    y_t = torch.nn.functional.max_pool1d(x_t.transpose(1, 2), window, ceil_mode=True).transpose(1, 2)
    y_t.backward(torch.from_numpy(d_outputs))
    np.testing.assert_array_equal(y, y_t.detach().numpy())
    np.testing.assert_array_equal(layer.backward(d_outputs), x_t.grad.numpy())


@pytest.mark.parametrize("pad", [7.0, np.nan, np.inf])
@pytest.mark.parametrize("width", [1, 2, 3, 6])
def test_padding_changes_nothing_in_conv(pad, width):
    rng = np.random.default_rng(0)
    layer, lengths = Conv1D(3, 2, width, rng=rng, dtype=np.float64), np.array([5, 2, 0, 1])
    layer.params["b"][:] = 1
    check_padding(layer, rng.normal(size=(4, 5, 3)), rng.normal(size=(4, 5, 2)), lengths, pad, out_lengths=lengths)


@pytest.mark.parametrize("pad", [7.0, np.nan, np.inf])
@pytest.mark.parametrize("window", [1, 2, 3, 9])
def test_padding_changes_nothing_in_pool(pad, window):
    rng = np.random.default_rng(0)
    layer, lengths = MaxPoolTime(window), np.array([7, 3, 0, 1])
    left = layer.lengths(lengths)
    d_outputs = rng.normal(size=(4, left.max(), 3))
    check_padding(layer, rng.normal(size=(4, 7, 3)) - 9, d_outputs, lengths, pad, out_lengths=left)


def test_pooled_lengths():
    np.testing.assert_array_equal(MaxPoolTime(3).lengths(np.array([0, 1, 3, 4])), [0, 1, 1, 2])
    np.testing.assert_array_equal(MaxPoolTime(4).lengths(np.array([3, 9, 255], np.uint8)), [1, 3, 64])
    assert MaxPoolTime(3).lengths(None) is None


def test_float32_stays_float32():
    x = np.ones((2, 5, 3), np.float32)
    conv, pool = Conv1D(3, 3, 2, rng=np.random.default_rng(0)), MaxPoolTime(2)
    y = pool.forward(conv.forward(x))
    dx = conv.backward(pool.backward(y))
    assert {y.dtype, dx.dtype, conv.grads["W"].dtype} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("x", "lengths", "error", "message"),
    [
        (np.zeros((2, 3)), None, ValueError, r"x has shape \(2, 3\), expected \(batch, time, "),
        (np.zeros((0, 5, 3)), None, ValueError, "an empty batch has no result"),
        (np.zeros((2, 5, 3), int), None, TypeError, "x must hold floating-point numbers, got dtype int64"),
        (np.zeros((2, 5, 3)), np.array([1, 6]), ValueError, "between 0 and the 5 steps"),
        (np.zeros((2, 5, 3)), np.array([1.0, 2.0]), TypeError, "lengths must be integers"),
    ],
)
@pytest.mark.parametrize("make", [lambda: Conv1D(3, 2, 3, rng=np.random.default_rng(0), dtype=np.float64),
                                  lambda: MaxPoolTime(2)], ids=["conv", "pool"])  # fmt: skip
def test_bad_input(make, x, lengths, error, message):
    with pytest.raises(error, match=message):
        make().forward(x, lengths)


def test_conv_refuses_other_features_dtypes_and_sizes():
    layer = Conv1D(3, 2, 3, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"x has shape \(2, 5, 4\), expected \(batch, time, 3\)"):
        layer.forward(np.zeros((2, 5, 4), np.float32))
    with pytest.raises(TypeError, match="x has dtype float64, expected the layer's own, float32"):
        layer.forward(np.zeros((2, 5, 3)))
    with pytest.raises(ValueError, match="width must be at least 1"):
        Conv1D(3, 2, 0, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="size must be at least 1"):
        MaxPoolTime(0)


@pytest.mark.parametrize("make", [lambda: Conv1D(1, 1, 3, rng=np.random.default_rng(0), dtype=np.float64),
                                  lambda: MaxPoolTime(1)], ids=["conv", "pool"])  # fmt: skip
def test_backward_once_after_each_forward(make):
    layer, x = make(), np.zeros((1, 4, 1))
    with pytest.raises(RuntimeError, match="called before forward"):
        layer.backward(x)
    layer.forward(x)
    layer.backward(x)
    with pytest.raises(RuntimeError, match="called twice"):
        layer.backward(x)
    layer.forward(x)
    with pytest.raises(ValueError, match=r"d_outputs has shape \(1, 4, 2\), expected \(1, 4, 1\)"):
        layer.backward(np.zeros((1, 4, 2)))
