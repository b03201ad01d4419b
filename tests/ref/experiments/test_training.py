"""The studies' training loop in NumPy: the same, bit for bit, as the loop written out; and when it scores and stops."""

import numpy as np
import pytest

from birnn_ref.experiments.networks.reader import Reader
from birnn_ref.experiments.training import falling_rate, train
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.train import Adam, clip_gradients


def _model():
    return Reader("both", 2, 3, 4, rng=np.random.default_rng(0))


def _batches(seed=1):
    rng = np.random.default_rng(seed)
    while True:
        yield (rng.normal(size=(5, 6, 2)).astype(np.float32),), rng.integers(4, size=(5, 6))


def _values(model):
    return {name: value.copy() for name, value in model.named_parameters()}


SETTINGS = {"schedule": falling_rate(0.05, 20), "clip": 0.1}


def test_it_is_the_loop_written_out_bit_for_bit():
    model, expected, losses = _model(), _model(), []
    course = train(model, _batches(), softmax_cross_entropy, steps=20, **SETTINGS)
    optimiser, batches = Adam(expected, 0.05), _batches()
    for step in range(20):
        optimiser.rate = 0.0005 + (0.05 - 0.0005) * (1 + np.cos(np.pi * step / 20)) / 2
        (x,), y = next(batches)
        loss, d_outputs = softmax_cross_entropy(expected.forward(x), y)
        losses.append(loss)
        expected.backward(d_outputs)
        assert clip_gradients(expected, 0.1) > 0.1, "it clips"
        optimiser.step()
    assert course.losses == losses
    for name, value in _values(expected).items():
        np.testing.assert_array_equal(_values(model)[name], value)


def test_it_draws_no_batch_that_it_does_not_use():
    drawn = []
    batches = (drawn.append(batch) or batch for batch in _batches())
    train(_model(), batches, softmax_cross_entropy, steps=3, **SETTINGS)
    assert len(drawn) == 3
    assert train(_model(), batches, softmax_cross_entropy, steps=0, **SETTINGS).steps == 0
    assert len(drawn) == 3


def test_it_scores_every_so_many_steps_and_stops_when_it_is_solved():
    model, seen = _model(), []

    def score():
        seen.append(_values(model))
        return len(seen)

    whole = train(model, _batches(), softmax_cross_entropy, steps=7, every=2, score=score, **SETTINGS)
    assert (whole.steps, whole.scores) == (7, [1, 2, 3])
    assert not np.array_equal(seen[0]["readout.W"], seen[1]["readout.W"]), "of the model as it stands"
    model = _model()
    seen.clear()
    stopped = train(
        model, _batches(), softmax_cross_entropy, steps=7, every=2, score=score, solved=lambda s: s == 2, **SETTINGS
    )
    assert (stopped.steps, stopped.scores, len(stopped.losses)) == (4, [1, 2], 4)
    for name, value in seen[1].items():
        np.testing.assert_array_equal(_values(model)[name], value)


def test_the_rng_reaches_the_model():
    class Spy(Reader):
        def forward(self, x, lengths=None, *, rng=None):
            seen.append(rng)
            return super().forward(x, lengths)

    seen, rng = [], np.random.default_rng(0)
    train(Spy("both", 2, 3, 4, rng=rng), _batches(), softmax_cross_entropy, steps=1, rng=rng, **SETTINGS)
    assert seen == [rng]


@pytest.mark.parametrize(("first", "rates"), [(0, [0.5, 0.2525]), (50, [0.2525, 0.005])])
def test_the_rate_falls_along_half_a_cosine(first, rates):
    schedule = falling_rate(0.5, 100, first)
    assert [schedule(0), schedule(50)] == pytest.approx(rates)
