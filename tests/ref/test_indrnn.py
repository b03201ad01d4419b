"""The independently recurrent unit: its equation, and that its units do not hear each other."""

import numpy as np
import pytest

from birnn_ref.cells import rnn_step
from birnn_ref.cells.indrnn import indrnn_step, indrnn_step_backward
from birnn_ref.inspect import gradient_by_distance
from birnn_ref.layers import Recurrent


def _arguments(seed=0):
    rng = np.random.default_rng(seed)
    shapes = {"x_t": (2, 3), "h_prev": (2, 4), "W_xh": (3, 4), "w_hh": (4,), "b_h": (4,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_is_a_simple_cell_with_a_diagonal_matrix(activation):
    arguments = _arguments()
    found, cache = indrnn_step(**arguments, activation=activation)
    arguments["W_hh"] = np.diag(arguments.pop("w_hh"))
    np.testing.assert_allclose(found, rnn_step(**arguments, activation=activation)[0], rtol=1e-12)
    d = np.random.default_rng(1).normal(size=(2, 4))
    slope = (found > 0) if activation == "relu" else 1 - found**2
    np.testing.assert_allclose(indrnn_step_backward(d, cache)[1], d * slope * cache.w_hh)


def test_a_gradient_over_t_steps_is_a_power_of_one_number():
    layer = Recurrent("indrnn", 2, 3, rng=np.random.default_rng(0), dtype=np.float64)
    layer.params["w_hh"][:] = [0.5, 0.9, 0.2]
    layer.params["b_h"][:] = 1  # so that no unit is cut off
    x = np.random.default_rng(1).uniform(size=(1, 6, 2)) / 10
    (norms,) = gradient_by_distance(layer, x)
    np.testing.assert_allclose(norms[0], 0.9 ** np.arange(7), rtol=1e-12)


def test_weights_begin_between_0_and_1():
    w = Recurrent("indrnn", 2, 500, rng=np.random.default_rng(0)).params["w_hh"]
    assert (w.min() >= 0, w.max() <= 1, abs(w.mean() - 0.5) < 0.05) == (True, True, True)


@pytest.mark.parametrize(("name", "shape"), [("W_xh", (3, 5)), ("w_hh", (4, 4)), ("b_h", (5,)), ("h_prev", (1, 4))])
def test_wrong_shapes_are_refused_by_name(name, shape):
    with pytest.raises(ValueError, match=f"{name} has shape"):
        indrnn_step(**{**_arguments(), name: np.zeros(shape)})


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="activation must be one of"):
        Recurrent("indrnn", 2, 3, rng=np.random.default_rng(0), activation="sigmoid")


def test_the_step_refuses_an_unknown_activation_itself():
    with pytest.raises(ValueError, match="activation must be one of 'relu', 'tanh', got 'gelu'"):
        indrnn_step(**_arguments(), activation="gelu")
