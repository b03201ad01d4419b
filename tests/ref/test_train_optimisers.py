"""Optimisers and clipping against torch, with dense and with sparse gradients."""

import numpy as np
import pytest

from birnn_ref.layers import Dense, Embedding, SparseRows
from birnn_ref.train import SGD, Adam, clip_gradients

torch = pytest.importorskip("torch")


def _layer(rng):
    layer = Dense(3, 2, rng=rng, dtype=np.float64)
    tensors = {name: torch.tensor(array.copy(), requires_grad=True) for name, array in layer.params.items()}
    return layer, tensors


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda m: SGD(m, 0.1), lambda p: torch.optim.SGD(p, 0.1)),
        (lambda m: SGD(m, 0.1, 0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
        (lambda m: Adam(m), lambda p: torch.optim.Adam(p)),
        (lambda m: Adam(m, 0.1, 0.7, 0.8, 1e-3), lambda p: torch.optim.Adam(p, 0.1, (0.7, 0.8), 1e-3)),
    ],
)
def test_dense_steps_equal_torch(ours, theirs):
    rng = np.random.default_rng(0)
    layer, tensors = _layer(rng)
    optimiser, other = ours(layer), theirs(tensors.values())
    for _ in range(5):
        layer.grads = {name: rng.normal(size=array.shape) for name, array in layer.params.items()}
        for name, tensor in tensors.items():
            tensor.grad = torch.from_numpy(layer.grads[name].copy())
        optimiser.step()
        other.step()
        for name, tensor in tensors.items():
            np.testing.assert_allclose(layer.params[name], tensor.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_lazy_adam_equals_torch():
    rng = np.random.default_rng(0)
    layer = Embedding(6, 3, rng=rng, dtype=np.float64)
    W = torch.tensor(layer.params["W"].copy(), requires_grad=True)
    # torch adds epsilon before the correction of the square's mean, Adam's authors after it: keep it out of the way.
    optimiser, other = Adam(layer, 0.01, epsilon=1e-30), torch.optim.SparseAdam([W], 0.01, eps=1e-30)
    for rows in ([0, 2], [2, 5], [0], [1, 2, 3]):
        before, values = layer.params["W"].copy(), rng.normal(size=(len(rows), 3))
        layer.grads = {"W": SparseRows(np.array(rows), values)}
        W.grad = torch.sparse_coo_tensor(
            [rows], torch.from_numpy(values), (6, 3), is_coalesced=True, check_invariants=True
        )
        optimiser.step()
        other.step()
        np.testing.assert_allclose(layer.params["W"], W.detach().numpy(), rtol=1e-10)
        still = np.setdiff1d(np.arange(6), rows)
        np.testing.assert_array_equal(layer.params["W"][still], before[still])


@pytest.mark.parametrize("make", [lambda m: SGD(m, 0.1, 0.9), lambda m: Adam(m)])
def test_all_rows_sparse_equals_dense(make):
    rng = np.random.default_rng(0)
    both = [Embedding(4, 3, rng=np.random.default_rng(1), dtype=np.float64) for _ in range(2)]
    optimisers = [make(layer) for layer in both]
    for _ in range(3):
        gradient = rng.normal(size=(4, 3))
        both[0].grads, both[1].grads = {"W": gradient}, {"W": SparseRows(np.arange(4), gradient)}
        for optimiser in optimisers:
            optimiser.step()
    np.testing.assert_allclose(both[0].params["W"], both[1].params["W"], rtol=1e-12)


def test_no_rows_change_nothing():
    layer = Embedding(4, 3, rng=np.random.default_rng(1))
    before = layer.params["W"].copy()
    layer.grads = {"W": SparseRows(np.zeros(0, int), np.zeros((0, 3), np.float32))}
    Adam(layer).step()
    np.testing.assert_array_equal(layer.params["W"], before)


@pytest.mark.parametrize("make", [lambda m: SGD(m, 0.1, 0.9), lambda m: Adam(m)])
def test_float32_stays_float32(make):
    layer = Dense(3, 2, rng=np.random.default_rng(0))
    optimiser = make(layer)
    layer.grads = {name: np.ones_like(array) for name, array in layer.params.items()}
    optimiser.step()
    assert {a.dtype for a in (*layer.params.values(), *optimiser.memory.values())} == {np.dtype(np.float32)}


@pytest.mark.parametrize("make", [lambda m: SGD(m, 0.1, 0.9), lambda m: Adam(m)])
def test_state_goes_on_exactly(make):
    rng = np.random.default_rng(0)
    layer, _ = _layer(rng)
    gradients = [{name: rng.normal(size=a.shape) for name, a in layer.params.items()} for _ in range(4)]
    optimiser = make(layer)
    for i, layer.grads in enumerate(gradients):
        if i == 2:
            state, kept = optimiser.state(), {name: a.copy() for name, a in layer.params.items()}
        optimiser.step()
    other, _ = _layer(rng)
    for name, array in kept.items():
        other.params[name][:] = array
    resumed = make(other)
    resumed.load_state(state)
    for other.grads in gradients[2:]:
        resumed.step()
    for name, array in layer.params.items():
        np.testing.assert_array_equal(array, other.params[name])


@pytest.mark.parametrize("limit", [0.5, 100.0])
def test_clipping_equals_torch(limit):
    rng = np.random.default_rng(0)
    layer, tensors = _layer(rng)
    layer.grads = {name: rng.normal(size=array.shape) for name, array in layer.params.items()}
    for name, tensor in tensors.items():
        tensor.grad = torch.from_numpy(layer.grads[name].copy())
    theirs = torch.nn.utils.clip_grad_norm_(tensors.values(), limit)
    assert clip_gradients(layer, limit) == pytest.approx(theirs.item(), rel=1e-12)
    for name, tensor in tensors.items():
        # torch adds 1e-6 to the norm
        np.testing.assert_allclose(layer.grads[name], tensor.grad.numpy(), rtol=1e-5)


def test_clipping_reaches_sparse_rows_and_large_float32():
    layer = Embedding(4, 2, rng=np.random.default_rng(0))
    layer.grads = {"W": SparseRows(np.array([1]), np.array([[3e30, 4e30]], np.float32))}
    assert clip_gradients(layer, 1.0) == pytest.approx(5e30)
    np.testing.assert_allclose(layer.grads["W"].values, [[0.6, 0.8]], rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_clipping_refuses_what_is_not_finite(value):
    layer = Dense(1, 1, rng=np.random.default_rng(0))
    layer.grads = {"W": np.full((1, 1), value, np.float32)}
    with pytest.raises(FloatingPointError, match="the gradient's norm is"):
        clip_gradients(layer, 1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: SGD(m, 0), "rate must be positive"),
        (lambda m: SGD(m, 0.1, 1.0), r"momentum must be in \[0, 1\)"),
        (lambda m: Adam(m, -1), "rate must be positive"),
        (lambda m: Adam(m, decay_mean=1), r"decay_mean must be in \[0, 1\)"),
        (lambda m: Adam(m, decay_square=-1), r"decay_square must be in \[0, 1\)"),
        (lambda m: Adam(m, epsilon=0), "epsilon must be positive"),
        (lambda m: clip_gradients(m, 0), "limit must be positive"),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make(Dense(1, 1, rng=np.random.default_rng(0)))


def test_a_step_before_backward():
    with pytest.raises(RuntimeError, match="no gradients: call the model's backward"):
        Adam(Dense(1, 1, rng=np.random.default_rng(0))).step()
