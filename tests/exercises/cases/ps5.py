"""Arguments for problem set 5: sizes that all differ, an odd batch, an empty review among others."""

import numpy as np


def encode(rng):
    ranks = {
        word: rank
        for rank, word in enumerate(["the", "a", "film", "dull", "and", "not", "good", "plot", "of", "slow"], start=1)
    }
    words = ["a", "good", "film", "and", "not", "dull", "the", "plot", "thickens", "of", "slow", "zebra"]
    yield words, ranks, 10
    yield words, ranks, 12


def pad(rng):
    yield [[1, 7, 8], [], [1, 2, 3, 4, 5, 6, 9], [5, 4, 3, 2], [6]], 4


def predict(rng):
    for masked in (False, True):
        tokens = np.array([[0, 0, 4, 9, 3], [2, 5, 7, 1, 6], [0, 0, 0, 0, 8]])
        pair = [[rng.normal(size=shape) for _ in range(2)] for shape in ((2, 4), (4, 4), (4,))]
        recurrent = dict(zip(("W_xh", "W_hh", "b_h"), pair, strict=True))
        readout = {"W": rng.normal(size=(8, 1)), "b": rng.normal(size=1)}
        yield tokens, {"embedding": rng.normal(size=(11, 2)), **recurrent, **readout}, masked


def count_parameters(rng):
    yield 50, 7, 4


def equal_width(rng):
    yield 7, 4
    yield 3, 11


def read_curve(rng):
    yield ({"val_loss": [0.61, 0.44, 0.52, 0.44, 0.7], "test_accuracy": [0.66, 0.77, 0.81, 0.74, 0.72]},)
