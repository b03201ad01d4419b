"""Arguments for problem set 6: sizes that all differ, an odd batch, mixed lengths, padding that is not zero."""

import numpy as np


def bigru(rng):
    yield rng.normal(size=(3, 5, 2)), np.array([2, 4, 3]), _recurrent(rng, 3, 2, 4)


def top_states(rng):
    yield (rng.normal(size=(6, 3, 4)),)


def convolve(rng):
    yield rng.normal(size=(3, 7, 2)), np.array([7, 2, 5]), rng.normal(size=(4, 2, 3)), 1 + rng.normal(size=4)


def max_pool(rng):
    x, lengths = rng.normal(size=(3, 5, 4)), np.array([2, 5, 3])
    yield x, lengths
    yield x - 500, lengths


def cnn_bilstm(rng):
    weights = {"kernel": rng.normal(size=(4, 2, 3)), "bias": rng.normal(size=4), **_recurrent(rng, 4, 4, 5)}
    weights |= {"W": rng.normal(size=(10, 3)), "b": rng.normal(size=3)}
    yield rng.normal(size=(3, 7, 2)), np.array([7, 2, 5]), weights


def _recurrent(rng, gates, features, hidden):
    wide = gates * hidden
    shapes = {"weight_ih_l0": (wide, features), "weight_hh_l0": (wide, hidden)}
    shapes |= {"bias_ih_l0": (wide,), "bias_hh_l0": (wide,)}
    return {name + way: rng.normal(size=shape) for way in ("", "_reverse") for name, shape in shapes.items()}
