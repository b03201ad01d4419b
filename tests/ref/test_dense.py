"""The dense layer against torch, against padding, and against bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.layers.dense import Dense

torch = pytest.importorskip("torch")
size = st.integers(1, 5)


@settings(deadline=None)
@given(batch=size, time=st.integers(0, 4), features=size, outputs=size, seed=st.integers(0, 99))
def test_equals_torch(batch, time, features, outputs, seed):
    rng = np.random.default_rng(seed)
    layer = Dense(features, outputs, rng=rng, dtype=np.float64)
    layer.params["b"][:] = rng.normal(size=outputs)
    x = rng.normal(size=(batch, time, features) if time else (batch, features))
    d_outputs = rng.normal(size=(*x.shape[:-1], outputs))
    y, dx = layer.forward(x), layer.backward(d_outputs)

    tensors = [torch.tensor(a, requires_grad=True) for a in (x, layer.params["W"].T, layer.params["b"])]
    theirs = torch.nn.functional.linear(*tensors)
    theirs.backward(torch.from_numpy(d_outputs))
    ours = y, dx, layer.grads["W"].T, layer.grads["b"]
    for a, b in zip(ours, (theirs.detach(), *(t.grad for t in tensors)), strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("pad", [7.0, np.nan, np.inf])
def test_padding_changes_nothing(pad):
    rng = np.random.default_rng(0)
    layer = Dense(3, 2, rng=rng, dtype=np.float64)
    layer.params["b"][:] = 1
    x, d_outputs, lengths = rng.normal(size=(3, 5, 3)), rng.normal(size=(3, 5, 2)), np.array([5, 2, 0])
    rest = np.arange(5) >= lengths[:, None]
    x[rest] = d_outputs[rest] = pad
    y, dx = layer.forward(x, lengths), layer.backward(d_outputs)
    sums = layer.grads
    np.testing.assert_array_equal(y[rest], 0)
    np.testing.assert_array_equal(dx[rest], 0)
    np.testing.assert_allclose(y[~rest], layer.forward(x[~rest]), rtol=1e-12)
    np.testing.assert_allclose(dx[~rest], layer.backward(d_outputs[~rest]), rtol=1e-12)
    for name, gradient in layer.grads.items():
        np.testing.assert_allclose(sums[name], gradient, rtol=1e-12)


def test_float32_stays_float32():
    layer = Dense(3, 2, rng=np.random.default_rng(0))
    x = np.ones((2, 3), np.float32)
    assert {layer.forward(x).dtype, layer.backward(x[:, :2]).dtype, layer.grads["W"].dtype} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("x", "lengths", "error", "message"),
    [
        (np.zeros(3), None, ValueError, r"x has shape \(3,\), expected \(batch, 3\)"),
        (np.zeros((2, 4)), None, ValueError, r"x has shape \(2, 4\), expected \(batch, 3\)"),
        (np.zeros((2, 5, 4)), None, ValueError, r"x has shape \(2, 5, 4\), expected \(batch, time, 3\)"),
        (np.zeros((0, 3)), None, ValueError, "an empty batch has no result"),
        (np.zeros((2, 3), int), None, TypeError, "x must hold floating-point numbers, got dtype int64"),
        (np.zeros((2, 3), object), None, TypeError, "got dtype object"),
        (np.zeros((2, 3), np.float32), None, TypeError, "x has dtype float32, expected the layer's own, float64"),
        (np.zeros((2, 3)), np.array([1, 1]), ValueError, "lengths needs an x of shape"),
        (np.zeros((2, 5, 3)), np.array([1, 6]), ValueError, "between 0 and the 5 steps"),
    ],
)
def test_bad_input(x, lengths, error, message):
    with pytest.raises(error, match=message):
        Dense(3, 2, rng=np.random.default_rng(0), dtype=np.float64).forward(x, lengths)


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ((0, 2), ValueError, "features must be at least 1"),
        ((2, 0), ValueError, "outputs must be at least 1"),
        ((2.0, 2), TypeError, "features must be a whole number"),
        ((True, 2), TypeError, "features must be a whole number"),
    ],
)
def test_bad_sizes(sizes, error, message):
    with pytest.raises(error, match=message):
        Dense(*sizes, rng=np.random.default_rng(0))


def test_a_seed_is_not_a_generator():
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator, got int"):
        Dense(3, 2, rng=0)


def test_bad_gradient_and_backward_once():
    layer = Dense(3, 2, rng=np.random.default_rng(0), dtype=np.float64)
    with pytest.raises(RuntimeError, match=r"Dense\.backward was called before forward"):
        layer.backward(np.zeros((2, 2)))
    layer.forward(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"d_outputs has shape \(2, 3\), expected \(2, 2\)"):
        layer.backward(np.zeros((2, 3)))
    layer.forward(np.zeros((2, 3)))
    layer.backward(np.zeros((2, 2)))
    with pytest.raises(RuntimeError, match="called twice"):
        layer.backward(np.zeros((2, 2)))


def test_forward_twice_gives_the_same():
    layer, x = Dense(3, 2, rng=np.random.default_rng(0), dtype=np.float64), np.ones((2, 3))
    np.testing.assert_array_equal(layer.forward(x), layer.forward(x))
