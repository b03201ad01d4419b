"""What a layer says of itself, and that it must have both ways."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from birnn_ref.cells import CELLS
from birnn_ref.layers import Bidirectional, Dense, Layer, Recurrent, Stack, no_grad
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.models import Tagger
from birnn_ref.train import Sequences, evaluate

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Recurrent("gru", 3, 4, rng=RNG), "Recurrent(gru, 3 → 4)"),
        (Recurrent("gru", 3, 4, rng=RNG, reset_after=False), "Recurrent(gru, 3 → 4, reset_after=False)"),
        (Bidirectional("lstm", 128, 64, rng=RNG), "Bidirectional(lstm, 128 → 2 × 64, concat)"),
        (Bidirectional("rnn", 3, 4, rng=RNG, merge=None), "Bidirectional(rnn, 3 → 2 × 4, apart)"),
        (Stack("rnn", 3, 4, 2, rng=RNG, mixed=False), "Stack(rnn, 3 → 2 × 4, 2 layers, concat, not mixed)"),
        (Stack("rnn", 3, 4, 1, rng=RNG, bidirectional=False), "Stack(rnn, 3 → 4, 1 layer)"),
        (Dense(3, 2, rng=RNG), "Dense(W 3 × 2, b 2)"),
    ],
)
def test_says_what_it_is(layer, expected):
    assert repr(layer) == expected


def test_a_model_names_its_parts():
    shown = repr(Tagger("lstm", 20, 3, 4, 5, rng=RNG))
    assert shown.startswith("Tagger(words: Words(W 20 × 3), tags: Steps(stack: Stack(lstm, 3 → 2 × 4, 1 layer, concat)")


def test_both_ways_must_be_written():
    class Half(Layer):
        pass

    with pytest.raises(NotImplementedError, match="Half has no forward"):
        Half().forward(np.ones(1))
    with pytest.raises(NotImplementedError, match="Half has no backward"):
        Half().backward(np.ones(1))


class TestNoGrad:
    """A forward that keeps nothing gives the same answer, and has no backward."""

    @pytest.mark.parametrize("cell", sorted(CELLS))
    @pytest.mark.parametrize("kind", [Recurrent, Bidirectional])
    def test_the_answer_is_the_same(self, cell, kind):
        layer, rng = kind(cell, 3, 4, rng=np.random.default_rng(0)), np.random.default_rng(1)
        x = rng.normal(size=(300, 9, 3)).astype(np.float32)  # more rows than a block
        for lengths in (None, rng.integers(0, 10, 300)):
            expected, expected_final = layer.forward(x, lengths)
            with no_grad():
                outputs, final = layer.forward(x, lengths)
            np.testing.assert_array_equal(outputs, expected)
            np.testing.assert_array_equal(final, expected_final)

    @pytest.mark.parametrize("cell", ["lstm", "gru"])
    def test_gates_are_kept_for_a_block_alone(self, cell):
        def kept(steps):
            layer = Bidirectional(cell, 3, 4, rng=np.random.default_rng(0))
            with no_grad():
                layer.forward(np.ones((512, steps, 3), np.float32))
            assert layer._cache is None
            return layer._own_buffers[0]._flat["gates"].size

        assert kept(40) == kept(2)

    def test_backward_says_why_it_cannot(self):
        model = Tagger("lstm", 20, 3, 4, 5, rng=RNG)
        model.forward(np.array([[5, 6]]))
        with no_grad():
            logits = model.forward(np.array([[5, 6]]))
        with pytest.raises(RuntimeError, match=r"backward was called after a forward inside no_grad: call forward"):
            model.backward(logits)

    def test_it_ends_with_an_error_and_holds_for_its_thread(self):
        layer = Dense(3, 2, rng=RNG)
        x = np.ones((1, 3), np.float32)

        def elsewhere():
            layer.forward(x)
            return layer.backward(np.ones((1, 2), np.float32)).shape

        def fails():
            with no_grad(), ThreadPoolExecutor(1) as threads:
                assert threads.submit(elsewhere).result() == (1, 3)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fails()
        assert elsewhere() == (1, 3)

    def test_evaluating_keeps_nothing(self):
        model = Tagger("gru", 20, 3, 4, 5, crf=True, rng=np.random.default_rng(0))
        data = Sequences(np.array([[5, 6], [7, 8]]), np.array([[0, 1], [2, 3]]))
        for loss in (softmax_cross_entropy, model.loss):
            assert evaluate(model, data, loss=loss)["loss"] > 0
            assert model.tags.stack.children["0"]._cache is None


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_a_stream_read_step_by_step_is_the_sequence(cell):
    layer = Recurrent(cell, 3, 4, rng=np.random.default_rng(0), dtype=float)
    x, states = np.random.default_rng(1).normal(size=(2, 6, 3)), None
    outputs, final = layer.forward(x)
    for t in range(6):
        states = layer.step(x[:, t], states)
        np.testing.assert_allclose(states[0], outputs[:, t], atol=1e-14)
    np.testing.assert_allclose(states, final, atol=1e-14)
    layer.backward(outputs)  # the steps have not touched what the forward kept
    with pytest.raises(ValueError, match="x_t"):
        layer.step(np.ones((2, 2)), states)


@pytest.mark.parametrize("x_t", [np.ones((2, 4)), np.ones(3), np.ones((2, 3), np.float32)])
def test_a_step_of_another_shape_or_dtype_is_refused(x_t):
    layer = Recurrent("rnn", 3, 4, rng=np.random.default_rng(0), dtype=np.float64)
    with pytest.raises((TypeError, ValueError), match="x_t"):
        layer.step(x_t)
