"""One direction read at its end: its gradients, for a cell of one state and of two."""

import numpy as np
import pytest
from gradients import check_parameters

from birnn_ref.experiments.networks.last_state import LastState
from birnn_ref.layers import Dense, Recurrent


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_gradients_equal_central_differences(cell):
    rng = np.random.default_rng(0)
    model = LastState(Recurrent(cell, 2, 3, rng=rng, dtype=np.float64), Dense(3, 2, rng=rng, dtype=np.float64))
    x, weights = rng.normal(size=(4, 5, 2)), rng.normal(size=(4, 2))

    def score():
        return float((model.forward(x) * weights).sum())

    score()
    model.backward(weights)
    check_parameters(model, score)


def test_it_answers_from_the_last_step():
    rng = np.random.default_rng(0)
    model = LastState(Recurrent("gru", 2, 3, rng=rng), Dense(3, 1, rng=rng))
    x = rng.normal(size=(4, 5, 2)).astype(np.float32)
    states, _ = model.recurrent.forward(x)
    np.testing.assert_array_equal(model.forward(x), model.readout.forward(states[:, -1]))
