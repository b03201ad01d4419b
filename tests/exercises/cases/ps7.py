"""Arguments for problem set 7: sizes that all differ, an odd batch, states that are not zero, mixed lengths."""

import numpy as np


def both_directions(rng):
    yield rng.normal(size=(3, 5, 2)), _chain(rng), _chain(rng)


def padded_directions(rng):
    yield rng.normal(size=(3, 5, 2)), np.array([5, 2, 3]), _chain(rng), _chain(rng)


def classify(rng):
    lengths = np.array([4, 6, 2])
    counts = (np.arange(6) < lengths[:, None])[:, :, None]
    yield *(rng.normal(size=(2, 3, 6, 4)) * counts), lengths, rng.normal(size=(8, 5)), rng.normal(size=5)


def predict_words(rng):
    yield *rng.normal(size=(2, 3, 5, 4)), *rng.normal(size=(2, 3, 4)), rng.normal(size=(8, 6)), rng.normal(size=6)


def in_chunks(rng):
    yield rng.normal(size=(3, 7, 2)), 3, _chain(rng), _chain(rng)
    yield rng.normal(size=(3, 5, 2)), 8, _chain(rng), _chain(rng)


def normalise(rng):
    yield 3 + 2 * rng.normal(size=(3, 5, 2)), np.array([5, 2, 3]), 0.3


def _chain(rng):
    h_0, W_xh = rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
    return {"h_0": h_0, "W_xh": W_xh, "W_hh": rng.normal(size=(4, 4)), "b_h": rng.normal(size=4)}
