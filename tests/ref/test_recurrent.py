"""The recurrent and the bidirectional layer against PyTorch, and with every cell against the specification."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ref.comparisons import assert_same, in_torch, plainly, random_params

from birnn_ref.cells import CELLS
from birnn_ref.layers import Bidirectional, Recurrent
from birnn_ref.layers.scans import packing
from birnn_ref.layers.scans.product import product

# Every cell that PyTorch has in every form, and every other one in its usual form.
FORMS = {
    "rnn": ("rnn", {}),
    "relu": ("rnn", {"activation": "relu"}),
    "lstm": ("lstm", {}),
    "gru": ("gru", {}),
    "gru, reset before": ("gru", {"reset_after": False}),
}
IN_TORCH = [form for form in FORMS if form != "gru, reset before"]
FORMS |= {name: (name, {}) for name in CELLS if name not in FORMS}


class Case:
    """A layer with random weights, a batch, and gradients for all that it returns."""

    def __init__(self, form, directions, shape=(4, 6, 3, 5), lengths=None, seed=0, dtype=np.float64):
        self.rng = rng = np.random.default_rng(seed)
        self.batch, self.time, features, self.hidden = shape
        self.cell, self.options = FORMS[form]
        self.directions, self.lengths = directions, lengths
        kind = Recurrent if directions == 1 else Bidirectional
        self.layer = kind(self.cell, features, self.hidden, rng=rng, dtype=dtype, **self.options)
        random_params(self.layer, rng)
        self.x = rng.normal(size=(self.batch, self.time, features)).astype(dtype)
        states = (directions, self.batch, self.hidden)
        count = len(CELLS[self.cell].states)
        self.initial, self.d_final = ([rng.normal(size=states).astype(dtype) for _ in range(count)] for _ in range(2))
        self.d_outputs = rng.normal(size=(self.batch, self.time, directions, self.hidden)).astype(dtype)

    def run(self):
        """Return all that the layer computes, forward and backward, with an axis for the directions."""
        return run(self.layer, self.x, self.lengths, self.initial, self.d_outputs, self.d_final)

    def params(self):
        return {name: _add(value, self.directions) for name, value in self.layer.params.items()}

    def plainly(self):
        lengths = np.full(self.batch, self.time) if self.lengths is None else self.lengths
        return plainly(
            self.cell,
            self.params(),
            self.x,
            lengths,
            self.initial,
            self.d_outputs,
            self.d_final,
            **self.options,
        )

    def torch(self):
        found = in_torch(
            self.cell,
            [self.params()],
            self.x,
            self.lengths,
            [s[None] for s in self.initial],
            self.d_outputs.reshape(self.batch, self.time, -1),
            [s[None] for s in self.d_final],
            **self.options,
        )
        for name in ("final", "d_initial"):
            found[name] = [state[0] for state in found[name]]
        found["outputs"] = found["outputs"].reshape(self.d_outputs.shape)
        return {name.removeprefix("0."): value for name, value in found.items()}


def run(layer, x, lengths, initial, d_outputs, d_final):
    directions = d_outputs.shape[2]
    cut = (lambda s: s[0]) if directions == 1 else (lambda s: s)
    outputs, final = layer.forward(x, lengths, tuple(cut(s) for s in initial))
    dx, d_initial = layer.backward(d_outputs.reshape(outputs.shape), tuple(cut(s) for s in d_final))
    return {
        "outputs": outputs.reshape(d_outputs.shape),
        "final": [_add(s, directions) for s in final],
        "dx": dx,
        "d_initial": [_add(s, directions) for s in d_initial],
        **{name: _add(value, directions) for name, value in layer.grads.items()},
    }


def _add(value, directions):
    return value[None] if directions == 1 else value


@st.composite
def shapes(draw):
    batch, time, features, hidden = (draw(st.integers(1, n)) for n in (5, 7, 4, 4))
    lengths = draw(st.none() | st.lists(st.integers(1, time), min_size=batch, max_size=batch).map(np.array))
    return (batch, time, features, hidden), lengths


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("form", IN_TORCH)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(shape_and_lengths=shapes(), seed=st.integers(0, 999))
def test_equals_torch(form, directions, shape_and_lengths, seed):
    pytest.importorskip("torch")
    shape, lengths = shape_and_lengths
    case = Case(form, directions, shape, lengths, seed)
    assert_same(case.run(), case.torch())


@pytest.mark.parametrize("lengths", [None, [6, 3, 1, 0], [0, 6, 0, 2], [0, 0, 0, 0], [2, 5, 4, 5]])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("form", FORMS)
def test_equals_the_specification(form, directions, lengths):
    case = Case(form, directions, lengths=None if lengths is None else np.array(lengths))
    assert_same(case.run(), case.plainly())


@pytest.mark.parametrize("lengths", [None, [6, 3, 1, 0], [2, 5, 4, 5]])
@pytest.mark.parametrize("rows", [1, 5, 9])
@pytest.mark.parametrize("form", FORMS)
def test_blocks_of_any_size_give_the_same(form, rows, lengths, monkeypatch):
    monkeypatch.setattr(packing, "BLOCK", rows)
    case = Case(form, 2, lengths=None if lengths is None else np.array(lengths))
    assert_same(case.run(), case.plainly())
    blocks = case.layer._packing.chains[0].blocks
    assert len(blocks) > 1
    assert all(block.size <= rows or len(block.steps) == 1 for block in blocks)


@pytest.mark.parametrize(("rows", "hidden"), [(1, 100), (40, 100), (41, 100), (90, 100), (200, 100), (9, 520)])
def test_a_product_in_portions_is_the_product(rows, hidden):
    rng = np.random.default_rng(0)
    h, W = rng.normal(size=(rows, hidden)), rng.normal(size=(hidden, 250))
    out = np.full((rows, 250), np.nan)
    assert product(h, W, out=out) is out
    np.testing.assert_allclose(out, h @ W, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 1, 2, 4), (1, 5, 1, 2), (2, 0, 3, 4)])
@pytest.mark.parametrize("form", FORMS)
def test_small_shapes(form, shape):
    case = Case(form, 2, shape)
    assert_same(case.run(), case.plainly())


@pytest.mark.parametrize("pad", [0.0, 1e30, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("form", FORMS)
def test_padding_is_never_read(form, directions, pad):
    case = Case(form, directions, lengths=np.array([6, 3, 1, 0]))
    expected = case.run()
    padded = np.arange(case.time) >= case.lengths[:, None]
    case.x[padded] = pad
    case.d_outputs[padded] = pad
    found = case.run()
    for name in expected:
        for a, b in zip(found[name], expected[name], strict=True):
            np.testing.assert_array_equal(a, b)
    assert not found["outputs"][padded].any()
    assert not found["dx"][padded].any()


@pytest.mark.parametrize("form", FORMS)
def test_more_padding_batch_mates_and_their_order_change_nothing(form):
    case = Case(form, 2, lengths=np.array([5, 2, 4, 3]))
    expected = case.run()
    more = [(0, 0), (0, 3)]
    x, d_outputs = np.pad(case.x, [*more, (0, 0)]), np.pad(case.d_outputs, [*more, (0, 0), (0, 0)])
    order = np.array([2, 0, 3, 1])
    states = ([s[:, order] for s in group] for group in (case.initial, case.d_final))
    initial, d_final = states
    found = run(case.layer, x[order], case.lengths[order], initial, d_outputs[order], d_final)
    found["outputs"], found["dx"] = found["outputs"][:, : case.time], found["dx"][:, : case.time]
    back = np.argsort(order)
    found |= {name: found[name][back] for name in ("outputs", "dx")}
    found |= {name: [s[:, back] for s in found[name]] for name in ("final", "d_initial")}
    assert_same(found, expected, 1e-13)


def test_a_sequence_of_length_zero_gives_zeros_and_keeps_its_initial_state():
    case = Case("lstm", 2, lengths=np.array([6, 0, 2, 0]))
    found = case.run()
    for state, initial in zip(found["final"], case.initial, strict=True):
        np.testing.assert_array_equal(state[:, [1, 3]], initial[:, [1, 3]])
    for d_initial, d_final in zip(found["d_initial"], case.d_final, strict=True):
        np.testing.assert_array_equal(d_initial[:, [1, 3]], d_final[:, [1, 3]])
    assert not found["outputs"][[1, 3]].any()
    assert not found["dx"][[1, 3]].any()


@pytest.mark.parametrize("form", FORMS)
def test_forward_twice_gives_the_same_and_changes_no_argument(form):
    case = Case(form, 2, lengths=np.array([6, 3, 1, 0]))
    before = [value.copy() for value in (case.x, case.d_outputs, *case.initial, *case.d_final, *case.params().values())]
    first, second = case.run(), case.run()
    after = [case.x, case.d_outputs, *case.initial, *case.d_final, *case.params().values()]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)
    for name in first:
        for a, b in zip(first[name], second[name], strict=True):
            np.testing.assert_array_equal(a, b)
            assert not np.shares_memory(a, b)


def test_one_batch_leaves_nothing_to_the_next():
    case = Case("lstm", 2, lengths=np.array([6, 3, 1, 0]))
    first = case.run()
    for lengths in (np.array([6, 3, 1, 1]), None, np.array([0, 1, 3, 6])):
        other = Case("lstm", 2, lengths=lengths, seed=1)
        other.layer = case.layer
        assert_same(other.run(), other.plainly())
        longer = Case("lstm", 2, shape=(4, 9, 3, 5), lengths=lengths, seed=1)
        longer.layer = case.layer
        assert_same(longer.run(), longer.plainly())
        shorter = run(
            case.layer,
            case.x[:2, :4],
            None,
            *([s[:, :2] for s in case.initial], case.d_outputs[:2, :4]),
            [s[:, :2] for s in case.d_final],
        )
        assert shorter["outputs"].shape == (2, 4, 2, 5)
        assert_same(case.run(), first, 0)


@pytest.mark.parametrize("directions", [1, 2])
def test_backward_without_forward_is_refused(directions):
    case = Case("gru", directions)
    name = type(case.layer).__name__
    with pytest.raises(RuntimeError, match=f"{name}.backward was called before forward"):
        case.layer.backward(None)
    case.run()
    with pytest.raises(RuntimeError, match=f"{name}.backward was called twice after one forward"):
        case.layer.backward(None)


@pytest.mark.parametrize("form", FORMS)
def test_either_gradient_may_be_missing(form):
    case = Case(form, 2)
    case.d_final = [np.zeros_like(s) for s in case.d_final]
    expected = case.run()
    case.layer.forward(case.x, None, tuple(case.initial))
    dx, _ = case.layer.backward(case.d_outputs.reshape(*case.x.shape[:2], -1))
    np.testing.assert_array_equal(dx, expected["dx"])

    case = Case(form, 2)
    d_outputs, case.d_outputs = case.d_outputs, np.zeros_like(case.d_outputs)
    expected = case.run()
    case.layer.forward(case.x, None, tuple(case.initial))
    dx, _ = case.layer.backward(None, tuple(case.d_final))
    np.testing.assert_array_equal(dx, expected["dx"])

    case.layer.forward(case.x)
    with pytest.raises(TypeError, match="backward needs d_outputs or d_final, got neither"):
        case.layer.backward(None)
    assert d_outputs.any()


@pytest.mark.parametrize("form", FORMS)
def test_initial_states_are_zero_if_left_out(form):
    case = Case(form, 1)
    outputs, _ = case.layer.forward(case.x)
    case.initial = [np.zeros_like(s) for s in case.initial]
    np.testing.assert_array_equal(outputs, case.run()["outputs"][:, :, 0])


@pytest.mark.parametrize("form", FORMS)
def test_float32_stays_float32_and_close_to_float64(form):
    single, double = (Case(form, 2, lengths=np.array([6, 3, 1, 0]), dtype=t) for t in (np.float32, np.float64))
    for name, value in double.layer.params.items():
        single.layer.params[name][...] = value
    found, expected = single.run(), double.run()
    for name in expected:
        for a, b in zip(found[name], expected[name], strict=True):
            assert a.dtype == np.float32
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", [Recurrent, Bidirectional])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_initial_weights(kind, cell):
    options = {"forget_bias": 2.0} if cell == "lstm" else {}
    layer = kind(cell, 3, 8, rng=np.random.default_rng(0), **options)
    again = kind(cell, 3, 8, rng=np.random.default_rng(0), **options)
    for (name, value), (_, same) in zip(layer.named_parameters(), again.named_parameters(), strict=True):
        assert value.dtype == np.float32, name
        np.testing.assert_array_equal(value, same)
    for W in np.split(layer.params["W_hh"], layer.params["W_hh"].shape[-1] // 8, axis=-1):
        identity = np.broadcast_to(np.eye(8), W.shape)
        np.testing.assert_allclose(W @ W.swapaxes(-1, -2), identity, atol=1e-5)
    assert layer.params["b_h"].sum() == (2.0 * 8 * (2 if kind is Bidirectional else 1) if cell == "lstm" else 0)
    if cell == "lstm":
        assert (layer.params["b_h"][..., 8:16] == 2).all()
    assert ("b_hn" in layer.params) == (cell == "gru")
    assert not layer.params.get("b_hn", np.zeros(1)).any()
    assert kind("lstm", 3, 8, rng=np.random.default_rng(0)).params["b_h"][..., 8:16].min() == 1
    assert "b_hn" not in kind("gru", 3, 8, rng=np.random.default_rng(0), reset_after=False).params


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros((4, 3))}, ValueError, r"x has shape \(4, 3\), expected \(batch, time, 3\)"),
        ({"x": np.zeros((4, 6, 2))}, ValueError, r"x has shape \(4, 6, 2\), expected \(batch, time, 3\)"),
        ({"x": np.zeros((0, 6, 3))}, ValueError, "an empty batch"),
        ({"x": np.zeros((4, 6, 3), np.float32)}, TypeError, "x has dtype float32, expected .* float64"),
        ({"x": np.zeros((4, 6, 3), int)}, TypeError, "x must hold floating-point numbers, got dtype int64"),
        ({"x": np.zeros((4, 6, 3), object)}, TypeError, "x must hold floating-point numbers, got dtype object"),
        ({"x": [[[0.0]]]}, TypeError, "x must be a NumPy array"),
        ({"lengths": np.array([1.0] * 4)}, TypeError, "lengths must be integers"),
        ({"lengths": np.array([1, 2, 3, 7])}, ValueError, "between 0 and the 6 steps of x"),
        ({"lengths": np.array([-1, 2, 3, 6])}, ValueError, "between 0 and the 6 steps of x"),
        ({"lengths": np.array([1, 2])}, ValueError, r"lengths has shape \(2,\)"),
        ({"initial": np.zeros((4, 5))}, TypeError, r"initial must be a tuple \(h, c\), got ndarray"),
        ({"initial": (np.zeros((4, 5)),)}, TypeError, r"initial must be a tuple \(h, c\), got a tuple of 1"),
        ({"initial": (np.zeros((4, 5)), np.zeros((4, 4)))}, ValueError, r"initial\[1\] has shape \(4, 4\)"),
        ({"initial": (np.zeros((4, 5)), np.zeros((4, 5), int))}, TypeError, r"initial\[1\] must hold floating"),
    ],
)
def test_bad_input_is_refused_by_name(change, error, message):
    case = Case("lstm", 1)
    with pytest.raises(error, match=message):
        case.layer.forward(**{"x": case.x, **change})


@pytest.mark.parametrize(
    ("gradients", "error", "message"),
    [
        ((np.zeros((4, 6, 4)),), ValueError, r"d_outputs has shape \(4, 6, 4\), expected \(4, 6, 5\)"),
        ((np.zeros((4, 6, 5), np.float32),), TypeError, "d_outputs has dtype float32"),
        ((None, (np.zeros((4, 4)),)), ValueError, r"d_final\[0\] has shape \(4, 4\), expected \(4, 5\)"),
        ((None, np.zeros((4, 5))), TypeError, r"d_final must be a tuple \(h,\), got ndarray"),
    ],
)
def test_bad_gradients_are_refused_by_name(gradients, error, message):
    case = Case("gru", 1)
    case.layer.forward(case.x)
    with pytest.raises(error, match=message):
        case.layer.backward(*gradients)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (("elman", 3, 4), {}, ValueError, "cell must be one of 'gru', .*'lstm', .*'rnn', got 'elman'"),
        (("rnn", 0, 4), {}, ValueError, "features must be at least 1, got 0"),
        (("rnn", 3, 4.0), {}, TypeError, "hidden must be a whole number, got 4.0"),
        (("rnn", 3, 4), {"activation": "gelu"}, ValueError, "activation must be one of"),
        (("lstm", 3, 4), {"activation": "relu"}, TypeError, "activation is not an option of the cell 'lstm'"),
        (("lstm", 3, 4), {"reset_after": False}, TypeError, "'lstm': it has forget_bias"),
        (("rnn", 3, 4), {"forget_bias": 99.0}, TypeError, "forget_bias is not an option of the cell 'rnn'"),
        (("gru", 3, 4), {"drop": 0.5}, TypeError, "drop is not an option of the cell 'gru'"),
        (("gru", 3, 4), {"reset_after": "no"}, TypeError, "reset_after must be True or False, got 'no'"),
        (("lstm", 3, 4), {"forget_bias": "1"}, TypeError, "forget_bias must be a number, got '1'"),
        (("rnn", 3, 4), {"dtype": np.int64}, ValueError, "dtype must be one of"),
        (("rnn", 3, 4), {"rng": 0}, TypeError, "rng must be a numpy.random.Generator, got int"),
    ],
)
@pytest.mark.parametrize("kind", [Recurrent, Bidirectional])
def test_bad_options_are_refused_by_name(kind, arguments, options, error, message):
    with pytest.raises(error, match=message):
        kind(*arguments, **{"rng": np.random.default_rng(0), **options})
