"""Attention: against torch or differences, padding, and bad input."""

import numpy as np
import pytest
from gradients import check_parameters, differences
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.layers import AdditiveAttention, DotAttention

torch = pytest.importorskip("torch")
size = st.integers(1, 5)


@settings(deadline=None)
@given(batch=size, time=size, queries=size, features=size, seed=st.integers(0, 99))
def test_dot_equals_torch(batch, time, queries, features, seed):
    rng = np.random.default_rng(seed)
    h, s = rng.normal(size=(batch, time, features)), rng.normal(size=(batch, queries, features))
    lengths, d_context = rng.integers(1, time + 1, size=batch), rng.normal(size=(batch, queries, features))
    layer = DotAttention()
    context, _ = layer.forward(h, lengths, s)
    dh, ds = layer.backward(d_context)
    h_t, s_t = (torch.tensor(a, requires_grad=True) for a in (h, s))
    mask = torch.from_numpy(np.arange(time) < lengths[:, None])[:, None]
    theirs = torch.nn.functional.scaled_dot_product_attention(s_t, h_t, h_t, attn_mask=mask)
    theirs.backward(torch.from_numpy(d_context))
    for a, b in ((context, theirs.detach()), (dh, h_t.grad), (ds, s_t.grad)):
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-10, atol=1e-12)


def test_unscaled_scores_are_plain_products():
    h, s = np.random.default_rng(0).normal(size=(2, 1, 3, 2))
    _, alpha = DotAttention(scaled=False).forward(h, None, s)
    powers = np.exp(s[0] @ h[0].T)
    np.testing.assert_allclose(alpha[0], powers / powers.sum(1, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("scaled", [True, False])
def test_dot_gradients_equal_central_differences(scaled):
    rng = np.random.default_rng(0)
    h, s, d_context = rng.normal(size=(3, 2, 4, 3))
    layer, lengths = DotAttention(scaled), np.array([4, 2])
    layer.forward(h, lengths, s)
    dh, ds = layer.backward(d_context)

    def score():
        return np.sum(layer.forward(h, lengths, s)[0] * d_context)

    np.testing.assert_allclose(dh, differences(score, h), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ds, differences(score, s), rtol=1e-6, atol=1e-8)


def test_additive_follows_its_equations():
    rng = np.random.default_rng(0)
    layer = AdditiveAttention(3, 4, 2, rng=rng, dtype=np.float64)
    h, s = rng.normal(size=(1, 5, 3)), rng.normal(size=(1, 2, 2))
    context, alpha = layer.forward(h, None, s)
    p = layer.params
    for i in range(2):
        e = np.array([p["v"] @ np.tanh(s[0, i] @ p["W"] + h[0, j] @ p["U"]) for j in range(5)])
        weights = np.exp(e) / np.exp(e).sum()
        np.testing.assert_allclose(alpha[0, i], weights, rtol=1e-12)
        np.testing.assert_allclose(context[0, i], weights @ h[0], rtol=1e-12)


@pytest.mark.parametrize("asks", [True, False])
def test_additive_gradients_equal_central_differences(asks):
    rng = np.random.default_rng(0)
    layer = AdditiveAttention(3, 4, 2 if asks else None, rng=rng, dtype=np.float64)
    h, lengths = rng.normal(size=(3, 5, 3)), np.array([5, 2, 0])
    s = rng.normal(size=(3, 2, 2)) if asks else None
    context, _ = layer.forward(h, lengths, s)
    d_context = rng.normal(size=context.shape)
    gradients = layer.backward(d_context)

    def score():
        return np.sum(layer.forward(h, lengths, s)[0] * d_context)

    check_parameters(layer, score)
    dh, ds = gradients if asks else (gradients, None)
    np.testing.assert_allclose(dh, differences(score, h), rtol=1e-6, atol=1e-8)
    if asks:
        np.testing.assert_allclose(ds, differences(score, s), rtol=1e-6, atol=1e-8)


def _layers():
    rng = np.random.default_rng(0)
    return {
        "dot": (DotAttention(), 3),
        "additive": (AdditiveAttention(3, 4, 2, rng=rng, dtype=np.float64), 2),
        "pooling": (AdditiveAttention(3, 4, rng=rng, dtype=np.float64), None),
    }


by_kind = pytest.mark.parametrize("kind", ["dot", "additive", "pooling"])


@by_kind
@pytest.mark.parametrize("pad", [7.0, np.nan, np.inf])
def test_padding_changes_nothing(kind, pad):
    layer, width = _layers()[kind]
    rng = np.random.default_rng(0)
    h, lengths = rng.normal(size=(4, 5, 3)), np.array([5, 2, 0, 1])
    s = None if width is None else rng.normal(size=(4, 2, width))
    d_context = rng.normal(size=(4, 2, 3) if width else (4, 3))
    h[np.arange(5) >= lengths[:, None]] = pad

    def both(own, n):
        asked = s if s is None else s[own]
        context, alpha = layer.forward(h[own, :n], np.minimum(lengths[own], n), asked)
        gradients = layer.backward(d_context[own])
        dh, ds = gradients if asked is not None else (gradients, np.zeros(0))
        return context, alpha, dh, ds, dict(layer.grads)

    context, alpha, dh, ds, grads = both(slice(0, 4), 5)
    np.testing.assert_array_equal(context[2], 0)
    np.testing.assert_array_equal(alpha[2], 0)
    np.testing.assert_allclose(alpha[[0, 1, 3]].sum(-1), 1, rtol=1e-12)
    sums = dict.fromkeys(grads, 0)
    for i, n in enumerate(lengths):
        c_own, a_own, dh_own, ds_own, g_own = both(slice(i, i + 1), n)
        np.testing.assert_allclose(context[i : i + 1], c_own, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(alpha[i : i + 1, ..., :n], a_own, rtol=1e-10)
        np.testing.assert_array_equal(alpha[i, ..., n:], 0)
        np.testing.assert_allclose(dh[i : i + 1, :n], dh_own, rtol=1e-10, atol=1e-12)
        np.testing.assert_array_equal(dh[i, n:], 0)
        np.testing.assert_allclose(ds[i : i + 1], ds_own, rtol=1e-10, atol=1e-12)
        sums = {name: sums[name] + g_own[name] for name in sums}
    for name, g in grads.items():
        np.testing.assert_allclose(g, sums[name], rtol=1e-10, atol=1e-12, err_msg=name)


def test_large_scores_do_not_overflow():
    h = np.array([[[1e4], [-1e4]]])
    context, alpha = DotAttention().forward(h, None, np.array([[[1e4]]]))
    np.testing.assert_array_equal(alpha, [[[1, 0]]])
    np.testing.assert_array_equal(context, [[[1e4]]])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"h": np.zeros((2, 3))}, ValueError, r"h has shape \(2, 3\), expected \(batch, time, "),
        ({"h": np.zeros((0, 5, 3))}, ValueError, "an empty batch has no result"),
        ({"h": np.zeros((2, 5, 3), int)}, TypeError, "h must hold floating-point numbers"),
        ({"lengths": np.array([1, 6])}, ValueError, "between 0 and the 5 steps"),
        ({"queries": np.zeros((2, 4))}, ValueError, r"queries has shape \(2, 4\), expected \(2, queries, "),
        ({"queries": np.zeros((3, 4, 3))}, ValueError, r"queries has shape \(3, 4, 3\), expected \(2, queries, "),
        ({"queries": np.zeros((2, 4, 3), np.float32)}, TypeError, "queries has dtype float32"),
        ({"queries": None}, TypeError, r"queries must be a NumPy array"),
    ],
)
@pytest.mark.parametrize("kind", ["dot", "additive"])
def test_bad_input(kind, change, error, message):
    layer = DotAttention() if kind == "dot" else AdditiveAttention(
        3, 4, 3, rng=np.random.default_rng(0), dtype=np.float64)  # fmt: skip
    arguments = {"h": np.zeros((2, 5, 3)), "lengths": None, "queries": np.zeros((2, 4, 3)), **change}
    with pytest.raises(error, match=message):
        layer.forward(**arguments)


def test_queries_to_a_layer_without_them():
    layer = _layers()["pooling"][0]
    with pytest.raises(ValueError, match="built without query_features"):
        layer.forward(np.zeros((2, 5, 3)), None, np.zeros((2, 1, 3)))


@by_kind
def test_backward_once_after_each_forward(kind):
    layer, width = _layers()[kind]
    with pytest.raises(RuntimeError, match="called before forward"):
        layer.backward(np.zeros((1, 3)))
    context, _ = layer.forward(np.zeros((1, 4, 3)), None, None if width is None else np.zeros((1, 2, width)))
    layer.backward(np.zeros_like(context))
    with pytest.raises(RuntimeError, match="called twice"):
        layer.backward(np.zeros_like(context))
