"""Arguments for problem set 4: sizes that all differ, an odd batch, states that are not zero, mixed lengths."""

import numpy as np

MODES = ("concat", "sum", "ave", "mul")


def reverse_time(rng):
    yield rng.normal(size=(5, 6, 2)), np.array([6, 0, 1, 4, 3])


def merge(rng):
    for mode in MODES:
        yield *rng.normal(size=(2, 3, 5, 4)), mode


def birnn_forward(rng):
    yield rng.normal(size=(3, 5, 2)), np.array([5, 2, 3]), _chain(rng), _chain(rng)


def final_states(rng):
    yield *rng.normal(size=(2, 3, 5, 4)), np.array([4, 5, 2])


def merge_backward(rng):
    for mode in MODES:
        yield rng.normal(size=(3, 5, 8 if mode == "concat" else 4)), *rng.normal(size=(2, 3, 5, 4)), mode


def birnn_backward(rng):
    states = np.tanh(rng.normal(size=(2, 3, 5, 4)))
    yield *rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(3, 5, 2)), *states, _chain(rng), _chain(rng)


def can_see(rng):
    for kind in ("forward", "backward", "bidirectional", "language model"):
        yield kind, 5


def influence(rng):
    yield rng.normal(size=(5, 2)), _chain(rng, 1), _chain(rng, 1)


def _chain(rng, batch=3):
    h_0, W_xh = rng.normal(size=(batch, 4)), 0.5 * rng.normal(size=(2, 4))
    return {"h_0": h_0, "W_xh": W_xh, "W_hh": 0.5 * rng.normal(size=(4, 4)), "b_h": rng.normal(size=4)}
