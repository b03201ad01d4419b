"""Arguments for problem set 1: sizes that all differ, an odd batch, states that are not zero."""


def rnn_step(rng):
    yield rng.normal(size=(3, 2)), rng.normal(size=(3, 4)), *_weights(rng)


def rnn_forward(rng):
    yield rng.normal(size=(3, 5, 2)), rng.normal(size=(3, 4)), *_weights(rng)


def birnn_outputs(rng):
    yield tuple(rng.normal(size=(2, 3, 5, 4)))


def birnn_summary(rng):
    yield (rng.normal(size=(3, 5, 8)),)


def _weights(rng):
    return rng.normal(size=(2, 4)), rng.normal(size=(4, 4)), rng.normal(size=4)
