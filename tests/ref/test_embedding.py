"""Word vectors against torch, their sparse gradients, padding and bad input."""

import numpy as np
import pytest
from gradients import dense
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.layers.embedding import Embedding, sum_by_row
from birnn_ref.models import Classifier, ConvClassifier, Tagger
from birnn_ref.train import Sequences

torch = pytest.importorskip("torch")
size = st.integers(1, 6)


@settings(deadline=None)
@given(batch=size, time=size, num_words=size, features=size, seed=st.integers(0, 99))
def test_equals_torch(batch, time, num_words, features, seed):
    rng = np.random.default_rng(seed)
    layer = Embedding(num_words, features, rng=rng, dtype=np.float64)
    ids, d_outputs = rng.integers(num_words, size=(batch, time)), rng.normal(size=(batch, time, features))
    x = layer.forward(ids)
    layer.backward(d_outputs)

    W = torch.tensor(layer.params["W"], requires_grad=True)
    theirs = torch.nn.functional.embedding(torch.from_numpy(ids), W)
    theirs.backward(torch.from_numpy(d_outputs))
    np.testing.assert_array_equal(x, theirs.detach().numpy())
    np.testing.assert_allclose(dense(layer.grads["W"], W.shape), W.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_the_gradient_names_each_used_row_once():
    layer = Embedding(9, 2, rng=np.random.default_rng(0))
    layer.forward(np.array([[5, 0], [5, 8]]))
    layer.backward(np.ones((2, 2, 2), np.float32))
    rows, values = layer.grads["W"]
    np.testing.assert_array_equal(rows, [0, 5, 8])
    np.testing.assert_array_equal(values, [[1, 1], [2, 2], [1, 1]])
    assert values.dtype == np.float32


@pytest.mark.parametrize("pad", [0, -1, 99])
def test_ids_at_padding_count_for_nothing(pad):
    rng = np.random.default_rng(0)
    layer = Embedding(9, 2, rng=rng, dtype=np.float64)
    ids, d_outputs, lengths = np.array([[3, 4, pad], [pad] * 3]), rng.normal(size=(2, 3, 2)), np.array([2, 0])
    d_outputs[0, 2:] = d_outputs[1] = np.nan
    x = layer.forward(ids, lengths)
    layer.backward(d_outputs)
    np.testing.assert_array_equal(x[0, :2], layer.params["W"][[3, 4]])
    np.testing.assert_array_equal(x[0, 2:], 0)
    np.testing.assert_array_equal(x[1], 0)
    np.testing.assert_array_equal(layer.grads["W"].rows, [3, 4])
    np.testing.assert_array_equal(layer.grads["W"].values, d_outputs[0, :2])


def test_nothing_but_padding_has_no_gradient():
    layer = Embedding(9, 2, rng=np.random.default_rng(0))
    layer.forward(np.zeros((1, 3), int), np.array([0]))
    layer.backward(np.ones((1, 3, 2), np.float32))
    assert layer.grads["W"].values.shape == (0, 2)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_sum_by_row_equals_one_addition_at_a_time(rows):
    values = np.random.default_rng(0).normal(size=(len(rows), 3))
    expected = np.zeros((6, 3))
    np.add.at(expected, rows, values)
    found = sum_by_row(np.array(rows), values)
    np.testing.assert_array_equal(found.rows, sorted(set(rows)))
    np.testing.assert_array_equal(sum_by_row(np.array(rows, np.uint8), values).values, found.values)
    np.testing.assert_allclose(dense(found, (6, 3)), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("ids", "lengths", "error", "message"),
    [
        (np.array([[0, 9]]), None, ValueError, "ids must lie between 0 and 8, got 0 to 9"),
        (np.array([[-1, 0]]), None, ValueError, "ids must lie between 0 and 8, got -1 to 0"),
        (np.array([[0, 9]]), np.array([2]), ValueError, "ids must lie between 0 and 8"),
        (np.array([0, 1]), None, ValueError, r"ids has shape \(2,\), expected \(batch, time\)"),
        (np.zeros((0, 3), int), None, ValueError, "an empty batch has no result"),
        (np.array([[0.0]]), None, TypeError, "ids must be an integer array, got float64"),
        (np.array([[0]], object), None, TypeError, "ids must be an integer array, got object"),
        ([[0]], None, TypeError, "ids must be an integer array, got list"),
        (np.array([[0]]), np.array([1.0]), TypeError, "lengths must be integers"),
    ],
)
def test_bad_input(ids, lengths, error, message):
    with pytest.raises(error, match=message):
        Embedding(9, 2, rng=np.random.default_rng(0)).forward(ids, lengths)


def test_backward_once_after_each_forward():
    layer = Embedding(9, 2, rng=np.random.default_rng(0))
    with pytest.raises(RuntimeError, match="called before forward"):
        layer.backward(np.zeros((1, 1, 2), np.float32))
    layer.forward(np.array([[1]]))
    layer.backward(np.zeros((1, 1, 2), np.float32))
    with pytest.raises(RuntimeError, match="called twice"):
        layer.backward(np.zeros((1, 1, 2), np.float32))


class TestPaddingInFront:
    IDS = np.array([[5, 6, 7], [0, 0, 8], [0, 9, 5]])
    LENGTHS = np.array([3, 1, 2])

    @pytest.mark.parametrize("of", ["embedding", "classifier", "tagger", "convolution", "sequences"])
    def test_is_refused(self, of):
        rng = np.random.default_rng(0)
        read = {
            "embedding": lambda: Embedding(10, 2, rng=rng).forward(self.IDS, self.LENGTHS),
            "classifier": lambda: Classifier("gru", 10, 2, 3, rng=rng).forward(self.IDS, self.LENGTHS),
            "tagger": lambda: Tagger("gru", 10, 2, 3, 2, rng=rng).forward(self.IDS, self.LENGTHS),
            "convolution": lambda: ConvClassifier("gru", 10, 2, 3, filters=2, width=3, pool=2, rng=rng).forward(
                self.IDS, self.LENGTHS
            ),
            "sequences": lambda: Sequences(self.IDS, np.zeros(3, int), self.LENGTHS),
        }
        with pytest.raises(ValueError, match=r"padded in front, but lengths counts from the front: pad behind"):
            read[of]()

    @pytest.mark.parametrize(
        "ids",
        [
            [[5, 6, 7], [8, 0, 0], [9, 5, 0]],
            [[5, 6, 7], [8, 0, 0], [0, 9, 5]],  # a word numbered 0, and something in the padding
            [[5, 6, 7], [0, 0, 0], [0, 9, 0]],
            [[0, 6, 7], [1, 2, 3], [1, 2, 3]],
        ],
    )
    def test_is_not_seen_where_it_may_be_something_else(self, ids):
        Sequences(np.array(ids), np.zeros(3, int), self.LENGTHS)
        Embedding(10, 2, rng=np.random.default_rng(0)).forward(np.array(ids), self.LENGTHS)

    def test_sequences_of_numbers_may_begin_with_zeros(self):
        Sequences(self.IDS[:, :, None] / 10, np.zeros(3, int), self.LENGTHS)
        Sequences(self.IDS, np.zeros(3, int))
