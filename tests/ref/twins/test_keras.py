"""The twins in Keras: weights carried there and back, and the same results from any layer of the reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ref.twins.cases import CELLS, FORMS, MERGES, case_of, each_cell, kind, randomise, same_weights, stack

from birnn_ref.layers import Bidirectional, Dense, Recurrent, Stack
from birnn_ref.twins.parity import Case, largest_difference, ref_results
from birnn_ref.twins.spec import describe

pytest.importorskip("keras")
from birnn_ref.twins.keras import from_keras, keras, to_keras
from birnn_ref.twins.keras.parity import keras_results


def tanh(x):
    """Not Keras's own, though of its name."""
    return x


class TestParity:
    # The stored table has each case with and without lengths; they alternate here, to spare time.
    @pytest.mark.parametrize(("depth", "form"), [(d, f) for d in (1, 2, 3) for f in FORMS if d > 1 or f[1]])
    @each_cell
    def test_every_result_and_gradient_is_the_same(self, cell, depth, form):
        layer = stack(cell, depth, *form)
        case = case_of(layer, padded=(depth + FORMS.index(form)) % 2 == 0)
        difference, name = largest_difference(keras_results(layer, case), ref_results(layer, case))
        assert difference < 1e-6, name

    @settings(max_examples=15, deadline=None, database=None, derandomize=True)
    @given(
        cell=st.sampled_from(list(CELLS)),
        form=st.sampled_from(FORMS),
        depth=st.integers(1, 2),
        sizes=st.tuples(*[st.integers(1, 6)] * 4),
        padded=st.booleans(),
        seed=st.integers(0, 99),
    )
    def test_of_any_shape(self, cell, form, depth, sizes, padded, seed):
        batch, time, features, hidden = sizes
        layer = stack(cell, depth, *form, features=features, hidden=hidden, seed=seed)
        case = case_of(layer, batch, time, padded, seed)
        difference, name = largest_difference(keras_results(layer, case), ref_results(layer, case))
        assert difference < 1e-6, name

    @each_cell
    def test_one_level_has_its_own_shapes(self, cell):
        rng, options = np.random.default_rng(0), {"dtype": np.float64, **CELLS[cell]}
        for layer in (
            Recurrent(kind(cell), 3, 4, rng=rng, **options),
            Bidirectional(kind(cell), 3, 4, merge="mul", rng=rng, **options),
        ):
            case = case_of(randomise(layer, rng), padded=True)
            assert largest_difference(keras_results(layer, case), ref_results(layer, case))[0] < 1e-6

    @pytest.mark.parametrize("pad", [np.nan, np.inf])
    def test_padding_does_not_reach_the_twin(self, pad):
        layer = stack("lstm", 2, True, False, "concat")
        case = case_of(layer, padded=True)
        x = case.x.copy()
        x[np.arange(4) >= case.lengths[:, None]] = pad
        dirty = Case(x, case.lengths, case.initial, case.d_outputs, case.d_final)
        assert largest_difference(keras_results(layer, dirty), keras_results(layer, case))[0] == 0


class TestThereAndBack:
    @pytest.mark.parametrize(("bidirectional", "mixed", "merge"), FORMS)
    @each_cell
    def test_nothing_is_lost(self, cell, bidirectional, mixed, merge):
        layer = stack(cell, 2, bidirectional, mixed, merge)
        back = from_keras(to_keras(layer))
        assert same_weights(layer, back)
        assert describe(back)[0] == describe(layer)[0]

    @pytest.mark.parametrize("use_bias", [True, False])
    @pytest.mark.parametrize("merge", ["one direction", *MERGES])
    @each_cell
    def test_a_layer_of_keras_becomes_one_of_the_reference(self, cell, merge, use_bias):
        keras.utils.set_random_seed(0)
        class_ = {"rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}[kind(cell)]
        theirs = getattr(keras.layers, class_)(
            4, return_sequences=True, use_bias=use_bias, bias_initializer="normal", dtype="float64", **CELLS[cell]
        )
        if merge != "one direction":
            theirs = keras.layers.Bidirectional(theirs, merge_mode=merge, dtype="float64")
        x = np.random.default_rng(0).normal(size=(2, 5, 3))
        expected = theirs(x)
        layer = from_keras(theirs)
        assert type(layer) is (Recurrent if merge == "one direction" else Bidirectional)
        ours, _ = layer.forward(x)
        for mine, other in zip(*(v if merge is None else (v,) for v in (ours, expected)), strict=True):
            np.testing.assert_allclose(mine, keras.ops.convert_to_numpy(other), rtol=1e-6, atol=1e-12)

    @pytest.mark.parametrize("dtype", ["bfloat16", "float16", "mixed_bfloat16"])
    def test_half_precision_becomes_float32_with_the_same_numbers(self, dtype):
        theirs = keras.layers.Bidirectional(keras.layers.GRU(4, recurrent_initializer="glorot_uniform", dtype=dtype))
        theirs.build((None, None, 3))
        layer = from_keras(theirs)
        assert layer.dtype == np.float32
        again = to_keras(layer).place(0, 1).get_weights()
        for mine, other in zip(again, theirs.backward_layer.get_weights(), strict=True):
            if other.ndim == 2 and len(other) > 2:
                np.testing.assert_array_equal(mine, other.astype(np.float32))

    @pytest.mark.parametrize("name", ["dropout", "variational_dropout"])
    def test_dropout_is_carried_and_drops_in_training_alone(self, name):
        options = {"rng": np.random.default_rng(0), "dtype": np.float64, "merge": "sum"}
        twin = to_keras(Stack("rnn", 3, 8, 2, **options, **{name: 0.5}))
        assert getattr(describe(from_keras(twin))[0], name) == 0.5
        x = np.ones((2, 5, 3))
        one, two, calm, still = (
            keras.ops.convert_to_numpy(twin(x, training=training)[0]) for training in (True, True, False, False)
        )
        assert not np.array_equal(one, two)
        np.testing.assert_array_equal(calm, still)


class TestWhatIsRefused:
    def test_another_layer_of_the_reference(self):
        with pytest.raises(TypeError, match="layer must be a Recurrent, Bidirectional or Stack, got Dense"):
            to_keras(Dense(3, 4, rng=np.random.default_rng(0)))

    @pytest.mark.parametrize(
        ("make", "error", "message"),
        [
            (lambda k: k.Dense(3), TypeError, "layer must be a KerasRecurrence, SimpleRNN, LSTM, GRU .*got Dense"),
            (lambda k: k.LSTM(3), ValueError, "is not built: call it once"),
            (lambda k: k.LSTM(3, go_backwards=True), ValueError, "go_backwards=True; the reference's lstm has False"),
            (
                lambda k: k.Bidirectional(k.GRU(3, go_backwards=True), backward_layer=k.GRU(3)),
                ValueError,
                "go_backwards=True; the reference's gru has False",
            ),
            (lambda k: k.LSTM(3, activation="relu"), ValueError, "activation='relu'; the reference's lstm has 'tanh'"),
            (lambda k: k.LSTM(3, activation=tanh), ValueError, "activation=<function tanh"),
            (lambda k: k.LSTM(3, stateful=True), ValueError, "stateful=True; the reference's lstm has False"),
            (lambda k: k.Bidirectional(k.SimpleRNN(3, stateful=True)), ValueError, "stateful=True"),
            (lambda k: k.GRU(3, dropout=0.5), ValueError, "dropout=0.5; the reference's gru has 0"),
            (lambda k: k.Bidirectional(k.GRU(3, recurrent_dropout=0.5)), ValueError, "recurrent_dropout=0.5"),
            (lambda k: k.GRU(3, kernel_regularizer="l2"), ValueError, "kernel_regularizer=.*L2"),
            (lambda k: k.GRU(3, recurrent_constraint="max_norm"), ValueError, "recurrent_constraint=.*MaxNorm"),
            (lambda k: k.GRU(3, activity_regularizer="l1"), ValueError, "activity_regularizer=.*L1"),
            (lambda k: type("Own", (k.LSTM,), {})(3), TypeError, "got Own"),
            (lambda k: k.GRU(3, recurrent_activation="relu"), ValueError, "recurrent_activation='relu'"),
            (
                lambda k: k.Bidirectional(k.LSTM(3), backward_layer=k.LSTM(4, go_backwards=True)),
                ValueError,
                "both directions must have the same options",
            ),
        ],
    )
    def test_what_the_reference_has_not(self, make, error, message):
        layer = make(keras.layers)
        if "not built" not in message:
            layer.build((2, None, 3))
        with pytest.raises(error, match=message):
            from_keras(layer)

    def test_an_option_that_no_version_of_keras_had_yet(self, monkeypatch):
        layer = keras.layers.LSTM(3)
        layer.build((None, None, 3))
        config = layer.get_config()
        layer.peephole = True
        monkeypatch.setattr(layer, "get_config", lambda: config | {"peephole": True})
        with pytest.raises(ValueError, match="peephole=True; the reference's lstm has None"):
            from_keras(layer)
