"""Arguments for problem set 8: a sentence of five words and four tags, a long one, one with large scores."""

import numpy as np


def path_score(rng):
    yield *_scores(rng), np.array([3, 0, 2, 2, 1])


def log_partition(rng):
    yield _scores(rng)
    emissions, *rest = _scores(rng)
    yield 800 + emissions, *rest


def viterbi(rng):
    for time in (8, 5, 13):
        yield _scores(rng, time)


def marginals(rng):
    yield _scores(rng)
    emissions, *rest = _scores(rng)
    yield 800 + emissions, *rest


pair_marginals = marginals


def allowed(rng):
    yield (["I-album", "B-artist", "O", "I-artist", "B-album", "B-art", "I-art"],)


def span_f1(rng):
    names = ["O", "B-album", "I-album", "B-art", "I-art"]
    true = [[names[i] for i in rng.integers(5, size=n)] for n in (3, 7, 1, 9, 12)]
    yield true, [[name if rng.random() < 0.8 else names[rng.integers(5)] for name in row] for row in true]


def _scores(rng, time=5):
    return rng.normal(size=(time, 4)), 2 * rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=4)
