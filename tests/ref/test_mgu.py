"""The minimal gated unit: its equations, and what follows from them."""

import numpy as np
import pytest

from birnn_ref.cells import gru_step, sigmoid
from birnn_ref.cells.mgu import mgu_step, mgu_step_backward


def _arguments(seed=0):
    rng = np.random.default_rng(seed)
    shapes = {"x_t": (2, 3), "h_prev": (2, 4), "W_xh": (3, 8), "W_hh": (4, 8), "b_h": (8,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def test_equals_the_papers_equations():
    x, h, W_xh, W_hh, b = _arguments().values()
    for row in range(2):
        for unit in range(4):
            f = sigmoid(x[row] @ W_xh[:, :4] + h[row] @ W_hh[:, :4] + b[:4])
            n = np.tanh(x[row] @ W_xh[:, 4 + unit] + (f * h[row]) @ W_hh[:, 4 + unit] + b[4 + unit])
            expected = (1 - f[unit]) * h[row, unit] + f[unit] * n
            assert np.isclose(mgu_step(x, h, W_xh, W_hh, b)[0][row, unit], expected, rtol=1e-12)


def test_is_a_gru_that_resets_before_whose_two_gates_are_one():
    arguments = _arguments()
    W = {name: np.split(arguments[name], 2, axis=-1) for name in ("W_xh", "W_hh", "b_h")}
    # The GRU's z keeps the state where the unit's f replaces it, so z = sigmoid(-a) = 1 - f.
    gru = {name: np.concatenate([f, -f, n], axis=-1) for name, (f, n) in W.items()}
    expected, _ = gru_step(arguments["x_t"], arguments["h_prev"], **gru, reset_after=False)
    np.testing.assert_allclose(mgu_step(**arguments)[0], expected, rtol=1e-12)


@pytest.mark.parametrize(("name", "shape"), [("W_xh", (3, 4)), ("W_hh", (4, 4)), ("b_h", (4,)), ("h_prev", (1, 4))])
def test_wrong_shapes_are_refused_by_name(name, shape):
    with pytest.raises(ValueError, match=f"{name} has shape"):
        mgu_step(**{**_arguments(), name: np.zeros(shape)})


def test_a_wrong_gradient_is_refused():
    with pytest.raises(ValueError, match="dh_t has shape"):
        mgu_step_backward(np.zeros((2, 3)), mgu_step(**_arguments())[1])
