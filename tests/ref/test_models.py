"""Models: every gradient by differences, padding, what they can learn, and bad input."""

import numpy as np
import pytest
from gradients import check_parameters, dense

from birnn_ref.layers import Dense, Embedding, Spelt
from birnn_ref.layers.activation import ReLU
from birnn_ref.losses import binary_cross_entropy, softmax_cross_entropy
from birnn_ref.metrics import span_f1
from birnn_ref.models import CharTagger, Classifier, ConvClassifier, Tagger
from birnn_ref.models.tagger import TagLoss
from birnn_ref.train import Adam, Sequences, evaluate, fit

CELLS = ("rnn", "lstm", "gru")
CONV = {"filters": 3, "width": 2, "pool": 2}
CHARS = {"num_chars": 6, "char_embedding": 2, "filters": 3, "width": 2}
LENGTHS = np.array([5, 3, 1])


def _settings(seed=0):
    return {"rng": np.random.default_rng(seed), "dtype": np.float64}


def _moved(model):
    """The model, its parameters off the points where small initial weights hide errors."""
    rng = np.random.default_rng(1)
    for _, array in model.named_parameters():
        array += rng.normal(size=array.shape) * 0.5
    return model


def _ids(rng, count=3, time=5):
    return rng.integers(9, size=(count, time))


def _letters(rng, count=3, time=5):
    return _ids(rng, count, time), Spelt(
        rng.integers(7, size=(count, time)), rng.integers(1, 6, size=(7, 4)), rng.integers(5, size=7)
    )


def _check(model, x, loss, targets, timed):
    model = _moved(model)

    def value():
        logits = model.forward(x, LENGTHS)
        return loss(logits, targets, LENGTHS) if timed else loss(logits, targets)

    model.backward(value()[1])
    check_parameters(model, lambda: value()[0], rtol=2e-5, atol=1e-9)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pooling": "mean"},
        {"pooling": "max"},
        {"pooling": "attention"},
        {"depth": 2},
        {"merge": "mul"},
        {"merge": "ave", "pooling": "attention"},
        {"bidirectional": False},
    ],
    ids=str,
)
def test_classifier_gradients(cell, options):
    rng = np.random.default_rng(0)
    _check(Classifier(cell, 9, 2, 3, **options, **_settings()), _ids(rng), binary_cross_entropy, np.array([1, 0, 1]), 0)


@pytest.mark.parametrize("pooling", ["final", "attention"])
def test_conv_classifier_gradients(pooling):
    model = ConvClassifier("lstm", 9, 2, 3, 4, pooling=pooling, **CONV, **_settings())
    _check(model, _ids(np.random.default_rng(0)), softmax_cross_entropy, np.array([1, 0, 3]), 0)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [{}, {"depth": 2}, {"merge": "sum"}, {"bidirectional": False}], ids=str)
def test_tagger_gradients(cell, options):
    rng = np.random.default_rng(0)
    model = Tagger(cell, 9, 2, 3, 4, **options, **_settings())
    _check(model, _ids(rng), softmax_cross_entropy, rng.integers(4, size=(3, 5)), 1)


@pytest.mark.parametrize("how", [{"filters": 3, "width": 2}, {"filters": 4, "width": None}], ids=str)
def test_char_tagger_gradients(how):
    rng = np.random.default_rng(0)
    model = CharTagger("lstm", 9, 2, 3, 4, **{**CHARS, **how}, **_settings())
    _check(model, _letters(rng), softmax_cross_entropy, rng.integers(4, size=(3, 5)), 1)


@pytest.mark.parametrize("crf", [True, ("O", "B-x", "I-x", "B-y")])
def test_crf_tagger_gradients(crf):
    rng = np.random.default_rng(0)
    model = Tagger("gru", 9, 2, 3, 4, crf=crf, **_settings())
    assert any(name.startswith("crf.") for name, _ in model.named_parameters())
    _check(model, _ids(rng), model.loss, np.array([[0, 1, 2, 2, 3], [3, 1, 2, 0, 0], [1, 0, 0, 0, 0]]), 1)


class Local(TagLoss):
    """A tagger without a recurrence: what it says of a step depends on that word alone."""

    def __init__(self, crf, rng):
        super().__init__()
        self.children = {"words": Embedding(4, 4, rng=rng), "readout": Dense(4, 5, rng=rng)}
        self._add_crf(crf, 5, rng, np.float32)

    def forward(self, x, lengths=None, *, rng=None):
        return self.children["readout"].forward(self.children["words"].forward(x))

    def backward(self, d_logits):
        self.children["words"].backward(self.children["readout"].backward(d_logits))


def test_a_crf_learns_which_tag_follows_which():
    """Inside a span a word says only that it goes on; of what kind the span is, its first word has said."""
    rng, names = np.random.default_rng(0), ("O", "B-x", "I-x", "B-y", "I-y")
    y = np.array([rng.choice([[1, 2, 2, 0], [3, 4, 4, 0], [0, 1, 2, 2], [0, 3, 4, 4]]) for _ in range(300)])
    data = Sequences(np.array([0, 1, 3, 2, 3])[y], y)
    found = {}
    for crf in (False, True):
        model = Local(crf, np.random.default_rng(0))
        settings = {"loss": model.loss, "metric": span_f1(names)}
        fit(model, data, optimiser=Adam(model, 0.05), epochs=6, batch_size=20, rng=rng, validation=data, **settings)
        found[crf] = evaluate(model, data, **settings)
    assert found[True]["span_f1"] == found[True]["accuracy"] == 1
    assert found[False]["span_f1"] < 0.8


def _models():
    return {
        **{f"classifier-{p}": Classifier("gru", 9, 2, 3, pooling=p, **_settings())
           for p in ("final", "mean", "max", "attention")},
        "conv": ConvClassifier("lstm", 9, 2, 3, **CONV, **_settings()),
        "tagger": Tagger("rnn", 9, 2, 3, 4, depth=2, **_settings()),
        "crf": Tagger("rnn", 9, 2, 3, 4, crf=True, **_settings()),
        "chars": CharTagger("lstm", 9, 2, 3, 4, **CHARS, **_settings()),
    }  # fmt: skip


@pytest.mark.parametrize("name", _models())
@pytest.mark.parametrize("pad", [0, 8, 10**6, -1])
def test_padding_changes_nothing(name, pad):
    model, rng = _moved(_models()[name]), np.random.default_rng(0)
    chars = name == "chars"
    x = _letters(rng) if chars else (_ids(rng),)
    lengths = np.array([5, 3, 0])
    for array in (x[0], x[1].words) if chars else x:
        array[np.arange(5) >= lengths[:, None]] = pad
    single = x if chars else x[0]
    logits = model.forward(single, lengths)
    d_logits = rng.normal(size=logits.shape)
    model.backward(d_logits)
    shapes = {n: a.shape for n, a in model.named_parameters()}
    found = {n: dense(g, shapes[n]) for n, g in model.named_gradients()}
    sums = {n: np.zeros(s) for n, s in shapes.items()}
    for i, n in enumerate(lengths):
        steps = max(n, 1)  # no steps at all: one step of padding
        part = tuple(array[i : i + 1, :steps] for array in x)
        own = model.forward(part if chars else part[0], lengths[i : i + 1])
        timed = own.ndim == 3
        np.testing.assert_allclose(
            logits[i : i + 1, :steps] if timed else logits[i : i + 1], own, rtol=1e-10, atol=1e-12
        )
        model.backward(d_logits[i : i + 1, :steps] if timed else d_logits[i : i + 1])
        for key, g in model.named_gradients():
            sums[key] += dense(g, shapes[key])
    for key, g in found.items():
        np.testing.assert_allclose(g, sums[key], rtol=1e-9, atol=1e-12, err_msg=key)


def test_final_states_are_where_each_reading_ends():
    model = Classifier("rnn", 9, 2, 3, **_settings())
    ids, lengths = _ids(np.random.default_rng(0)), np.array([5, 3, 2])
    x = model.words.forward(ids, lengths)
    outputs, _ = model.summary.stack.forward(x, lengths)
    expected = np.concatenate([outputs[np.arange(3), lengths - 1, :3], outputs[:, 0, 3:]], axis=1)
    np.testing.assert_allclose(model.summary.forward(x, lengths), expected, rtol=1e-12)


def _learners():
    rng = np.random.default_rng(0)
    return {
        "bigru": Classifier("gru", 12, 8, 8, rng=rng),
        "cnn": ConvClassifier("lstm", 12, 8, 8, filters=8, width=3, pool=2, rng=rng),
    }


@pytest.mark.parametrize("name", ["bigru", "cnn"])
def test_classifiers_learn_an_order(name):
    """Whether 1 comes before 2: a bag of words cannot tell."""
    rng = np.random.default_rng(0)
    x = [np.where(np.arange(n) < n // 2, 3, 4) for n in rng.integers(4, 9, size=600)]
    y = rng.integers(2, size=600)
    for sequence, before in zip(x, y, strict=True):
        at = np.sort(rng.choice(len(sequence), 2, replace=False))
        sequence[at] = [1, 2] if before else [2, 1]
    model, data = _learners()[name], Sequences.from_ragged(x[:500], y[:500])
    settings = {"loss": binary_cross_entropy, "batch_size": 25, "rng": rng}
    fit(model, data, optimiser=Adam(model, 0.02), epochs=8, **settings)
    held_out = Sequences.from_ragged(x[500:], y[500:])
    assert evaluate(model, held_out, loss=binary_cross_entropy)["accuracy"] > 0.95


def test_a_char_tagger_reads_letters():
    """The tag is a word's last letter; every word has the same id."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 6, size=200)
    chars, char_lengths = rng.integers(1, 5, size=(200, 5, 4)), rng.integers(1, 5, size=(200, 5))
    spelt = Spelt.of_arrays(chars, char_lengths)
    y = np.take_along_axis(chars, char_lengths[..., None] - 1, axis=2)[..., 0]
    data = Sequences((np.zeros((200, 5), int), spelt), y, lengths)
    model = CharTagger("lstm", 2, 2, 8, 5, num_chars=5, char_embedding=8, filters=24, width=3, rng=rng)
    fit(model, data, loss=softmax_cross_entropy, optimiser=Adam(model, 0.02), epochs=15, batch_size=20, rng=rng)
    assert evaluate(model, data, loss=softmax_cross_entropy)["accuracy"] > 0.95


def test_dropout_draws_only_in_training():
    model, ids = Classifier("rnn", 9, 4, 4, dropout=0.5, **_settings()), _ids(np.random.default_rng(0))
    np.testing.assert_array_equal(model.forward(ids), model.forward(ids))
    drawn = [model.forward(ids, rng=np.random.default_rng(seed)) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.allclose(drawn[0], drawn[2])


def test_the_tutorials_model_has_its_parameters():
    model = Classifier("rnn", 2000, 128, 64, rng=np.random.default_rng(0))
    assert sum(array.size for _, array in model.named_parameters()) == 280_833


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Classifier("brnn", 9, 2, 3, **_settings()), "cell must be one of"),
        (lambda: Classifier("rnn", 9, 2, 3, pooling="first", **_settings()), "pooling must be one of"),
        (lambda: Classifier("rnn", 9, 2, 3, merge="max", **_settings()), "merge must be one of"),
        (lambda: Classifier("rnn", 9, 2, 3, merge=None, **_settings()), "merge must not be None here"),
        (lambda: Tagger("rnn", 9, 2, 3, 4, dropout=1.0, **_settings()), "rate must lie in"),
        (lambda: Tagger("rnn", 9, 2, 3, 0, **_settings()), "outputs must be at least 1"),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_words_and_spelt_words_of_other_shapes_are_refused():
    model, (_, spelt) = CharTagger("lstm", 9, 2, 3, 4, **CHARS, **_settings()), _letters(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"ids of shape \(3, 4\) and spelt words of shape \(3, 5\)"):
        model.forward((np.ones((3, 4), int), spelt))


@pytest.mark.parametrize("name", _models())
def test_backward_once_after_each_forward(name):
    model, rng = _models()[name], np.random.default_rng(0)
    x = _letters(rng) if name == "chars" else _ids(rng)
    with pytest.raises(RuntimeError, match="called before forward"):
        model.backward(np.zeros((3, 5, 4) if name in ("tagger", "chars") else (3, 1)))
    logits = model.forward(x)
    model.backward(logits)
    with pytest.raises(RuntimeError, match="called twice"):
        model.backward(logits)


def test_relu():
    layer, x = ReLU(), np.array([[-1.0, 0.0, 2.0]])
    np.testing.assert_array_equal(layer.forward(x), [[0, 0, 2]])
    np.testing.assert_array_equal(layer.backward(np.array([[3.0, 3.0, 3.0]])), [[0, 0, 3]])
    with pytest.raises(TypeError, match="got dtype int64"):
        layer.forward(np.zeros((1, 2), int))
