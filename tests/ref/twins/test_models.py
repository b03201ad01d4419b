"""The models' twins: the same logits and gradients from every model, and the weights carried back."""

import numpy as np
import pytest
from ref.twins.cases import same_weights

from birnn_ref.layers import Spelt
from birnn_ref.models import CharTagger, Classifier, ConvClassifier, Regressor, Tagger
from birnn_ref.twins.graph import Graph, ref_gradients

SIZES = {"num_words": 20, "embedding": 3, "hidden": 4}
CHARS = {"num_chars": 9, "char_embedding": 2, "filters": 4}
MODELS = {
    "classifier": lambda **o: Classifier("lstm", **SIZES, outputs=2, depth=2, merge="mul", **o),
    "mean": lambda **o: Classifier("gru", **SIZES, pooling="mean", **o),
    "max": lambda **o: Classifier("rnn", **SIZES, pooling="max", mixed=False, depth=2, **o),
    "attention": lambda **o: Classifier("gru", **SIZES, pooling="attention", reset_after=False, **o),
    "one direction": lambda **o: Classifier("gru", **SIZES, bidirectional=False, **o),
    "convolution": lambda **o: ConvClassifier("lstm", **SIZES, filters=5, width=4, pool=3, **o),
    "tagger": lambda **o: Tagger("gru", **SIZES, outputs=5, depth=2, merge="sum", **o),
    "vectors": lambda **o: Classifier("gru", None, 3, 4, pooling="attention", **o),
    "vectors, tags": lambda **o: Tagger("lstm", None, 3, 4, outputs=5, **o),
    "numbers": lambda **o: Regressor("gru", **SIZES, pooling="mean", **o),
    "numbers of vectors": lambda **o: Regressor("lstm", None, 3, 4, outputs=5, pooling=None, error="absolute", **o),
    "letters": lambda **o: CharTagger("lstm", **SIZES, outputs=5, **CHARS, width=3, **o),
    "letters by LSTM": lambda **o: CharTagger("gru", **SIZES, outputs=5, **CHARS, width=None, **o),
}  # fmt: skip
each_model = pytest.mark.parametrize("name", MODELS)
each_padded = pytest.mark.parametrize("padded", [False, True])


def model_of(name, **options):
    rng = np.random.default_rng(0)
    model = MODELS[name](rng=rng, dtype=np.float64, **options)
    for _, value in model.named_parameters():
        value[...] = rng.normal(size=value.shape) / 2
    return model


def case_of(name, padded):
    """Ids, lengths and a random upstream gradient; padding holds ids that exist nowhere."""
    rng, batch, time = np.random.default_rng(1), 3, 7
    lengths = np.array([7, 4, 1]) if padded else None
    ids = rng.integers(0, 20, (batch, time))
    x = ids
    if name.startswith("letters"):
        words = rng.integers(0, 6, (batch, time))
        if padded:
            words[np.arange(time) >= lengths[:, None]] = 999
        x = ids, Spelt(words, rng.integers(1, 9, (6, 5)), rng.integers(0, 6, 6))
    if padded:
        ids[np.arange(time) >= lengths[:, None]] = 999
    if "vectors" in name:
        x = rng.normal(size=(batch, time, 3))
        if padded:
            x[np.arange(time) >= lengths[:, None]] = np.nan
    by_step = "letters" in name or name in ("tagger", "vectors, tags", "numbers of vectors")
    logits = (3, 7, 5) if by_step else (3, 2) if name == "classifier" else (3, 1)
    return x, lengths, rng.normal(size=logits)


def assert_same(found, expected, tolerance):
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            assert_same(found[key], expected[key], tolerance)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            assert_same(a, b, tolerance)
    else:
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


class TestTorch:
    @pytest.fixture
    def torch(self):
        return pytest.importorskip("torch")

    @each_padded
    @each_model
    def test_logits_and_gradients_are_the_same(self, torch, name, padded):
        from birnn_ref.twins.torch import to_torch

        model, (x, lengths, d_logits) = model_of(name), case_of(name, padded)
        logits = model.forward(x, lengths)
        model.backward(d_logits)
        twin = to_torch(model)
        tensors = torch.from_numpy(x) if not isinstance(x, tuple) else (
            torch.from_numpy(x[0]), tuple(map(torch.from_numpy, x[1].arrays)))  # fmt: skip
        theirs = twin(tensors, None if lengths is None else torch.from_numpy(lengths))
        theirs.backward(torch.from_numpy(d_logits))
        assert_same(theirs.detach().numpy(), logits, 1e-10)
        assert_same(twin.ref_gradients(), ref_gradients(model), 1e-10)

    @each_model
    def test_nothing_is_lost_there_and_back(self, torch, name):
        from birnn_ref.twins.torch import from_torch, to_torch

        model = model_of(name)
        twin = to_torch(model)
        assert same_weights(from_torch(twin), model)
        with torch.no_grad():
            for parameter in twin.parameters():
                parameter.add_(1)
        moved = from_torch(twin)
        assert not any(
            np.array_equal(a, b)
            for (_, a), (_, b) in zip(moved.named_parameters(), model.named_parameters(), strict=True)
        )
        assert type(moved) is type(model)

    def test_half_precision_comes_back_exactly_and_float64_is_not_cut(self, torch):
        from birnn_ref.twins.torch import from_torch, to_torch

        twin = to_torch(Tagger("lstm", **SIZES, outputs=5, rng=np.random.default_rng(0))).to(torch.bfloat16)
        back = from_torch(twin)
        assert {value.dtype for _, value in back.named_parameters()} == {np.dtype(np.float32)}
        weight = twin.part("tags.readout").weight.detach().float().numpy()
        np.testing.assert_array_equal(back.tags.readout.params["W"], weight.T)
        with pytest.raises(TypeError, match=r"weights are float64, its reference's float32: call \.float\(\) first"):
            from_torch(twin.double())

    @each_padded
    @pytest.mark.parametrize("crf", [False, True, ("O", "B-x", "I-x", "B-y", "I-y")], ids=str)
    def test_a_taggers_loss_and_answers_are_the_same(self, torch, crf, padded):
        from birnn_ref.twins.torch import from_torch, to_torch

        model, (x, lengths, other) = model_of("tagger", crf=crf), case_of("tagger", padded)
        y = model.decode(other, lengths)  # a tagging that the rules allow
        logits = model.forward(x, lengths)
        value, d_logits = model.loss(logits, y, lengths)
        model.backward(d_logits)
        twin = to_torch(model)
        steps = None if lengths is None else torch.from_numpy(lengths)
        theirs = twin(torch.from_numpy(x), steps)
        loss = twin.loss(theirs, torch.from_numpy(y), steps)
        loss.backward()
        np.testing.assert_allclose(value, loss.item(), rtol=1e-10)
        assert_same(twin.ref_gradients(), ref_gradients(model), 1e-9)
        said, own = twin.decode(theirs, steps).numpy(), model.decode(logits, lengths)
        counts = np.arange(7) < (np.full(3, 7) if lengths is None else lengths)[:, None]
        np.testing.assert_array_equal(said[counts], own[counts])
        assert same_weights(from_torch(twin), model)

    @each_padded
    @pytest.mark.parametrize(
        "name", ["classifier", "mean", "vectors", "vectors, tags", "numbers", "numbers of vectors"]
    )
    def test_a_models_loss_and_answers_are_the_same(self, torch, name, padded):
        from birnn_ref.twins.torch import to_torch

        model, (x, lengths, other) = model_of(name), case_of(name, padded)
        by_step = other.ndim == 3
        y = other if name == "numbers of vectors" else other[:, 0] if name == "numbers" else model.decode(other)
        logits = model.forward(x, lengths)
        value, _ = model.loss(logits, y, lengths) if by_step else model.loss(logits, y)
        twin, steps = to_torch(model), None if lengths is None else torch.from_numpy(lengths)
        theirs = twin(torch.from_numpy(x), steps)
        assert twin.loss(theirs, torch.from_numpy(y), steps).item() == pytest.approx(value, rel=1e-10)
        counts = np.arange(7) < (np.full(3, 7) if lengths is None else lengths)[:, None]
        said, own = twin.decode(theirs, steps).detach().numpy(), model.decode(logits, lengths)
        np.testing.assert_allclose(said[counts] if by_step else said, own[counts] if by_step else own, rtol=1e-10)

    def test_words_are_dropped_in_training_alone(self, torch):
        from birnn_ref.twins.torch import to_torch

        twin = to_torch(model_of("tagger", word_dropout=0.5, unknown=3))
        x = torch.full((40, 7), 9)
        twin(x).sum().backward()
        used = twin.part("words").weight.grad.abs().sum(dim=1) > 0
        assert used.nonzero().flatten().tolist() == [3, 9]
        twin.eval()
        assert torch.equal(twin(x), twin(x))

    def test_gradients_before_a_backward_are_refused(self, torch):
        from birnn_ref.twins.torch import to_torch

        with pytest.raises(ValueError, match="has no gradient: call backward first"):
            to_torch(model_of("convolution")).ref_gradients()

    def test_dropout_is_carried_and_drops_in_training_alone(self, torch):
        from birnn_ref.twins.torch import to_torch

        twin = to_torch(model_of("tagger", dropout=0.5))
        x = torch.from_numpy(case_of("tagger", False)[0])
        assert not torch.equal(twin(x), twin(x))
        twin.eval()
        assert torch.equal(twin(x), twin(x))


class TestKeras:
    @each_padded
    @each_model
    def test_logits_and_gradients_are_the_same(self, name, padded):
        pytest.importorskip("keras")
        from birnn_ref.twins.keras.parity import keras_model_results

        model, (x, lengths, d_logits) = model_of(name), case_of(name, padded)
        logits = model.forward(x, lengths)
        model.backward(d_logits)
        theirs, grads = keras_model_results(
            model, (x[0], x[1].arrays) if isinstance(x, tuple) else x, lengths, d_logits
        )
        assert_same(theirs, logits, 1e-6)
        assert_same(grads, ref_gradients(model), 1e-6)

    @each_model
    def test_nothing_is_lost_there_and_back(self, name):
        pytest.importorskip("keras")
        from birnn_ref.twins.keras import from_keras, to_keras

        model = model_of(name)
        twin = to_keras(model)
        assert same_weights(from_keras(twin), model)
        for variable in twin.trainable_variables:
            variable.assign_add(np.ones(variable.shape))
        moved = from_keras(twin)
        assert not any(
            np.array_equal(a, b)
            for (_, a), (_, b) in zip(moved.named_parameters(), model.named_parameters(), strict=True)
        )

    def test_dropout_is_carried_and_drops_in_training_alone(self):
        pytest.importorskip("keras")
        from birnn_ref.twins.keras import to_keras

        twin, x = to_keras(model_of("tagger", dropout=0.5)), case_of("tagger", False)[0]
        one, two, calm, still = (np.asarray(twin(x, training=t)) for t in (True, True, False, False))
        assert not np.array_equal(one, two)
        np.testing.assert_array_equal(calm, still)


def test_another_model_is_refused():
    with pytest.raises(TypeError, match=r"model must be one of birnn_ref\.models, got int"):
        Graph(np, None, None, None, None).logits(3, None, None)
