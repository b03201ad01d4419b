"""What only two directions have: merges, pairs, and which end each of them starts from."""

import numpy as np
import pytest
from ref.comparisons import assert_same, in_torch, random_params

from birnn_ref.layers import Bidirectional, Recurrent
from birnn_ref.plain import bigru_forward, bilstm_forward, birnn_forward

CELLS = ["rnn", "lstm", "gru"]
LENGTHS = np.array([6, 3, 1, 4])


def _layer(cell, merge="concat", seed=0):
    rng = np.random.default_rng(seed)
    layer = Bidirectional(cell, 3, 5, merge=merge, rng=rng, dtype=np.float64)
    random_params(layer, rng)
    return layer, rng


@pytest.mark.parametrize("cell", CELLS)
def test_equals_the_plain_form(cell):
    layer, rng = _layer(cell, None)
    x, h_0 = rng.normal(size=(4, 6, 3)), rng.normal(size=(2, 4, 5))
    names = ("h_0", "c_0") if cell == "lstm" else ("h_0",)
    chains = [{name: value[d] for name, value in layer.params.items()} | dict.fromkeys(names, h_0[d]) for d in (0, 1)]
    plain = {"rnn": birnn_forward, "lstm": bilstm_forward, "gru": bigru_forward}[cell]
    for ours, expected in zip(
        layer.forward(x, LENGTHS, (h_0,) * len(names))[0], plain(x, *chains, LENGTHS), strict=True
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("merge", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("cell", CELLS)
def test_every_merge_equals_torch(cell, merge, lengths):
    pytest.importorskip("torch")
    layer, rng = _layer(cell, merge)
    x, width = rng.normal(size=(4, 6, 3)), 10 if merge == "concat" else 5
    initial, d_final = ([rng.normal(size=(2, 4, 5)) for _ in range(1 + (cell == "lstm"))] for _ in range(2))
    d_outputs = rng.normal(size=(4, 6, width))
    outputs, final = layer.forward(x, lengths, tuple(initial))
    dx, d_initial = layer.backward(d_outputs, tuple(d_final))
    found = {"outputs": outputs, "final": [s[None] for s in final], "dx": dx, "d_initial": [s[None] for s in d_initial]}
    found |= {f"0.{name}": gradient for name, gradient in layer.grads.items()}
    stacked = [[s[None] for s in group] for group in (initial, d_final)]
    expected = in_torch(cell, [layer.params], x, lengths, stacked[0], d_outputs, stacked[1], merge=merge)
    assert_same(found, expected)


@pytest.mark.parametrize("cell", CELLS)
def test_apart_is_concat_cut_in_two(cell):
    (joined, rng), (apart, _) = _layer(cell), _layer(cell, None)
    x, d_outputs = rng.normal(size=(4, 6, 3)), rng.normal(size=(4, 6, 10))
    outputs, _ = joined.forward(x, LENGTHS)
    halves, _ = apart.forward(x, LENGTHS)
    np.testing.assert_array_equal(np.concatenate(halves, axis=2), outputs)
    dx, _ = joined.backward(d_outputs)
    dx_apart, _ = apart.backward((d_outputs[:, :, :5], d_outputs[:, :, 5:]))
    np.testing.assert_array_equal(dx_apart, dx)
    for name in joined.grads:
        np.testing.assert_array_equal(apart.grads[name], joined.grads[name])


@pytest.mark.parametrize("cell", CELLS)
def test_a_pair_of_inputs_is_one_input_for_each_direction(cell):
    layer, rng = _layer(cell, None)
    pair, d_pair = ((rng.normal(size=(4, 6, n)), rng.normal(size=(4, 6, n))) for n in (3, 5))
    outputs, _ = layer.forward(pair, LENGTHS)
    dx, _ = layer.backward(d_pair)
    grads = layer.grads
    for d in (0, 1):
        alone, _ = layer.forward(pair[d], LENGTHS)
        np.testing.assert_allclose(outputs[d], alone[d], rtol=1e-12)
        only = tuple(d_pair[k] if k == d else np.zeros_like(d_pair[k]) for k in (0, 1))
        np.testing.assert_allclose(dx[d], layer.backward(only)[0], rtol=1e-10, atol=1e-13)
        for name, gradient in layer.grads.items():
            np.testing.assert_allclose(grads[name][d], gradient[d], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("cell", CELLS)
def test_each_direction_is_a_recurrent_layer(cell):
    layer, rng = _layer(cell, None)
    x = rng.normal(size=(4, 6, 3))
    (h_f, h_b), final = layer.forward(x)
    for d, (states, read) in enumerate(((h_f, x), (h_b[:, ::-1], x[:, ::-1]))):
        chain = Recurrent(cell, 3, 5, rng=rng, dtype=np.float64)
        for name, value in layer.params.items():
            chain.params[name][...] = value[d]
        outputs, last = chain.forward(np.ascontiguousarray(read))
        np.testing.assert_allclose(states, outputs, rtol=1e-12)
        np.testing.assert_allclose(final[0][d], last[0], rtol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_an_output_knows_the_past_by_its_first_half_and_the_future_by_its_second(cell):
    layer, rng = _layer(cell)
    x = rng.normal(size=(1, 6, 3))
    changed = x.copy()
    changed[:, 3] += 1
    differs = np.abs(layer.forward(x)[0] - layer.forward(changed)[0])[0] > 0
    assert differs[:, :5].any(axis=1).tolist() == [False, False, False, True, True, True]
    assert differs[:, 5:].any(axis=1).tolist() == [True, True, True, True, False, False]


@pytest.mark.parametrize("merge", ["concat", "sum", "mul", "ave", None])
def test_padding_is_never_read_in_any_merge(merge):
    layer, rng = _layer("gru", merge)
    lengths, x = np.array([6, 3, 1, 0]), rng.normal(size=(4, 6, 3))
    padded = np.arange(6) >= lengths[:, None]
    d_outputs = rng.normal(size=(4, 6, 10 if merge == "concat" else 5))

    def run(pad):
        read, d = x.copy(), d_outputs.copy()
        read[padded], d[padded] = pad, pad
        outputs, final = layer.forward(read, lengths)
        dx, _ = layer.backward((d, d) if merge is None else d)
        return [*(outputs if merge is None else (outputs,)), *final, dx, *layer.grads.values()]

    expected = run(0.0)
    for pad in (1e308, np.nan, np.inf):
        for a, b in zip(run(pad), expected, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("merge", ["product", "", 0])
def test_an_unknown_merge_is_refused(merge):
    with pytest.raises(ValueError, match="merge must be one of 'concat', 'sum', 'mul', 'ave', None, got"):
        _layer("rnn", merge)


def test_wrong_pairs_are_refused_by_name():
    layer, _ = _layer("rnn", None)
    x = np.zeros((4, 6, 3))
    with pytest.raises(TypeError, match=r"x must be a pair of arrays.* got 3 arrays"):
        layer.forward((x, x, x))
    with pytest.raises(ValueError, match=r"x\[1\] has shape \(4, 5, 3\), expected \(4, 6, 3\)"):
        layer.forward((x, x[:, 1:]))
    with pytest.raises(ValueError, match=r"x\[0\] has shape \(4, 6, 2\)"):
        layer.forward((x[:, :, 1:], x))
    for d_outputs, error, message in [
        (np.zeros((4, 6, 10)), TypeError, "d_outputs must be a pair of arrays.* got ndarray"),
        ((np.zeros((4, 6, 5)), np.zeros((4, 6, 4))), ValueError, r"d_outputs\[1\] has shape \(4, 6, 4\)"),
    ]:
        layer.forward(x)
        with pytest.raises(error, match=message):
            layer.backward(d_outputs)
    layer, _ = _layer("rnn")
    layer.forward(x)
    with pytest.raises(ValueError, match=r"d_outputs has shape \(4, 6, 5\), expected \(4, 6, 10\)"):
        layer.backward(np.zeros((4, 6, 5)))
    with pytest.raises(ValueError, match=r"initial\[0\] has shape \(4, 5\), expected \(2, 4, 5\)"):
        layer.forward(x, initial=(np.zeros((4, 5)),))


@pytest.mark.parametrize("merge", ["sum", "mul", "ave"])
def test_every_merge_is_made_of_both_directions(merge):
    (merged, rng), (apart, _) = _layer("gru", merge), _layer("gru", None)
    x, d_outputs = rng.normal(size=(4, 6, 3)), rng.normal(size=(4, 6, 5))
    h_f, h_b = apart.forward(x, LENGTHS)[0]
    expected = {"sum": h_f + h_b, "mul": h_f * h_b, "ave": (h_f + h_b) / 2}[merge]
    np.testing.assert_allclose(merged.forward(x, LENGTHS)[0], expected, rtol=1e-12)
    halves = {"sum": (1, 1), "mul": (h_b, h_f), "ave": (0.5, 0.5)}[merge]
    dx, _ = apart.backward(tuple(d_outputs * half for half in halves))
    np.testing.assert_allclose(merged.backward(d_outputs)[0], dx, rtol=1e-11, atol=1e-13)
