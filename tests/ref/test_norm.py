"""Layer normalisation against torch, against padding, and against bad input."""

import numpy as np
import pytest
from gradients import check_padding
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.layers import LayerNorm

torch = pytest.importorskip("torch")
size = st.integers(1, 5)


@settings(deadline=None)
@given(batch=size, time=st.integers(0, 4), features=st.integers(2, 6), seed=st.integers(0, 99))
def test_equals_torch(batch, time, features, seed):
    rng = np.random.default_rng(seed)
    layer = LayerNorm(features, dtype=np.float64)
    for parameter in layer.params.values():
        parameter[:] = rng.normal(size=features)
    x, d_outputs = rng.normal(size=(2, batch, time, features) if time else (2, batch, features))
    y, dx = layer.forward(x), layer.backward(d_outputs)

    tensors = [torch.tensor(a, requires_grad=True) for a in (x, layer.params["g"], layer.params["b"])]
    theirs = torch.nn.functional.layer_norm(tensors[0], (features,), *tensors[1:])
    theirs.backward(torch.from_numpy(d_outputs))
    ours = y, dx, layer.grads["g"], layer.grads["b"]
    for a, b in zip(ours, (theirs.detach(), *(t.grad for t in tensors)), strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("pad", [7.0, np.nan, np.inf])
def test_padding_changes_nothing(pad):
    rng = np.random.default_rng(0)
    layer, lengths = LayerNorm(3, dtype=np.float64), np.array([5, 2, 0, 1])
    layer.params["b"][:] = 1
    check_padding(layer, *rng.normal(size=(2, 4, 5, 3)), lengths, pad, out_lengths=lengths)


def test_equal_features_are_finite():
    layer = LayerNorm(3)
    x = np.full((1, 3), 7, np.float32)
    np.testing.assert_array_equal(layer.forward(x), 0)
    assert np.isfinite(layer.backward(x)).all()
    assert layer.grads["g"].dtype == np.float32


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.zeros((2, 4)), ValueError, r"x has shape \(2, 4\), expected \(batch, 3\)"),
        (np.zeros((2, 5, 4)), ValueError, r"x has shape \(2, 5, 4\), expected \(batch, time, 3\)"),
        (np.zeros((0, 3), np.float32), ValueError, "an empty batch has no result"),
        (np.zeros((2, 3), int), TypeError, "x must hold floating-point numbers, got dtype int64"),
        (np.zeros((2, 3)), TypeError, "x has dtype float64, expected the layer's own, float32"),
    ],
)
def test_bad_input(x, error, message):
    with pytest.raises(error, match=message):
        LayerNorm(3).forward(x)


def test_backward_once_after_each_forward():
    layer = LayerNorm(3, dtype=np.float64)
    with pytest.raises(RuntimeError, match="called before forward"):
        layer.backward(np.zeros((1, 3)))
    layer.forward(np.zeros((1, 3)))
    layer.backward(np.zeros((1, 3)))
    with pytest.raises(RuntimeError, match="called twice"):
        layer.backward(np.zeros((1, 3)))
