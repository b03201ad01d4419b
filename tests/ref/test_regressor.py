"""Numbers to learn by and to say: the errors' gradients, vectors in place of words, regressors."""

import numpy as np
import pytest
from gradients import check_parameters, differences

from birnn_ref.losses import absolute_error, squared_error
from birnn_ref.models import Classifier, Regressor, Tagger
from birnn_ref.train import Adam, Sequences, evaluate, fit

LENGTHS = np.array([5, 3, 1])


def _settings(seed=0):
    return {"rng": np.random.default_rng(seed), "dtype": np.float64}


@pytest.mark.parametrize("loss", [squared_error, absolute_error])
@pytest.mark.parametrize("shape", [(4, 1), (4, 2), (3, 5, 1), (3, 5, 2)])
def test_the_gradient_of_an_error(loss, shape):
    rng = np.random.default_rng(0)
    said, true = rng.normal(size=(2, *shape))
    lengths = LENGTHS if len(shape) == 3 else None
    true[rng.random(shape) < 0.3] = np.nan
    _, d_said = loss(said, true, lengths, ignore=np.nan)
    expected = differences(lambda: loss(said, true, lengths, ignore=np.nan)[0], said)
    np.testing.assert_allclose(d_said, expected, atol=1e-8)
    counts = ~np.isnan(true)
    if lengths is not None:
        counts &= (np.arange(5) < lengths[:, None])[:, :, None]
    errors = (said - true)[counts]
    value = np.mean(errors**2) if loss is squared_error else np.mean(np.abs(errors))
    assert loss(said, true, lengths, ignore=np.nan)[0] == pytest.approx(value, rel=1e-12)
    np.testing.assert_array_equal(d_said[~counts], 0)


@pytest.mark.parametrize(
    ("said", "true", "options", "error", "message"),
    [
        (np.zeros((2, 1)), np.zeros(3), {}, ValueError, r"targets has shape \(3,\), expected \(2, 1\)"),
        (np.zeros((2, 1), int), np.zeros(2), {}, TypeError, "predictions must hold floating-point numbers"),
        (np.zeros((2, 1)), np.array(["a", "b"]), {}, TypeError, "targets must be numbers"),
        (np.zeros((2, 1)), np.array([1, np.nan]), {}, ValueError, "1 targets that count are not finite numbers"),
        (np.zeros((2, 1)), np.array([1, np.inf]), {"ignore": np.nan}, ValueError, "1 targets that count"),
        (np.zeros((2, 1)), np.full(2, np.nan), {"ignore": np.nan}, ValueError, "no target counts"),
        (np.zeros((2, 1)), np.zeros(2), {"lengths": [1, 1]}, ValueError, "lengths needs predictions of shape"),
    ],
)
def test_bad_errors(said, true, options, error, message):
    with pytest.raises(error, match=message):
        squared_error(said, true, **options)


def _models():
    return {
        "classifier": Classifier("lstm", None, 2, 3, 2, **_settings()),
        "attention": Classifier("gru", None, 2, 3, pooling="attention", **_settings()),
        "tagger": Tagger("gru", None, 2, 3, 4, depth=2, **_settings()),
        "regressor": Regressor("gru", None, 2, 3, 2, **_settings()),
        "steps": Regressor("rnn", None, 2, 3, pooling=None, **_settings()),
    }


@pytest.mark.parametrize("name", _models())
def test_gradients_of_vectors(name):
    model, rng = _models()[name], np.random.default_rng(1)
    x = rng.normal(size=(3, 5, 2))
    weights = rng.normal(size=model.forward(x, LENGTHS).shape)

    def value():
        return float((model.forward(x, LENGTHS) * weights).sum())

    value()
    dx = model.backward(weights)
    check_parameters(model, value, rtol=2e-5, atol=1e-9)
    np.testing.assert_allclose(dx, differences(value, x), rtol=2e-5, atol=1e-9)
    np.testing.assert_array_equal(dx[np.arange(5) >= LENGTHS[:, None]], 0)


@pytest.mark.parametrize("name", _models())
def test_vectors_in_the_padding_change_nothing(name):
    model, x = _models()[name], np.random.default_rng(1).normal(size=(3, 5, 2))
    expected = model.forward(x, LENGTHS)
    x[np.arange(5) >= LENGTHS[:, None]] = np.nan
    np.testing.assert_array_equal(model.forward(x, LENGTHS), expected)
    assert np.isfinite(model.forward(x, LENGTHS, rng=np.random.default_rng(0))).all()


@pytest.mark.parametrize("kind", [Classifier, Tagger, Regressor])
def test_vectors_and_words_are_one_model(kind):
    """A model of words says what one of vectors says of the words' vectors."""
    words, vectors = (kind("gru", n, 2, 3, 4, dropout=0.5, **_settings()) for n in (9, None))
    own = dict(vectors.named_parameters())
    for name, array in words.named_parameters():
        if name != "words.W":
            own[name][...] = array
    ids = np.random.default_rng(0).integers(9, size=(3, 5))
    x = words.words.params["W"][ids]
    np.testing.assert_allclose(vectors.forward(x, LENGTHS), words.forward(ids, LENGTHS), rtol=1e-12, atol=1e-14)


def test_learns_the_middle_of_past_and_future():
    """Each step is the mean of both neighbours, where one is measured."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 8, 1)).astype(np.float32)
    padded = np.pad(x[..., 0], ((0, 0), (1, 1)))
    y = (padded[:, :-2] + padded[:, 2:]) / 2
    y[rng.random(y.shape) < 0.2] = np.nan
    found = {}
    for both in (True, False):
        rng = np.random.default_rng(0)
        model = Regressor("gru", None, 1, 8, pooling=None, bidirectional=both, rng=rng)
        how = {"loss": model.loss, "ignore": np.nan}
        data, held_out = Sequences(x[:300], y[:300]), Sequences(x[300:], y[300:])
        history = fit(model, data, optimiser=Adam(model, 0.02), epochs=8, batch_size=20, rng=rng, **how)
        assert history[0].keys() == {"loss", "seconds"}
        found[both] = evaluate(model, held_out, **how)["loss"]
    assert found[True] < 0.02
    assert found[False] > 0.15  # the half that is to come is noise: its variance is 1/4, but at the last step


def test_answers():
    x = np.ones((2, 4, 3), np.float32)
    rng = np.random.default_rng(0)
    one, two = (
        Regressor("gru", None, 3, 2, rng=rng),
        Regressor("gru", 9, 3, 2, 2, pooling=None, error="absolute", rng=rng),
    )
    np.testing.assert_array_equal(one.predict(x), one.forward(x)[:, 0])
    ids = np.array([[1, 2, 3], [4, 0, 0]])
    np.testing.assert_allclose(
        two.predict(ids, np.array([3, 1]), batch_size=1), two.forward(ids, np.array([3, 1])), rtol=1e-6
    )
    assert (
        two.loss(two.forward(ids), np.zeros((2, 3, 2)))[0] == absolute_error(two.forward(ids), np.zeros((2, 3, 2)))[0]
    )


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Regressor("gru", None, 3, 2, error="cubic", **_settings()), ValueError, "error must be one of"),
        (lambda: Regressor("gru", None, 3, 2, pooling="sum", **_settings()), ValueError, "pooling must be one of"),
        (lambda: Tagger("gru", None, 3, 2, 4, word_dropout=0.1, **_settings()), ValueError, "word_dropout needs words"),
        (lambda: Tagger("gru", None, 0, 2, 4, **_settings()), ValueError, "features must be at least 1"),
        (lambda: Tagger("gru", None, 3, 2, 4, **_settings()).forward(np.ones((2, 4, 2))), ValueError, r"x has shape"),
        (lambda: Tagger("gru", None, 3, 2, 4, **_settings()).forward(np.ones((2, 4), int)), TypeError, "x must hold"),
        (
            lambda: Tagger("gru", None, 3, 2, 4, **_settings()).forward(np.ones((2, 4, 3), np.float32)),
            TypeError, "expected the layer's own, float64",
        ),
    ],
)  # fmt: skip
def test_bad_settings(make, error, message):
    with pytest.raises(error, match=message):
        make()
