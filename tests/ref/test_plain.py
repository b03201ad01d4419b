"""The plain recurrence against Keras, its backward step against differences, and both against padding."""

import numpy as np
import pytest
from gradients import differences

from birnn_ref.cells import CELLS, rnn_step, rnn_step_backward
from birnn_ref.plain import birnn_forward, reverse_time, rnn_forward, unroll, unroll_backward


def _chain(rng, batch, features, hidden):
    shapes = {"h_0": (batch, hidden), "W_xh": (features, hidden), "W_hh": (hidden, hidden), "b_h": (hidden,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def test_both_directions_equal_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, chains = rng.normal(size=(3, 7, 5)), [_chain(rng, 3, 5, 4) for _ in range(2)]
    layer = torch.nn.RNN(5, 4, batch_first=True, bidirectional=True, dtype=torch.float64)
    with torch.no_grad():
        for chain, suffix in zip(chains, ("", "_reverse"), strict=True):
            getattr(layer, f"weight_ih_l0{suffix}").copy_(torch.from_numpy(chain["W_xh"].T))
            getattr(layer, f"weight_hh_l0{suffix}").copy_(torch.from_numpy(chain["W_hh"].T))
            getattr(layer, f"bias_ih_l0{suffix}").copy_(torch.from_numpy(chain["b_h"]))
            getattr(layer, f"bias_hh_l0{suffix}").zero_()
        theirs, _ = layer(torch.from_numpy(x), torch.from_numpy(np.stack([chain["h_0"] for chain in chains])))
    np.testing.assert_allclose(np.concatenate(birnn_forward(x, *chains), axis=2), theirs.numpy(), rtol=1e-10)


def test_step_backward_equals_central_differences():
    rng = np.random.default_rng(0)
    chain = _chain(rng, 2, 3, 4)
    arguments = {"x_t": rng.normal(size=(2, 3)), "h_prev": chain.pop("h_0"), **chain}
    dh_t = rng.normal(size=(2, 4))
    dx_t, dh_prev, grads = rnn_step_backward(dh_t, rnn_step(**arguments)[1])
    for name, gradient in {"x_t": dx_t, "h_prev": dh_prev, **grads}.items():
        for at in np.ndindex(gradient.shape):
            nudge = np.zeros_like(gradient)
            nudge[at] = 1e-6
            up, down = (rnn_step(**{**arguments, name: arguments[name] + s * nudge})[0] for s in (1, -1))
            assert np.isclose(np.sum((up - down) * dh_t) / 2e-6, gradient[at], atol=1e-7), (name, at)


@pytest.mark.parametrize("pad", [0.0, 7.0, np.nan, np.inf])
def test_padding_changes_nothing(pad):
    rng = np.random.default_rng(0)
    x, lengths = rng.normal(size=(4, 6, 3)), np.array([6, 3, 1, 0])
    chains = [_chain(rng, 4, 3, 5) for _ in range(2)]
    padded = np.where(np.arange(6)[None, :, None] < lengths[:, None, None], x, pad)
    h_f, h_b = birnn_forward(padded, *chains, lengths)
    for i, length in enumerate(lengths):
        alone = [{**chain, "h_0": chain["h_0"][i : i + 1]} for chain in chains]
        for states, expected in zip((h_f, h_b), birnn_forward(x[i : i + 1, :length], *alone), strict=True):
            np.testing.assert_array_equal(states[i, length:], 0)
            np.testing.assert_allclose(states[i, :length], expected[0], rtol=1e-12)


def test_reverse_time_twice_is_nothing():
    x, lengths = np.random.default_rng(0).normal(size=(3, 5, 2)), np.array([5, 2, 0])
    np.testing.assert_array_equal(reverse_time(reverse_time(x, lengths), lengths), x)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros((2, 3))}, ValueError, r"x has shape \(2, 3\), expected \(batch, time, features\)"),
        ({"x": [[[0.0]]]}, TypeError, "x must be a NumPy array"),
        ({"x": np.zeros((2, 3, 4), int)}, TypeError, "x must hold floating-point numbers, got dtype int64"),
        ({"W_xh": np.zeros((5, 4))}, ValueError, r"W_xh has shape \(5, 4\), expected \(3, 4\)"),
        ({"lengths": np.array([1.0, 2.0])}, TypeError, "lengths must be integers"),
        ({"lengths": np.array([1, 9])}, ValueError, "between 0 and the 6 steps of x, got 1 to 9"),
        ({"lengths": np.array([1])}, ValueError, r"lengths has shape \(1,\), expected \(2,\)"),
    ],
)
def test_bad_input_is_refused_by_name(change, error, message):
    rng = np.random.default_rng(0)
    arguments = {"x": rng.normal(size=(2, 6, 3)), **_chain(rng, 2, 3, 4), **change}
    with pytest.raises(error, match=message):
        rnn_forward(**arguments)


class TestUnroll:
    LENGTHS = np.array([5, 2, 0])

    def _case(self, cell, pad=0.0):
        record, rng = CELLS[cell], np.random.default_rng(0)
        settings = record.settings({})
        weights = {name: value[0] for name, value in record.parameters(rng, 1, 3, 4, **settings).items()}
        for value in weights.values():
            value += rng.normal(size=value.shape) / 2
        x, d_outputs = rng.normal(size=(3, 5, 3)), rng.normal(size=(3, 5, 4))
        for array in (x, d_outputs):
            array[np.arange(5) >= self.LENGTHS[:, None]] = pad
        initial, d_final = (tuple(rng.normal(size=(3, 4)) for _ in record.states) for _ in range(2))
        return record, x, initial, weights, record.step_options(settings), d_outputs, d_final

    @pytest.mark.parametrize("cell", CELLS)
    def test_gradients_equal_differences(self, cell):
        record, x, initial, weights, options, d_outputs, d_final = self._case(cell)

        def score():
            outputs, final, _ = unroll(record.step, x, initial, self.LENGTHS, **weights, **options)
            return (outputs[0] * d_outputs).sum() + sum((s * d).sum() for s, d in zip(final, d_final, strict=True))

        *_, caches = unroll(record.step, x, initial, self.LENGTHS, **weights, **options)
        dx, d_initial, grads = unroll_backward(record.step_backward, d_outputs, caches, self.LENGTHS, d_final)
        assert grads.keys() == weights.keys()
        found = [(x, dx), *zip(initial, d_initial, strict=True), *((weights[name], grads[name]) for name in weights)]
        for value, gradient in found:
            np.testing.assert_allclose(gradient, differences(score, value), rtol=1e-6, atol=1e-8)

    @pytest.mark.parametrize("pad", [7.0, np.nan, -np.inf])
    @pytest.mark.parametrize("cell", CELLS)
    def test_padding_changes_nothing_in_either_direction(self, cell, pad):
        found = []
        for filled in (0.0, pad):
            record, x, initial, weights, options, d_outputs, d_final = self._case(cell, filled)
            outputs, final, caches = unroll(record.step, x, initial, self.LENGTHS, **weights, **options)
            dx, d_initial, grads = unroll_backward(record.step_backward, d_outputs, caches, self.LENGTHS, d_final)
            found.append([*outputs, *final, dx, *d_initial, *grads.values()])
        for clean, dirty in zip(*found, strict=True):
            np.testing.assert_array_equal(dirty, clean)
        np.testing.assert_array_equal(final[0][2], initial[0][2])
        np.testing.assert_array_equal(d_initial[0][2], d_final[0][2])

    def test_a_sequence_alone_gets_what_it_gets_among_longer_ones(self):
        record, x, initial, weights, options, _, _ = self._case("lstm")
        (h, c), final, _ = unroll(record.step, x, initial, self.LENGTHS, **weights, **options)
        first = tuple(state[1:2] for state in initial)
        (h_alone, c_alone), final_alone, _ = unroll(record.step, x[1:2, :2], first, **weights, **options)
        for ours, alone in ((h, h_alone), (c, c_alone)):
            np.testing.assert_allclose(ours[1:2, :2], alone, rtol=1e-12)
            np.testing.assert_array_equal(ours[1, 2:], 0)
        for ours, alone in zip(final, final_alone, strict=True):
            np.testing.assert_allclose(ours[1:2], alone, rtol=1e-12)

    def test_bad_gradients_are_refused(self):
        record, x, initial, weights, options, d_outputs, _ = self._case("rnn")
        *_, caches = unroll(record.step, x, initial, **weights, **options)
        with pytest.raises(ValueError, match=r"d_outputs has shape \(3, 4, 4\), expected \(batch, 5, hidden\)"):
            unroll_backward(record.step_backward, d_outputs[:, :4], caches)
        with pytest.raises(ValueError, match="caches is empty"):
            unroll_backward(record.step_backward, d_outputs[:, :0], [])
