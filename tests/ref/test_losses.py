"""Losses against torch, their extremes, padding and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.losses import binary_cross_entropy, sigmoid, softmax, softmax_cross_entropy

torch = pytest.importorskip("torch")
size = st.integers(1, 5)


@settings(deadline=None)
@given(batch=size, time=st.integers(0, 4), classes=size, seed=st.integers(0, 99))
def test_softmax_equals_torch(batch, time, classes, seed):
    rng = np.random.default_rng(seed)
    axes = (batch, time) if time else (batch,)
    logits, targets = rng.normal(size=(*axes, classes)) * 5, rng.integers(classes, size=axes)
    loss, d_logits = softmax_cross_entropy(logits, targets)
    z = torch.tensor(logits, requires_grad=True)
    theirs = torch.nn.functional.cross_entropy(z.reshape(-1, classes), torch.from_numpy(targets).reshape(-1))
    theirs.backward()
    np.testing.assert_allclose(loss, theirs.item(), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(d_logits, z.grad.numpy(), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(softmax(logits), torch.softmax(z, -1).detach().numpy(), rtol=1e-10)


@settings(deadline=None)
@given(batch=size, shape=st.sampled_from([(), (1,), (4, 1)]), seed=st.integers(0, 99), soft=st.booleans())
def test_binary_equals_torch(batch, shape, seed, soft):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(batch, *shape)) * 5
    targets = rng.random(logits.shape) if soft else rng.integers(2, size=logits.shape)
    loss, d_logits = binary_cross_entropy(logits, targets)
    z = torch.tensor(logits, requires_grad=True)
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(z, torch.from_numpy(targets.astype(float)))
    theirs.backward()
    np.testing.assert_allclose(loss, theirs.item(), rtol=1e-10)
    np.testing.assert_allclose(d_logits, z.grad.numpy(), rtol=1e-10, atol=1e-14)
    if shape:
        assert binary_cross_entropy(logits, targets[..., 0])[0] == loss
    np.testing.assert_allclose(sigmoid(logits), torch.sigmoid(z).detach().numpy(), rtol=1e-10)


def test_extreme_logits_stay_finite():
    for sign in (1, -1):
        loss, d_logits = binary_cross_entropy(np.array([sign * 1e4]), np.array([0]))
        assert loss == (1e4 if sign > 0 else 0)
        assert d_logits == (1 if sign > 0 else 0)
    loss, d_logits = softmax_cross_entropy(np.array([[1e4, -1e4]]), np.array([1]))
    assert loss == 2e4
    np.testing.assert_array_equal(d_logits, [[1, -1]])


@pytest.mark.parametrize("pad", [7.0, np.nan, np.inf])
@pytest.mark.parametrize(("loss", "classes", "pad_target"), [(softmax_cross_entropy, 3, 99),
                                                             (binary_cross_entropy, 1, -1)])  # fmt: skip
def test_padding_changes_nothing(loss, classes, pad_target, pad):
    rng = np.random.default_rng(0)
    logits, lengths = rng.normal(size=(3, 5, classes)), np.array([5, 2, 0])
    targets = rng.integers(max(2, classes), size=(3, 5))
    rest = np.arange(5) >= lengths[:, None]
    value, d_logits = loss(logits[~rest], targets[~rest])
    logits[rest], targets[rest] = pad, pad_target
    padded_value, padded_d = loss(logits, targets, lengths)
    assert padded_value == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(padded_d[~rest], d_logits, rtol=1e-12)
    np.testing.assert_array_equal(padded_d[rest], 0)


def test_float32_stays_float32():
    assert softmax_cross_entropy(np.zeros((2, 3), np.float32), np.array([0, 1]))[1].dtype == np.float32
    assert binary_cross_entropy(np.zeros((2, 1), np.float32), np.array([0, 1]))[1].dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.zeros((2, 3, 4, 5)), np.zeros(2, int)), ValueError, r"logits has shape \(2, 3, 4, 5\)"),
        ((np.zeros((2, 3), int), np.zeros(2, int)), TypeError, "logits must hold floating-point numbers"),
        ((np.zeros((0, 3)), np.zeros(0, int)), ValueError, "an empty batch"),
        ((np.zeros((2, 3)), np.zeros(2)), TypeError, "targets must be integers, got dtype float64"),
        ((np.zeros((2, 3)), np.zeros(3, int)), ValueError, r"targets has shape \(3,\), expected \(2,\)"),
        ((np.zeros((2, 3)), np.array([0, 3])), ValueError, "targets must lie between 0 and 2, got 0 to 3"),
        ((np.zeros((2, 3)), np.array([-1, 0])), ValueError, "targets must lie between 0 and 2, got -1 to 0"),
        ((np.zeros((2, 3)), np.array([0, 0]), np.array([1, 1])), ValueError, "lengths needs logits of shape"),
        ((np.zeros((2, 3, 4)), np.zeros((2, 3), int), np.array([0, 0])), ValueError, "no step that counts"),
        ((np.zeros((2, 3, 4)), np.zeros((2, 3), int), np.array([0, 4])), ValueError, "between 0 and the 3 steps"),
    ],
)
def test_bad_input_to_softmax(arguments, error, message):
    with pytest.raises(error, match=message):
        softmax_cross_entropy(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.zeros((2, 3)), np.zeros(2, int)), ValueError, r"logits has shape \(2, 3\), expected \(batch, 1\)"),
        ((np.zeros((2, 1)), np.array(["a", "b"])), TypeError, "targets must be numbers"),
        ((np.zeros((2, 1)), np.zeros((2, 2), int)), ValueError, r"targets has shape \(2, 2\), expected \(2,\)"),
        ((np.zeros((2, 1)), np.array([0, 2])), ValueError, "targets must lie between 0 and 1"),
        ((np.zeros((2, 1)), np.array([0, np.nan])), ValueError, "targets must lie between 0 and 1"),
    ],
)
def test_bad_input_to_binary(arguments, error, message):
    with pytest.raises(error, match=message):
        binary_cross_entropy(*arguments)
