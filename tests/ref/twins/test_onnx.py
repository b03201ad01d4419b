"""The classifier's ONNX twin, run by ONNX's own evaluator: the same numbers, word by word, and the weights back."""

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from birnn_ref.inspect import direction_contributions
from birnn_ref.layers import Bidirectional
from birnn_ref.models import CharTagger, Classifier, Regressor, Tagger
from birnn_ref.twins.onnx import from_onnx, to_onnx
from birnn_ref.twins.spec import describe

MODELS = {"rnn": {}, "lstm": {}, "gru": {}, "gru, reset before": {"reset_after": False}}
each_model = pytest.mark.parametrize("name", MODELS)
IDS = np.array([[5, 6, 7, 19], [8, 0, 1, 2]])


def model_of(name, **options):
    rng = np.random.default_rng(0)
    cell = name.partition(",")[0]
    model = Classifier(cell, 20, 3, 4, **{"pooling": "mean", **MODELS[name], **options}, rng=rng)
    for _, value in model.named_parameters():
        value[...] = rng.normal(size=value.shape)
    return model


def run(model, ids=IDS):
    return ReferenceEvaluator(to_onnx(model)).run(None, {"ids": ids})


@each_model
def test_gives_the_references_logit(name):
    model = model_of(name)
    np.testing.assert_allclose(run(model)[2], model.forward(IDS)[:, 0], atol=1e-6)


@each_model
def test_gives_what_each_direction_adds_at_each_word(name):
    model = model_of(name)
    (level,) = model.summary.stack.children.values()
    assert isinstance(level, Bidirectional)
    x = model.words.forward(IDS)
    parts = direction_contributions(level, model.readout.params["W"], model.readout.params["b"], x)
    readings, y, logit = run(model)
    np.testing.assert_allclose(readings[0], parts.forward[..., 0], atol=1e-6)
    np.testing.assert_allclose(readings[1], parts.backward[..., 0], atol=1e-6)
    np.testing.assert_allclose(y, parts.total[..., 0], atol=1e-6)
    np.testing.assert_allclose(logit, y.mean(axis=1), atol=1e-6)


@each_model
def test_the_weights_come_back(name):
    model = model_of(name)
    back = from_onnx(onnx.load_from_string(to_onnx(model).SerializeToString()))
    assert describe(back.summary.stack)[0] == describe(model.summary.stack)[0]
    for (own, value), (theirs, found) in zip(model.named_parameters(), back.named_parameters(), strict=True):
        assert own == theirs
        np.testing.assert_array_equal(found, value)


OTHERS = {
    "last states": {"pooling": "final"},
    "largest": {"pooling": "max", "depth": 2},
    "attention": {"pooling": "attention", "merge": "sum"},
    "one direction": {"bidirectional": False},
    "one direction, last state": {"bidirectional": False, "pooling": "final", "depth": 2},
    "classes": {"outputs": 3, "merge": "mul", "depth": 2},
    "double": {"dtype": np.float64, "merge": "ave", "pooling": "final"},
}


def same(model, case):
    """The one output of the graph is what the model's forward gives."""
    (logits,) = ReferenceEvaluator(to_onnx(model)).run(None, case)
    np.testing.assert_allclose(logits, model.forward(*case.values()), rtol=1e-5, atol=1e-6)
    assert logits.dtype == model.forward(*case.values()).dtype


@pytest.mark.parametrize("options", OTHERS.values(), ids=OTHERS)
@each_model
def test_every_other_classifier_gives_its_logits(name, options):
    same(model_of(name, **options), {"ids": IDS})


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("words", [20, None])
@pytest.mark.parametrize("kind", ["tagger", "crf", "numbers", "numbers by step", "classes"])
def test_words_and_vectors(kind, words, cell):
    rng = np.random.default_rng(0)
    sizes = {"num_words": words, "embedding": 3, "hidden": 4, "rng": rng, "depth": 2}
    model = {
        "tagger": lambda: Tagger(cell, outputs=5, merge="ave", **sizes),
        "crf": lambda: Tagger(cell, outputs=5, crf=True, **sizes),
        "numbers": lambda: Regressor(cell, outputs=2, pooling="attention", **sizes),
        "numbers by step": lambda: Regressor(cell, pooling=None, **sizes),
        "classes": lambda: Classifier(cell, pooling="max", **sizes),
    }[kind]()
    for _, value in model.named_parameters():
        value[...] = rng.normal(size=value.shape)
    same(model, {"ids": IDS} if words else {"x": rng.normal(size=(2, 4, 3)).astype(np.float32)})


def with_lengths(model, ids, lengths):
    """The logits of a graph that takes lengths, as ONNX Runtime gives them."""
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    session = runtime.InferenceSession(to_onnx(model, lengths=True).SerializeToString())
    (logits,) = session.run(None, {"ids": ids, "lengths": lengths})
    return logits


LENGTHS = {
    "last states": {"pooling": "final"},
    "mean": {"pooling": "mean", "depth": 2},
    "largest": {"pooling": "max", "outputs": 3},
    "attention": {"pooling": "attention", "merge": "sum", "depth": 2},
    "one direction": {"bidirectional": False, "pooling": "final"},
}


@pytest.mark.parametrize("options", LENGTHS.values(), ids=LENGTHS)
@each_model
def test_padding_counts_for_nothing_when_the_graph_takes_lengths(name, options):
    model, lengths = model_of(name, **options), np.array([2, 4])
    logits = with_lengths(model, IDS, lengths)
    np.testing.assert_allclose(logits, model.forward(IDS, lengths), rtol=1e-5, atol=1e-6)
    other = np.where(np.arange(4) < lengths[:, None], IDS, 9)
    np.testing.assert_array_equal(with_lengths(model, other, lengths), logits)
    alone = with_lengths(model, IDS[:1, :2], lengths[:1])
    np.testing.assert_allclose(alone, logits[:1], rtol=1e-5, atol=1e-6)
    assert np.abs(with_lengths(model, IDS, np.array([4, 4])) - logits)[0].max() > 1e-3


def test_a_tagger_with_lengths():
    rng = np.random.default_rng(0)
    model, lengths = Tagger("gru", 20, 3, 4, 5, depth=2, rng=rng), np.array([2, 4])
    for _, value in model.named_parameters():
        value[...] = rng.normal(size=value.shape)
    counts = np.arange(4) < lengths[:, None]
    logits, wanted = with_lengths(model, IDS, lengths), model.forward(IDS, lengths)
    np.testing.assert_allclose(logits[counts], wanted[counts], rtol=1e-5, atol=1e-6)


def test_what_has_no_graph_is_refused():
    rng = np.random.default_rng(0)
    letters = {"num_chars": 5, "char_embedding": 2, "filters": 2, "width": 2}
    with pytest.raises(TypeError, match="to_onnx takes a Classifier, a Tagger or a Regressor, got CharTagger"):
        to_onnx(CharTagger("gru", 20, 3, 4, 5, **letters, rng=rng))
    with pytest.raises(ValueError, match="directions are stacked apart"):
        to_onnx(Tagger("gru", 20, 3, 4, 5, depth=2, mixed=False, rng=rng))
    with pytest.raises(ValueError, match="activation must be 'tanh' here, got 'relu'"):
        to_onnx(Tagger("rnn", 20, 3, 4, 5, activation="relu", rng=rng))
    with pytest.raises(ValueError, match="mgu"):
        to_onnx(Tagger("mgu", 20, 3, 4, 5, rng=rng))


def test_another_graph_is_refused():
    model = to_onnx(model_of("rnn"))
    del model.graph.initializer[0]
    with pytest.raises(ValueError, match="not a graph of to_onnx"):
        from_onnx(model)


@pytest.mark.parametrize(("name", "value"), [("clip", 1.0), ("activations", ["Relu", "Relu"]), ("layout", 1)])
def test_an_operator_with_other_settings_is_refused(name, value):
    model = to_onnx(model_of("rnn"))
    (cell,) = (node for node in model.graph.node if node.op_type == "RNN")
    cell.attribute.append(onnx.helper.make_attribute(name, value))
    with pytest.raises(ValueError, match=f"not a graph of to_onnx: its operator has .*{name}"):
        from_onnx(model)


def test_a_model_that_comes_back_from_pytorch_has_a_graph():
    twins = pytest.importorskip("birnn_ref.twins.torch", reason="PyTorch is not installed")
    model = model_of("lstm", pooling="max")
    back = to_onnx(twins.from_torch(twins.to_torch(model)), lengths=True)
    assert back.SerializeToString() == to_onnx(model, lengths=True).SerializeToString()
