"""The twins in Keras of what writes: the CRF, CTC and the attending decoder, with their gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ref.twins.cases import same_weights
from ref.twins.test_models import case_of, model_of

from birnn_ref.models import Seq2Seq

pytest.importorskip("keras")
from ref.twins import outputs

from birnn_ref.twins.keras import BACKEND, from_keras, keras, to_keras

needs_gradients = pytest.mark.skipif(
    BACKEND not in ("tensorflow", "torch"), reason=f"gradients are not taken on {BACKEND}"
)
pytestmark = needs_gradients


def close(found, expected, tolerance=1e-6):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


class TestCRF:
    @settings(max_examples=20, deadline=None, database=None, derandomize=True)
    @given(
        batch=st.integers(1, 4), time=st.integers(1, 6), seed=st.integers(0, 99), bio=st.booleans(),
        scale=st.sampled_from([1.0, 50.0, 500.0]),
    )  # fmt: skip
    def test_equals_the_reference(self, batch, time, seed, bio, scale):
        found, expected = outputs.crf(batch, time, seed, bio=bio, scale=scale)
        np.testing.assert_array_equal(found.pop("tags"), expected.pop("tags"))
        for name, value in expected.items():
            close(found[name], value, 1e-9)

    def test_a_taggers_is_carried_there_and_back(self):
        model, (x, lengths, _) = model_of("tagger", crf=outputs.NAMES), case_of("tagger", True)
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
    found, expected = outputs.ctc(batch, time, labels, longest, seed, blank=blank, scale=scale)
    for name, value in expected.items():
        close(found[name], value, 1e-5 if name == "d_logits" else 1e-4)


class TestSeq2Seq:
    @pytest.mark.parametrize("form", ["bahdanau", "luong"])
    @pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
    @pytest.mark.parametrize("padded", [False, True])
    def test_equals_the_reference(self, form, cell, padded):
        found, expected, model, twin = outputs.seq2seq(cell, form, padded=padded)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-8, atol=1e-11, err_msg=name)
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
