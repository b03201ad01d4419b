"""Arguments for problem set 3: sizes that all differ, an odd batch, states that are not zero."""

import numpy as np


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm_step(rng):
    x_t, h_prev, c_prev = rng.normal(size=(3, 2)), rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    yield x_t, h_prev, c_prev, *_weights(rng, 4), rng.normal(size=16)


def lstm_step_backward(rng):
    dh_t, dc_t, h_prev, c_prev, c_t = rng.normal(size=(5, 3, 4))
    gates = {name: _sigmoid(rng.normal(size=(3, 4))) for name in "ifo"} | {"g": np.tanh(rng.normal(size=(3, 4)))}
    yield dh_t, dc_t, rng.normal(size=(3, 2)), h_prev, c_prev, gates, c_t, *_weights(rng, 4)


def gru_step(rng):
    yield rng.normal(size=(3, 2)), rng.normal(size=(3, 4)), *_weights(rng, 3), rng.normal(size=12), rng.normal(size=4)


def gru_step_reset_before(rng):
    yield rng.normal(size=(3, 2)), rng.normal(size=(3, 4)), *_weights(rng, 3), rng.normal(size=12)


def gru_step_backward(rng):
    gates = {name: _sigmoid(rng.normal(size=(3, 4))) for name in "rz"}
    gates |= {"n": np.tanh(rng.normal(size=(3, 4))), "m": rng.normal(size=(3, 4))}
    yield rng.normal(size=(3, 4)), rng.normal(size=(3, 2)), rng.normal(size=(3, 4)), gates, *_weights(rng, 3)


def gru_from_keras(rng):
    yield *_weights(rng, 3), rng.normal(size=(2, 12))


def count_parameters(rng):
    yield "lstm", 5, 7, 2
    yield "gru", 4, 6, 2
    yield "rnn", 8, 3, 1


def _weights(rng, gates):
    return rng.normal(size=(2, 4 * gates)), rng.normal(size=(4, 4 * gates))
