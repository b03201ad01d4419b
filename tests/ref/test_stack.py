"""Stacks in both forms: against PyTorch, against single layers, and what their dropout does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ref.comparisons import assert_same, in_torch, random_params

from birnn_ref.layers import Bidirectional, Recurrent, Stack

CELLS = ["rnn", "lstm", "gru"]
LENGTHS = np.array([6, 3, 1, 4])


def _stack(cell, depth, features=3, hidden=5, seed=0, dtype=np.float64, **options):
    rng = np.random.default_rng(seed)
    stack = Stack(cell, features, hidden, depth, rng=rng, dtype=dtype, **options)
    random_params(stack, rng)
    return stack, rng


def _states(stack, batch, rng):
    shape = (stack.depth, 2 if stack.bidirectional else 1, batch, stack.hidden)
    return tuple(rng.normal(size=shape) for _ in range(2 if stack.cell == "lstm" else 1))


def _run(stack, x, lengths, initial, d_outputs, d_final):
    outputs, final = stack.forward(x, lengths, initial)
    dx, d_initial = stack.backward(d_outputs, d_final)
    found = {"outputs": outputs, "final": list(final), "dx": dx, "d_initial": list(d_initial)}
    found.update(stack.named_gradients())
    return found


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(data=st.data(), depth=st.integers(1, 3), seed=st.integers(0, 999))
def test_equals_torch(cell, bidirectional, data, depth, seed):
    pytest.importorskip("torch")
    batch, time, features, hidden = (data.draw(st.integers(1, n)) for n in (4, 6, 4, 4))
    lengths = data.draw(st.none() | st.lists(st.integers(1, time), min_size=batch, max_size=batch).map(np.array))
    stack, rng = _stack(cell, depth, features, hidden, seed, bidirectional=bidirectional)
    x = rng.normal(size=(batch, time, features))
    initial, d_final = _states(stack, batch, rng), _states(stack, batch, rng)
    d_outputs = rng.normal(size=(batch, time, hidden * (2 if bidirectional else 1)))
    found = _run(stack, x, lengths, initial, d_outputs, d_final)
    layers = [child.params for child in stack.children.values()]
    if not bidirectional:
        layers = [{name: value[None] for name, value in params.items()} for params in layers]
        found = {name: value[None] if name[0].isdigit() else value for name, value in found.items()}
    assert_same(found, in_torch(cell, layers, x, lengths, initial, d_outputs, d_final))


@pytest.mark.parametrize("merge", ["concat", "sum", "mul", "ave"])
def test_mixed_layers_read_the_merged_output_below(merge):
    stack, rng = _stack("gru", 3, merge=merge)
    x = rng.normal(size=(4, 6, 3))
    outputs, final = stack.forward(x, LENGTHS)
    d_outputs = rng.normal(size=outputs.shape)
    dx, (d_h,) = stack.backward(d_outputs)
    by_hand, layers = x, list(stack.children.values())
    for k, layer in enumerate(layers):
        assert layer.merge == merge
        by_hand, (h,) = layer.forward(by_hand, LENGTHS)
        np.testing.assert_array_equal(final[0][k], h)
    np.testing.assert_array_equal(outputs, by_hand)
    for k, layer in reversed(list(enumerate(layers))):
        d_outputs, (d_h_of_layer,) = layer.backward(d_outputs)
        np.testing.assert_array_equal(d_h[k], d_h_of_layer)
    np.testing.assert_array_equal(dx, d_outputs)


@pytest.mark.parametrize("cell", CELLS)
def test_mixed_and_not_merged_reads_both_directions_side_by_side(cell):
    (joined, rng), (apart, _) = _stack(cell, 2), _stack(cell, 2, merge=None)
    x, d_outputs = rng.normal(size=(4, 6, 3)), rng.normal(size=(4, 6, 10))
    outputs, _ = joined.forward(x, LENGTHS)
    np.testing.assert_array_equal(np.concatenate(apart.forward(x, LENGTHS)[0], axis=2), outputs)
    halves = d_outputs[:, :, :5], d_outputs[:, :, 5:]
    np.testing.assert_array_equal(apart.backward(halves)[0], joined.backward(d_outputs)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_apart_is_a_stack_of_each_direction(cell):
    stack, rng = _stack(cell, 3, mixed=False)
    x, initial, d_final = rng.normal(size=(4, 6, 3)), _states(stack, 4, rng), _states(stack, 4, rng)
    d_outputs = rng.normal(size=(4, 6, 10))
    found = _run(stack, x, None, initial, d_outputs, d_final)
    dx = np.zeros_like(x)
    for d, turn in enumerate((slice(None), slice(None, None, -1))):
        chain = Stack(cell, 3, 5, 3, bidirectional=False, rng=rng, dtype=np.float64)
        for (_, value), (_, given_) in zip(chain.named_parameters(), stack.named_parameters(), strict=True):
            value[...] = given_[d]
        half = np.ascontiguousarray(d_outputs[:, turn, 5 * d : 5 * d + 5])
        cut = [tuple(s[:, d : d + 1] for s in group) for group in (initial, d_final)]
        alone = _run(chain, np.ascontiguousarray(x[:, turn]), None, cut[0], half, cut[1])
        np.testing.assert_allclose(
            found["outputs"][:, turn, 5 * d : 5 * d + 5], alone["outputs"], rtol=1e-11, atol=1e-13
        )
        dx += alone["dx"][:, turn]
        for name in ("final", "d_initial"):
            for ours, theirs in zip(found[name], alone[name], strict=True):
                np.testing.assert_allclose(ours[:, d], theirs[:, 0], rtol=1e-10, atol=1e-13)
        for name, gradient in chain.named_gradients():
            np.testing.assert_allclose(found[name][d], gradient, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(found["dx"], dx, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("mixed", "knows"), [(True, True), (False, False)])
def test_only_mixed_layers_let_past_and_future_meet(mixed, knows):
    """A state of the second layer depends on x_1 and x_5 together: their mixed second difference is not 0."""
    stack, rng = _stack("rnn", 2, mixed=mixed)
    x, past, future = (rng.normal(size=(1, 6, 3)) for _ in range(3))
    past[:, 1:], future[:, :5] = 0, 0
    y = [stack.forward(x + a * past + b * future)[0][0, 3] for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))]
    assert (np.abs(y[0] - y[1] - y[2] + y[3]).max() > 1e-9) == knows


@pytest.mark.parametrize("mixed", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_padding_is_never_read(cell, mixed):
    stack, rng = _stack(cell, 2, mixed=mixed)
    lengths, x, d_outputs = np.array([6, 3, 1, 0]), rng.normal(size=(4, 6, 3)), rng.normal(size=(4, 6, 10))
    initial, d_final = _states(stack, 4, rng), _states(stack, 4, rng)
    expected = _run(stack, x, lengths, initial, d_outputs, d_final)
    padded = np.arange(6) >= lengths[:, None]
    for pad in (1e30, np.nan, np.inf):
        x[padded], d_outputs[padded] = pad, pad
        found = _run(stack, x, lengths, initial, d_outputs, d_final)
        for name in expected:
            for a, b in zip(found[name], expected[name], strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("mixed", [True, False])
@pytest.mark.parametrize("name", ["dropout", "variational_dropout"])
def test_dropout_acts_between_layers_and_in_training_only(name, mixed):
    (stack, rng), (plain, _) = _stack("gru", 2, mixed=mixed, **{name: 0.5}), _stack("gru", 2, mixed=mixed)
    x = rng.normal(size=(4, 6, 3))
    np.testing.assert_array_equal(stack.forward(x)[0], plain.forward(x)[0])
    first, again, other = (stack.forward(x, rng=np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    assert not np.allclose(first[0], other[0])
    np.testing.assert_array_equal(first[1][0][0], other[1][0][0])  # the lowest layer sees no dropout
    # An output that does not change with time is dropped independently at each step, or at all steps alike.
    (dropout,) = stack._dropouts
    dropped = dropout.forward(np.ones((4, 6, 10)), rng=rng)
    assert (dropped == dropped[:, :1]).all() == (name == "variational_dropout")

    single, _ = _stack("gru", 1, mixed=mixed, **{name: 0.5})
    np.testing.assert_array_equal(single.forward(x)[0], single.forward(x, rng=rng)[0])


@pytest.mark.parametrize("mixed", [True, False])
@pytest.mark.parametrize("name", ["dropout", "variational_dropout"])
def test_backward_through_dropout_equals_central_differences(name, mixed):
    stack, rng = _stack("rnn", 3, 2, 2, mixed=mixed, **{name: 0.4})
    x, d_outputs = rng.normal(size=(2, 3, 2)), rng.normal(size=(2, 3, 4))

    def loss():
        return np.sum(stack.forward(x, rng=np.random.default_rng(3))[0] * d_outputs)

    loss()
    dx, _ = stack.backward(d_outputs)
    checked = [
        (x, dx),
        *zip(dict(stack.named_parameters()).values(), dict(stack.named_gradients()).values(), strict=True),
    ]
    for value, gradient in checked:
        for at in np.ndindex(value.shape):
            kept, ends = value[at], []
            for nudge in (1e-6, -1e-6):
                value[at] = kept + nudge
                ends.append(loss())
            value[at] = kept
            assert np.isclose((ends[0] - ends[1]) / 2e-6, gradient[at], rtol=1e-6, atol=1e-8)


def test_one_layer_is_that_layer():
    stack, rng = _stack("lstm", 1)
    x = rng.normal(size=(4, 6, 3))
    np.testing.assert_array_equal(stack.forward(x)[0], stack.children["0"].forward(x)[0])
    assert isinstance(stack.children["0"], Bidirectional)
    assert isinstance(_stack("lstm", 1, bidirectional=False)[0].children["0"], Recurrent)


def test_options_reach_every_layer():
    rng = np.random.default_rng(0)
    stack = Stack("lstm", 3, 4, 2, rng=rng, forget_bias=3.0)
    assert all((child.params["b_h"][:, 4:8] == 3).all() for child in stack.children.values())
    stack = Stack("gru", 3, 4, 2, rng=rng, reset_after=False, dtype=np.float64)
    assert all("b_hn" not in child.params for child in stack.children.values())
    assert all(child.dtype == np.float64 for child in stack.children.values())
    stack = Stack("rnn", 3, 4, 2, rng=rng, activation="relu")
    assert (stack.forward(np.ones((1, 3, 3), np.float32))[0] >= 0).all()


def test_options_left_out_are_those_of_a_layer():
    rng = np.random.default_rng(0)
    assert "b_hn" in Stack("gru", 3, 4, 1, rng=rng).children["0"].params
    assert (Stack("lstm", 3, 4, 1, rng=rng).children["0"].params["b_h"][:, 4:8] == 1).all()


def test_backward_needs_a_forward():
    stack, rng = _stack("rnn", 2)
    with pytest.raises(RuntimeError, match=r"Stack.backward was called before forward"):
        stack.backward(None)
    outputs, _ = stack.forward(rng.normal(size=(4, 6, 3)))
    stack.backward(outputs)
    with pytest.raises(RuntimeError, match=r"Stack.backward was called twice"):
        stack.backward(outputs)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"depth": 0}, ValueError, "depth must be at least 1, got 0"),
        ({"merge": "max"}, ValueError, "merge must be one of"),
        ({"merge": "max", "bidirectional": False}, ValueError, "merge must be one of"),
        (
            {"merge": "sum", "bidirectional": False},
            ValueError,
            "merge='sum' and mixed=True have no meaning for one direction",
        ),
        ({"mixed": False, "bidirectional": False}, ValueError, "mixed=False have no meaning for one direction"),
        ({"forget_bias": 2.0}, TypeError, "forget_bias is not an option of the cell 'rnn'"),
        ({"dropout": "0.5"}, TypeError, "dropout must be a number, got '0.5'"),
        ({"dropout": 1.0}, ValueError, r"dropout must lie in \[0, 1\), got 1.0"),
        ({"variational_dropout": -0.1}, ValueError, "variational_dropout must lie in"),
        ({"dropout": 0.1, "variational_dropout": 0.1}, ValueError, "exclude each other"),
        ({"cell": "elman"}, ValueError, "cell must be one of"),
    ],
)
def test_bad_options_are_refused_by_name(options, error, message):
    arguments = {"cell": "rnn", "features": 3, "hidden": 4, "depth": 2, **options}
    with pytest.raises(error, match=message):
        Stack(**arguments, rng=np.random.default_rng(0))


def test_bad_states_are_refused_by_name():
    stack, _ = _stack("gru", 2)
    x = np.zeros((4, 6, 3))
    with pytest.raises(ValueError, match=r"initial\[0\] has shape \(2, 4, 5\), expected \(2, 2, 4, 5\)"):
        stack.forward(x, initial=(np.zeros((2, 4, 5)),))
    stack.forward(x)
    with pytest.raises(TypeError, match=r"d_final must be a tuple \(h,\), got a tuple of 2"):
        stack.backward(None, (np.zeros((2, 2, 4, 5)),) * 2)
    with pytest.raises(TypeError, match="x must be a NumPy array"):
        stack.forward([1.0], initial=(np.zeros((2, 2, 1, 5)),))
