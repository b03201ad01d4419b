"""The CRF against every tagging there is, its plain form, torch's autograd and another library's figures."""

from itertools import pairwise, product

import numpy as np
import pytest
from gradients import check_parameters, differences
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.layers import CRF
from birnn_ref.layers.bio import bio_rules
from birnn_ref.plain_outputs import crf_log_partition, crf_score, crf_viterbi

NAMES = ("O", "B-x", "I-x", "B-y", "I-y")
PYTORCH_CRF = {
    "log_likelihood": [-5.397000172425024, -5.499374050120492],
    "d_transitions": [
        [-0.2474576191618784, -0.7914400704078425, 0.2819881403974178],
        [-0.2368347309663401, 0.9220190570612561, -0.2119952213216839],
        [0.6521072404039958, 0.6896917470912229, -1.0580785430961486],
    ],
    "decoded": [[0, 2, 2, 2], [0, 1, 0, 0]],
}
small = {"time": st.integers(1, 6), "tags": st.integers(1, 4), "seed": st.integers(0, 999)}


def crf_of(tags, seed=0, scale=1.0, names=None, dtype=np.float64):
    rng = np.random.default_rng(seed)
    layer = CRF(tags, names, rng=rng, dtype=dtype)
    for array in layer.params.values():
        array[...] = scale * rng.normal(size=array.shape)
    return layer


def scores_of_all(layer, emissions):
    """Every tagging of one sequence and its score, by the definition; what the rules forbid is left out."""
    time, tags = emissions.shape
    start, allowed = layer.rules
    found = {}
    for y in product(range(tags), repeat=time):
        if start[y[0]] and all(allowed[a, b] for a, b in pairwise(y)):
            found[y] = crf_score(emissions, np.array(y), **layer.params)
    return found


@settings(deadline=None, max_examples=60)
@given(**small, scale=st.sampled_from([0.1, 1.0, 30.0, 400.0]))
def test_equals_the_enumeration_of_every_tagging(time, tags, seed, scale):
    rng = np.random.default_rng(seed)
    layer, emissions = crf_of(tags, seed, scale), scale * rng.normal(size=(1, time, tags))
    scores = scores_of_all(layer, emissions[0])
    taggings, found = np.array(list(scores)), np.array(list(scores.values()))
    log_p = found - np.logaddexp.reduce(found)
    many = np.repeat(emissions, len(taggings), axis=0)
    np.testing.assert_allclose(layer.forward(many, taggings), log_p, rtol=1e-9, atol=1e-9)
    expected = np.stack([np.exp(log_p) @ (taggings == j) for j in range(tags)], axis=1)
    np.testing.assert_allclose(layer.marginals(emissions)[0], expected, rtol=1e-9, atol=1e-12)
    order = np.argsort(-found, kind="stable")
    k = min(len(found), 7)
    paths, best = layer.k_best(emissions, k)
    np.testing.assert_allclose(best[0], found[order[:k]], rtol=1e-12)
    np.testing.assert_array_equal(paths[0], taggings[order[:k]])
    np.testing.assert_array_equal(layer.decode(emissions)[0], taggings[order[0]])


@settings(deadline=None, max_examples=30)
@given(**small)
def test_equals_the_plain_form(time, tags, seed):
    rng = np.random.default_rng(seed)
    layer, emissions, y = crf_of(tags, seed), rng.normal(size=(3, time, tags)), rng.integers(tags, size=(3, time))
    plain = [crf_score(e, k, **layer.params) - crf_log_partition(e, **layer.params)
             for e, k in zip(emissions, y, strict=True)]  # fmt: skip
    np.testing.assert_allclose(layer.forward(emissions, y), plain, rtol=1e-10, atol=1e-14)
    paths, scores = layer.k_best(emissions, 1)
    for e, path, score in zip(emissions, paths, scores, strict=True):
        best, highest = crf_viterbi(e, **layer.params)
        np.testing.assert_array_equal(path[0], best)
        np.testing.assert_allclose(score[0], highest)


@pytest.mark.parametrize("names", [None, NAMES])
def test_gradients_equal_central_differences(names):
    rng = np.random.default_rng(0)
    layer, lengths = crf_of(5, names=names), np.array([4, 2, 0])
    emissions, y, d = (
        rng.normal(size=(3, 4, 5)),
        np.array([[1, 2, 0, 3], [3, 4, 0, 0], [0, 0, 0, 0]]),
        rng.normal(size=3),
    )
    layer.forward(emissions, y, lengths)
    d_emissions = layer.backward(d)

    def score():
        return np.sum(layer.forward(emissions, y, lengths) * d)

    check_parameters(layer, score)
    np.testing.assert_allclose(d_emissions, differences(score, emissions), rtol=1e-6, atol=1e-8)


@settings(deadline=None, max_examples=20)
@given(
    batch=st.integers(1, 4), time=st.integers(1, 9), seed=st.integers(0, 99), bio=st.booleans(),
    scale=st.sampled_from([1.0, 50.0, 500.0]),
)  # fmt: skip
def test_equals_its_twin(batch, time, seed, bio, scale):
    torch = pytest.importorskip("torch")
    from birnn_ref.twins.torch.crf import TorchCRF

    rng = np.random.default_rng(seed)
    layer, emissions = crf_of(5, seed, names=NAMES if bio else None), scale * rng.normal(size=(batch, time, 5))
    lengths, d = rng.integers(0, time + 1, size=batch), rng.normal(size=batch)
    y = layer.decode(rng.normal(size=emissions.shape))  # taggings that the rules allow
    twin, P = TorchCRF(layer), torch.tensor(emissions, requires_grad=True)
    theirs = twin(P, torch.from_numpy(y), torch.from_numpy(lengths))
    theirs.backward(torch.from_numpy(d))
    np.testing.assert_allclose(layer.forward(emissions, y, lengths), theirs.detach().numpy(), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(layer.backward(d), P.grad.numpy(), rtol=1e-8, atol=1e-11)
    for name, gradient in layer.grads.items():
        own = twin.get_parameter(name).grad
        own = 0 if own is None else own.numpy()  # a single step uses no transition
        np.testing.assert_allclose(gradient, own, rtol=1e-8, atol=1e-11, err_msg=name)
    decoded = twin.decode(P.detach(), torch.from_numpy(lengths)).numpy()
    np.testing.assert_array_equal(layer.decode(emissions, lengths), decoded)


@pytest.mark.parametrize("pad", [7.0, np.nan, np.inf])
@pytest.mark.parametrize("names", [None, NAMES])
def test_padding_changes_nothing(names, pad):
    rng = np.random.default_rng(0)
    layer, lengths = crf_of(5, names=names), np.array([6, 3, 1, 0])
    emissions = rng.normal(size=(4, 6, 5))
    y, d = layer.decode(rng.normal(size=emissions.shape)), rng.normal(size=4)
    rest = np.arange(6) >= lengths[:, None]
    emissions[rest], y[rest] = pad, 99
    value = layer.forward(emissions, y, lengths)
    d_emissions, grads = layer.backward(d), dict(layer.grads)
    marginals, (paths, scores) = layer.marginals(emissions, lengths), layer.k_best(emissions, 3, lengths)
    np.testing.assert_array_equal(d_emissions[rest], 0)
    np.testing.assert_array_equal(marginals[rest], 0)
    sums = dict.fromkeys(grads, 0)
    for i, n in enumerate(lengths):
        own = slice(i, i + 1)
        np.testing.assert_allclose(value[own], layer.forward(emissions[own, :n], y[own, :n]), rtol=1e-12)
        np.testing.assert_allclose(d_emissions[own, :n], layer.backward(d[own]), rtol=1e-10, atol=1e-14)
        sums = {name: sums[name] + layer.grads[name] for name in sums}
        np.testing.assert_allclose(marginals[own, :n], layer.marginals(emissions[own, :n]), rtol=1e-10)
        paths_own, scores_own = layer.k_best(emissions[own, :n], 3)
        np.testing.assert_array_equal(paths[own, :, :n], paths_own)
        np.testing.assert_array_equal(paths[own, :, n:], 0)
        np.testing.assert_allclose(scores[own], scores_own, rtol=1e-12)
    for name, gradient in grads.items():
        np.testing.assert_allclose(gradient, sums[name], rtol=1e-10, atol=1e-13, err_msg=name)


def test_equals_another_librarys_figures():
    """From pytorch-crf 0.7.2 (torchcrf.CRF, batch first, float64) on these same numbers."""
    layer = CRF(3, rng=np.random.default_rng(0), dtype=np.float64)
    layer.params["transitions"][...] = np.sin(np.arange(9.0)).reshape(3, 3)
    layer.params["start"][...], layer.params["end"][...] = np.cos(np.arange(3.0)), np.sin(np.arange(3.0) + 1)
    emissions = np.sin(np.arange(24.0) * 1.7).reshape(2, 4, 3)
    y, lengths = np.array([[0, 2, 1, 1], [2, 0, 0, 0]]), np.array([4, 2])
    np.testing.assert_allclose(layer.forward(emissions, y, lengths), PYTORCH_CRF["log_likelihood"], rtol=1e-12)
    layer.backward(np.ones(2))
    np.testing.assert_allclose(layer.grads["transitions"], PYTORCH_CRF["d_transitions"], rtol=1e-9, atol=1e-12)
    assert layer.decode(emissions, lengths).tolist() == PYTORCH_CRF["decoded"]


def test_what_the_rules_forbid_is_never_decoded_and_has_no_share():
    rng = np.random.default_rng(0)
    layer, emissions = crf_of(5, names=NAMES), 3 * rng.normal(size=(1, 4, 5))
    scores = scores_of_all(layer, emissions[0])
    assert len(scores) < 5**4
    found = np.array(list(scores.values()))
    log_p = found - np.logaddexp.reduce(found)
    taggings = np.array(list(scores))
    np.testing.assert_allclose(layer.forward(np.repeat(emissions, len(found), 0), taggings), log_p, rtol=1e-10)
    paths, ranked = layer.k_best(emissions, len(found) + 2)
    assert {tuple(path) for path in paths[0, :-2].tolist()} == set(scores)
    assert np.isneginf(ranked[0, -2:]).all()
    assert np.isfinite(ranked[0, :-2]).all()
    unbound = crf_of(5)
    lively = 3 * rng.normal(size=(50, 6, 5))
    start, allowed = bio_rules(NAMES)
    for crf, breaks in ((unbound, True), (layer, False)):
        y = crf.decode(lively)
        assert (not (start[y[:, 0]].all() and allowed[y[:, :-1], y[:, 1:]].all())) == breaks


def test_sums_that_no_product_of_powers_holds_are_taken_term_by_term():
    """The best tag before and the best tag after exclude each other: exp(900) times exp(-900) is not 1 in floats."""
    layer = CRF(3, ["O", "B-x", "I-x"], rng=np.random.default_rng(0), dtype=np.float64)
    for array in layer.params.values():
        array[...] = 0
    emissions = np.array([[[900.0, 0, 0], [-900.0, -900.0, 0]]])
    y = np.array([[1, 2]])
    np.testing.assert_allclose(layer.forward(emissions, y), [-np.log1p(2 * np.exp(0.0) + np.exp(-900.0))], rtol=1e-12)
    d_emissions = layer.backward(np.ones(1))
    np.testing.assert_allclose(d_emissions[0, 0], [-2 / 3, 2 / 3, 0], atol=1e-12)
    np.testing.assert_allclose(layer.grads["transitions"], [[-1 / 3, -1 / 3, 0], [0, 0, 2 / 3], [0, 0, 0]], atol=1e-12)


def test_the_loss_is_a_mean_over_steps_and_stores_the_gradients():
    rng = np.random.default_rng(0)
    layer, emissions, y = crf_of(4), rng.normal(size=(3, 5, 4)), rng.integers(4, size=(3, 5))
    lengths = np.array([5, 0, 2])
    value, d_emissions = layer.loss(emissions, y, lengths)
    np.testing.assert_allclose(value, -layer.forward(emissions, y, lengths).sum() / 7)
    np.testing.assert_allclose(
        d_emissions, differences(lambda: layer.loss(emissions, y, lengths)[0], emissions), atol=1e-8
    )
    check_parameters(layer, lambda: layer.loss(emissions, y, lengths)[0])


def test_float32_stays_float32():
    layer = crf_of(4, dtype=np.float32)
    emissions, y = np.zeros((2, 3, 4), np.float32), np.zeros((2, 3), int)
    assert layer.forward(emissions, y).dtype == np.float32
    assert layer.backward(np.ones(2, np.float32)).dtype == np.float32
    assert {g.dtype for g in layer.grads.values()} == {np.dtype(np.float32)}
    assert layer.marginals(emissions).dtype == layer.k_best(emissions, 2)[1].dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.zeros((2, 3, 4)), np.zeros((2, 3), int)), ValueError, r"emissions has shape \(2, 3, 4\)"),
        ((np.zeros((0, 3, 5)), np.zeros((0, 3), int)), ValueError, "an empty batch"),
        ((np.zeros((2, 3, 5), np.float32), np.zeros((2, 3), int)), TypeError, "emissions has dtype float32"),
        ((np.zeros((2, 3, 5)), np.zeros((2, 3))), TypeError, "tags must be integers, got dtype float64"),
        ((np.zeros((2, 3, 5)), np.zeros((2, 4), int)), ValueError, r"tags has shape \(2, 4\), expected \(2, 3\)"),
        ((np.zeros((2, 3, 5)), np.full((2, 3), 5)), ValueError, "tags must lie between 0 and 4, got 5 to 5"),
        ((np.zeros((2, 3, 5)), np.zeros((2, 3), int), [4, 1]), ValueError, "between 0 and the 3 steps of emissions"),
        ((np.zeros((1, 3, 5)), np.array([[0, 2, 2]])), ValueError, "sequence 0 are not a BIO tagging, I-x after O"),
        ((np.zeros((1, 3, 5)), np.array([[0, 1, 4]])), ValueError, "sequence 0 are not a BIO tagging, I-y after B-x"),
        ((np.zeros((1, 3, 5)), np.array([[2, 2, 0]])), ValueError, "not a BIO tagging, I-x after the start"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        crf_of(5, names=NAMES).forward(*arguments)


def test_bad_settings():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="tags must be at least 1, got 0"):
        CRF(0, rng=rng)
    with pytest.raises(ValueError, match="a name for each of the 3 tags, got 2"):
        CRF(3, ["O", "B-x"], rng=rng)
    with pytest.raises(ValueError, match="names must be O, B-x or I-x each, got 'S-x'"):
        CRF(2, ["O", "S-x"], rng=rng)
    with pytest.raises(ValueError, match="a tag that may begin a sequence"):
        CRF(1, ["I-x"], rng=rng)
    with pytest.raises(ValueError, match="k must be at least 1"):
        crf_of(3).k_best(np.zeros((1, 2, 3)), 0)
    with pytest.raises(ValueError, match="no step that counts"):
        crf_of(3).loss(np.zeros((1, 2, 3)), np.zeros((1, 2), int), [0])


def test_backward_once_after_each_forward():
    layer = crf_of(3)
    with pytest.raises(RuntimeError, match="called before forward"):
        layer.backward(np.zeros(1))
    layer.forward(np.zeros((1, 2, 3)), np.zeros((1, 2), int))
    layer.backward(np.zeros(1))
    with pytest.raises(RuntimeError, match="called twice"):
        layer.backward(np.zeros(1))
