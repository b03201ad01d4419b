"""Arguments for problem set 2: sizes that all differ, an odd batch, states that are not zero."""

import numpy as np


def rnn_step_backward(rng):
    states = np.tanh(rng.normal(size=(2, 3, 4)))
    yield rng.normal(size=(3, 4)), rng.normal(size=(3, 2)), *states, *_weights(rng)


def rnn_backward(rng):
    yield _run(rng, 5)


def numerical_gradient(rng):
    x, h_0, d_outputs = rng.normal(size=(3, 5, 2)), rng.normal(size=(3, 4)), rng.normal(size=(3, 5, 4))
    yield x, h_0, *_weights(rng), rng.normal(size=4), d_outputs, 0.3


def relative_error(rng):
    for size in (1.0, 1e-5):
        a = size * rng.normal(size=(2, 3))
        yield a, a + 0.5 * size * rng.normal(size=(2, 3))


def truncated_backward(rng):
    yield *_run(rng, 7), 3


def clip_by_norm(rng):
    yield {"W_xh": rng.normal(size=(2, 4)), "W_hh": rng.normal(size=(4, 4)), "b_h": rng.normal(size=4)}, 1.5
    yield {"W_hh": np.zeros((4, 4)), "b_h": np.zeros(4)}, 1.5


def reach(rng):
    yield np.tanh(rng.normal(size=(5, 4))), 0.7 * rng.normal(size=(4, 4))


def _weights(rng):
    return 0.5 * rng.normal(size=(2, 4)), 0.5 * rng.normal(size=(4, 4))


def _run(rng, time):
    d_outputs, outputs = rng.normal(size=(3, time, 4)), np.tanh(rng.normal(size=(3, time, 4)))
    return d_outputs, rng.normal(size=(3, time, 2)), rng.normal(size=(3, 4)), outputs, *_weights(rng)
