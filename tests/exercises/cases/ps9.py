"""Arguments for problem set 9: sizes that all differ, an odd batch, mixed lengths, a weight that is 0."""

import numpy as np


def scores(rng):
    yield rng.normal(size=(3, 2, 4)), rng.normal(size=(3, 5, 6)), *_parameters(rng)


def attend(rng):
    e = 2 * rng.normal(size=(3, 2, 5))
    yield e, np.array([5, 2, 3])
    yield e + 800, np.array([4, 1, 5])


def context(rng):
    yield rng.random(size=(3, 2, 5)), rng.normal(size=(3, 5, 6))


def attention_backward(rng):
    alpha = rng.random(size=(3, 2, 5))
    yield rng.normal(size=(3, 2, 6)), alpha / alpha.sum(axis=2, keepdims=True), rng.normal(size=(3, 5, 6))


def score_backward(rng):
    s, h = 0.5 * rng.normal(size=(3, 2, 4)), 0.5 * rng.normal(size=(3, 5, 6))
    yield rng.normal(size=(3, 2, 5)), s, h, *_parameters(rng)


def alignment(rng):
    alpha = rng.random(size=(3, 2, 5))
    alpha[1, 0, 3] = 0
    yield (alpha / alpha.sum(axis=2, keepdims=True),)


def _parameters(rng):
    return 0.5 * rng.normal(size=(4, 7)), 0.5 * rng.normal(size=(6, 7)), rng.normal(size=7)
