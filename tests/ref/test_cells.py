"""Each cell's step against PyTorch's cell, and its step backward against PyTorch and central differences."""

import numpy as np
import pytest

from birnn_ref.cells import (
    gru_step,
    gru_step_backward,
    lstm_step,
    lstm_step_backward,
    rnn_step,
    rnn_step_backward,
    sigmoid,
)

BATCH, FEATURES, HIDDEN = 3, 5, 4
CELLS = {
    "rnn": (rnn_step, rnn_step_backward, 1, {}),
    "relu": (rnn_step, rnn_step_backward, 1, {"activation": "relu"}),
    "lstm": (lstm_step, lstm_step_backward, 4, {}),
    "gru": (gru_step, gru_step_backward, 3, {}),
    "gru without b_hn": (gru_step, gru_step_backward, 3, {}),
    "gru, reset before": (gru_step, gru_step_backward, 3, {"reset_after": False}),
}


def _arguments(name, rng):
    gates = CELLS[name][2]
    shapes = {"x_t": (BATCH, FEATURES), "h_prev": (BATCH, HIDDEN)}
    if name == "lstm":
        shapes["c_prev"] = (BATCH, HIDDEN)
    shapes |= {"W_xh": (FEATURES, gates * HIDDEN), "W_hh": (HIDDEN, gates * HIDDEN), "b_h": (gates * HIDDEN,)}
    if name == "gru":
        shapes["b_hn"] = (HIDDEN,)
    return {key: rng.normal(size=shape) for key, shape in shapes.items()}


def _step(name, arguments):
    *states, cache = CELLS[name][0](**arguments, **CELLS[name][3])
    return states, cache


def _gradients(name, arguments, d_states):
    """Run the step and the step backward; return every gradient by its argument's name."""
    dx_t, *d_prev, grads = CELLS[name][1](*d_states, _step(name, arguments)[1])
    return {"x_t": dx_t, **dict(zip(("h_prev", "c_prev"), d_prev, strict=False)), **grads}


def _torch_cell(name):
    import torch

    kind = {"rnn": torch.nn.RNNCell, "relu": torch.nn.RNNCell, "lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}
    options = {"nonlinearity": "relu"} if name == "relu" else {}
    return kind[name](FEATURES, HIDDEN, dtype=torch.float64, **options)


@pytest.mark.parametrize("name", ["rnn", "relu", "lstm", "gru"])
def test_equals_torch(name):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    arguments, cell = _arguments(name, rng), _torch_cell(name)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.from_numpy(arguments["W_xh"].T))
        cell.weight_hh.copy_(torch.from_numpy(arguments["W_hh"].T))
        cell.bias_ih.copy_(torch.from_numpy(arguments["b_h"]))
        cell.bias_hh.zero_()
        if name == "gru":
            cell.bias_hh[2 * HIDDEN :] = torch.from_numpy(arguments["b_hn"])
    inputs = {
        key: torch.tensor(arguments[key], requires_grad=True) for key in ("x_t", "h_prev", "c_prev") if key in arguments
    }
    x_t, *previous = inputs.values()
    theirs = cell(x_t, tuple(previous) if name == "lstm" else previous[0])
    theirs = theirs if name == "lstm" else (theirs,)
    d_states = [rng.normal(size=(BATCH, HIDDEN)) for _ in theirs]
    sum((h * torch.from_numpy(d)).sum() for h, d in zip(theirs, d_states, strict=True)).backward()

    for ours, state in zip(_step(name, arguments)[0], theirs, strict=True):
        np.testing.assert_allclose(ours, state.detach().numpy(), rtol=1e-12, atol=1e-14)
    expected = {key: value.grad.numpy() for key, value in inputs.items()}
    expected |= {"W_xh": cell.weight_ih.grad.numpy().T, "W_hh": cell.weight_hh.grad.numpy().T}
    expected["b_h"] = cell.bias_ih.grad.numpy()
    if name == "gru":
        expected["b_hn"] = cell.bias_hh.grad.numpy()[2 * HIDDEN :]
    found = _gradients(name, arguments, d_states)
    assert found.keys() == expected.keys()
    for key in expected:
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-10, atol=1e-13, err_msg=key)


@pytest.mark.parametrize("name", CELLS)
def test_step_backward_equals_central_differences(name):
    rng = np.random.default_rng(1)
    arguments = _arguments(name, rng)
    d_states = [rng.normal(size=(BATCH, HIDDEN)) for _ in _step(name, arguments)[0]]
    found = _gradients(name, arguments, d_states)
    assert found.keys() == arguments.keys()
    for key, gradient in found.items():
        assert gradient.shape == arguments[key].shape
        for at in np.ndindex(gradient.shape):
            nudge = np.zeros_like(gradient)
            nudge[at] = 1e-6
            up, down = (_step(name, {**arguments, key: arguments[key] + s * nudge})[0] for s in (1, -1))
            slope = sum(np.sum((u - d) * dh) for u, d, dh in zip(up, down, d_states, strict=True)) / 2e-6
            assert np.isclose(slope, gradient[at], rtol=1e-6, atol=1e-7), (key, at)


@pytest.mark.parametrize("name", CELLS)
def test_keeps_float32(name):
    arguments = {key: value.astype(np.float32) for key, value in _arguments(name, np.random.default_rng(2)).items()}
    states, _ = _step(name, arguments)
    gradients = _gradients(name, arguments, [np.ones_like(state) for state in states])
    assert {value.dtype for value in (*states, *gradients.values())} == {np.dtype(np.float32)}


def test_the_two_gru_forms_agree_where_nothing_is_reset():
    arguments = _arguments("gru, reset before", np.random.default_rng(3))
    arguments["b_h"][:HIDDEN] = 1e4
    after, before = (gru_step(**arguments, reset_after=reset_after)[0] for reset_after in (True, False))
    np.testing.assert_allclose(after, before, rtol=1e-12)
    arguments["b_h"][:HIDDEN] = 0
    after, before = (gru_step(**arguments, reset_after=reset_after)[0] for reset_after in (True, False))
    assert not np.allclose(after, before)


def test_sigmoid_is_accurate_and_never_overflows():
    a = np.linspace(-30, 30, 601)
    np.testing.assert_allclose(sigmoid(a), 1 / (1 + np.exp(-a)), atol=1e-16)
    assert sigmoid(np.array([-1e300, 1e300])).tolist() == [0, 1]
    np.testing.assert_array_equal(sigmoid(np.array([0, 5])), sigmoid(np.array([0.0, 5.0])))


@pytest.mark.parametrize("name", CELLS)
def test_a_wrong_shape_is_refused_by_name(name):
    arguments = _arguments(name, np.random.default_rng(4))
    for key, value in arguments.items():
        with pytest.raises(ValueError, match=f"{key} has shape"):
            _step(name, {**arguments, key: value[..., None]})
        with pytest.raises(TypeError, match=f"{key} must hold floating-point numbers"):
            _step(name, {**arguments, key: value.astype(int)})
        if key not in ("x_t", "h_prev"):  # these two say what the sizes are
            with pytest.raises(ValueError, match=f"{key} has shape"):
                _step(name, {**arguments, key: value[..., 1:]})
    states, cache = _step(name, arguments)
    for k, gradient in enumerate(("dh_t", "dc_t")[: len(states)]):
        cut = [state[:, 1:] if i == k else state for i, state in enumerate(states)]
        with pytest.raises(ValueError, match=f"{gradient} has shape"):
            CELLS[name][1](*cut, cache)


def test_wrong_options_are_refused_by_name():
    arguments = _arguments("rnn", np.random.default_rng(5))
    with pytest.raises(ValueError, match="activation must be one of 'tanh', 'relu', got 'sigmoid'"):
        rnn_step(**arguments, activation="sigmoid")
    with pytest.raises(ValueError, match="b_hn must be None where reset_after is False"):
        gru_step(**_arguments("gru", np.random.default_rng(5)), reset_after=False)
