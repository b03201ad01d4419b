"""Arguments for problem set 10: sizes that all differ, odd numbers of windows, readings that are missing."""

import numpy as np


def windows(rng):
    yield rng.normal(size=23), 5, 3
    yield rng.normal(size=9), 4, 4


def states(rng):
    for reverse in (False, True):
        weights = rng.normal(size=(2, 4)), rng.normal(size=(4, 4)), rng.normal(size=4)
        yield rng.normal(size=(3, 5, 2)), *weights, reverse


def fit_readout(rng):
    yield 2 + rng.normal(size=(3, 7, 4)), 50 + rng.normal(size=(3, 7)), 1.5


def errors(rng):
    said, y = rng.normal(size=(2, 3, 5))
    y[0, 1] = y[2, 4] = np.nan
    yield said, y


def moved(rng):
    before = rng.normal(size=(3, 5))
    for at, size in (((2, 1), -1e-6), ((1, 2), 1.0), ((0, 3), 1.0)):
        after = before.copy()
        after[at] += size
        yield before, after, 2


def lines(rng):
    yield rng.normal(size=11), np.array([0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0], bool)
    yield rng.normal(size=5), np.array([0, 0, 1, 0, 0], bool)


def gap_error(rng):
    truth = rng.normal(size=(7, 4))
    known, hidden = rng.random(size=(2, 7, 4)) < 0.6
    yield rng.normal(size=(7, 4)), truth, known, hidden
