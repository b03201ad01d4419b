"""The twins in Keras of what writes: the CRF, CTC and the attending decoder, with their gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ref.twins.cases import randomise, same_weights
from ref.twins.test_models import case_of, model_of

from birnn_ref.layers import CRF
from birnn_ref.losses import ctc_loss
from birnn_ref.models import Seq2Seq
from birnn_ref.twins.spec import gradients

pytest.importorskip("keras")
from birnn_ref.twins.keras import BACKEND, from_keras, keras, to_keras
from birnn_ref.twins.keras.crf import KerasCRF
from birnn_ref.twins.keras.ctc import keras_ctc_loss
from birnn_ref.twins.keras.parity import differentiate
from birnn_ref.twins.weights import ref_gradients_from_keras

NAMES = ("O", "B-x", "I-x", "B-y", "I-y")
needs_gradients = pytest.mark.skipif(
    BACKEND not in ("tensorflow", "torch"), reason=f"gradients are not taken on {BACKEND}"
)
pytestmark = needs_gradients


def variable(values):
    return keras.Variable(values, dtype=values.dtype.name)


def close(found, expected, tolerance=1e-6):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


class TestCRF:
    @settings(max_examples=20, deadline=None, database=None, derandomize=True)
    @given(
        batch=st.integers(1, 4), time=st.integers(1, 6), seed=st.integers(0, 99), bio=st.booleans(),
        scale=st.sampled_from([1.0, 50.0, 500.0]),
    )  # fmt: skip
    def test_equals_the_reference(self, batch, time, seed, bio, scale):
        rng = np.random.default_rng(seed)
        layer = randomise(CRF(5, NAMES if bio else None, rng=rng, dtype=np.float64), rng)
        emissions, d = scale * rng.normal(size=(batch, time, 5)), rng.normal(size=batch)
        lengths = rng.integers(0, time + 1, size=batch)
        y = layer.decode(rng.normal(size=emissions.shape))  # taggings that the rules allow
        expected, dP = layer.forward(emissions, y, lengths), layer.backward(d)
        padded = np.arange(time) >= lengths[:, None]
        P = variable(np.where(padded[:, :, None], np.nan, emissions))
        twin = KerasCRF(layer)
        names = [name for name in layer.params if time > 1 or name != "transitions"]  # a single step uses none
        found, grads = differentiate(
            lambda: twin(P.value, np.where(padded, 999, y), lengths), d, [P, *(twin.params[name] for name in names)]
        )
        close(found, expected, 1e-9)
        close(grads[0], dP, 1e-9)
        for name, gradient in zip(names, grads[1:], strict=True):
            close(gradient, layer.grads[name], 1e-9)
        decoded = keras.ops.convert_to_numpy(twin.decode(P.value, lengths))
        np.testing.assert_array_equal(decoded, layer.decode(emissions, lengths))

    def test_a_taggers_is_carried_there_and_back(self):
        model, (x, lengths, _) = model_of("tagger", crf=NAMES), case_of("tagger", True)
        twin, logits = to_keras(model), model.forward(x, lengths)
        theirs = twin(x, lengths=lengths)
        y = model.decode(logits, lengths)
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(twin.part("crf").decode(theirs, lengths)), y)
        loss = -keras.ops.sum(twin.part("crf")(theirs, y, lengths)) / lengths.sum()
        close(float(loss), model.loss(logits, y, lengths)[0], 1e-9)
        assert same_weights(from_keras(twin), model)
        crf = twin.part("crf").params["transitions"]
        crf.assign_add(np.ones(crf.shape))
        assert not same_weights(from_keras(twin), model)


@settings(max_examples=20, deadline=None, database=None, derandomize=True)
@given(
    batch=st.integers(1, 4), time=st.integers(1, 9), labels=st.integers(2, 5), longest=st.integers(1, 4),
    seed=st.integers(0, 999), blank=st.integers(0, 1), scale=st.sampled_from([0.1, 1.0, 10.0]),
)  # fmt: skip
def test_ctc_equals_the_reference(batch, time, labels, longest, seed, blank, scale):
    rng = np.random.default_rng(seed)
    logits = scale * rng.normal(size=(batch, time, labels)).astype(np.float32)
    targets = rng.choice([k for k in range(labels) if k != blank], size=(batch, longest))
    lengths = rng.integers(1, time + 1, size=batch)
    # A label between two equal ones needs a blank: half as many labels as steps always fit.
    sizes = np.minimum(rng.integers(1, longest + 1, size=batch), (lengths + 1) // 2)
    loss, d_logits = ctc_loss(logits, targets, lengths, sizes, blank=blank)
    z = variable(np.where((np.arange(time) < lengths[:, None])[:, :, None], logits, np.nan).astype(np.float32))
    found, (grad,) = differentiate(
        lambda: keras_ctc_loss(z.value, targets, lengths, sizes, blank=blank), np.float32(1), [z]
    )
    close(found, loss, 1e-4)
    close(grad, d_logits, 1e-5)
    padded = np.where(np.arange(longest) < sizes[:, None], targets, -1)
    close(float(keras_ctc_loss(logits, padded, lengths, blank=blank)), loss, 1e-4)


class TestSeq2Seq:
    @pytest.mark.parametrize("form", ["bahdanau", "luong"])
    @pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
    @pytest.mark.parametrize("padded", [False, True])
    def test_equals_the_reference(self, form, cell, padded):
        rng = np.random.default_rng(0)
        options = {"form": form, "depth": 2, "bidirectional": cell != "lstm", "rng": rng, "dtype": np.float64}
        model = randomise(Seq2Seq(cell, 9, 6, 2, 3, start=2, end=3, **options), rng)
        ids, said, y = rng.integers(1, 9, size=(3, 5)), rng.integers(1, 6, size=(3, 4)), rng.integers(6, size=(3, 4))
        lengths, steps = (np.array([5, 3, 1]), np.array([4, 1, 3])) if padded else (None, None)
        if padded:
            ids[np.arange(5) >= lengths[:, None]] = 999
            said[np.arange(4) >= steps[:, None]] = -5
        x = ids, lengths, said
        logits = model.forward(x, steps)
        _, d_logits = model.loss(logits, y, steps)
        model.backward(d_logits)
        twin = to_keras(model)
        places = [[twin.encoder.place(level, d) for d in range(2 if cell != "lstm" else 1)] for level in range(2)]
        weights = [*twin.cell.trainable_weights, *(w for level in places for p in level for w in p.trainable_weights)]
        theirs, grads = differentiate(lambda: twin(x, steps), d_logits, [*twin.plain.values(), *weights])
        close(theirs, logits, 1e-9)
        found = dict(model.named_gradients())
        for name, gradient in zip(twin.plain, grads, strict=False):
            own = found[name]
            if not isinstance(own, np.ndarray):
                own, rows = np.zeros_like(gradient), own
                own[rows.rows] = rows.values
            np.testing.assert_allclose(gradient, own, rtol=1e-8, atol=1e-11, err_msg=name)
        rest = iter([grads[i : i + 3] for i in range(len(twin.plain), len(grads), 3)])
        for name, gradient in ref_gradients_from_keras(cell, next(rest)).items():
            np.testing.assert_allclose(gradient, model.decoder.grads[name], rtol=1e-8, atol=1e-11, err_msg=name)
        for level in gradients(model.encoder):
            for own in level:
                for name, gradient in ref_gradients_from_keras(cell, next(rest)).items():
                    np.testing.assert_allclose(gradient, own[name], rtol=1e-8, atol=1e-11, err_msg=name)
        back = from_keras(twin)
        assert same_weights(back, model)
        for weight in twin.trainable_variables:
            weight.assign_add(np.ones(weight.shape))
        moved = from_keras(twin)
        assert not any(
            np.array_equal(a, b)
            for (_, a), (_, b) in zip(moved.named_parameters(), model.named_parameters(), strict=True)
        )

    def test_dropout_is_in_training_alone(self):
        model = Seq2Seq("gru", 9, 6, 4, 5, start=2, end=3, dropout=0.5, rng=np.random.default_rng(0))
        twin, x = to_keras(model), (np.array([[5, 6]]), None, np.array([[2, 4]]))
        one, two, calm, still = (np.asarray(twin(x, training=t)) for t in (True, True, False, False))
        assert not np.array_equal(one, two)
        np.testing.assert_array_equal(calm, still)

    def test_a_cell_that_keras_has_not_is_refused(self):
        with pytest.raises(TypeError, match="cell must be one that Keras has, rnn, lstm, gru, got mgu"):
            to_keras(Seq2Seq("mgu", 9, 6, 2, 3, start=2, end=3, rng=np.random.default_rng(0)))
