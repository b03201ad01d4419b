"""Sequences: every one dealt once, of about equal length, cut to the longest of its batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from birnn_ref.train import Sequences, deal


@given(count=st.integers(1, 60), size=st.integers(1, 9), seed=st.integers(0, 9), window=st.integers(1, 4))
def test_every_number_is_dealt_once(count, size, seed, window):
    rng = np.random.default_rng(seed)
    for lengths in (None, rng.integers(0, 9, size=count)):
        dealt = deal(count, size, rng, lengths, window)
        assert sorted(np.concatenate(dealt)) == list(range(count))
        assert max(map(len, dealt)) <= size
        assert len(dealt) == -(-count // size)


def test_lengths_in_a_batch_are_about_equal():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 500, size=2000)

    def wasted(dealt):
        return sum(lengths[rows].max() * len(rows) for rows in dealt) / lengths.sum() - 1

    assert wasted(deal(2000, 20, rng)) > 0.8
    assert wasted(deal(2000, 20, rng, lengths)) < 0.05


def test_batches_and_their_members_change_places():
    lengths = np.repeat([3, 9], 40)
    first, second = (deal(80, 8, np.random.default_rng(s), lengths) for s in (0, 1))
    assert [lengths[rows][0] for rows in first] != sorted(lengths[rows][0] for rows in first)
    assert {tuple(sorted(rows)) for rows in first} != {tuple(sorted(rows)) for rows in second}


def test_without_rng_the_order_is_kept():
    data = Sequences(np.arange(10)[:, None], np.arange(10), np.array([1, 0] * 5))
    np.testing.assert_array_equal(np.concatenate([batch.y for batch in data.batches(3)]), np.arange(10))


def test_ragged_tags_are_padded_and_cut():
    data = Sequences.from_ragged([[5, 6, 7], [8], []], [[1, 2, 3], [4], []])
    np.testing.assert_array_equal(data.x, [[5, 6, 7], [8, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(data.y, [[1, 2, 3], [4, 0, 0], [0, 0, 0]])
    batch = list(data.batches(1))[1]
    assert (batch.x.tolist(), batch.y.tolist(), batch.lengths.tolist()) == ([[8]], [[4]], [1])
    assert list(data.batches(1))[2].x.shape == (1, 1)


def test_ragged_numbers_keep_their_values():
    data = Sequences.from_ragged([[], np.array([1, 2], np.int8), np.array([300])], np.zeros(3))
    assert (data.x.tolist(), data.x.dtype) == ([[0, 0], [1, 2], [300, 0]], np.dtype(int))
    assert Sequences.from_ragged([np.array([1]), np.array([0.5])], np.zeros(2)).x.tolist() == [[1], [0.5]]


def test_lengths_may_be_a_list():
    data = Sequences(np.arange(6).reshape(2, 3), np.zeros(2), [3, 2])
    assert [batch.lengths.tolist() for batch in data.batches(1)] == [[3], [2]]


def test_several_inputs_go_together():
    data = Sequences((np.arange(4)[:, None], np.arange(8).reshape(4, 1, 2)), np.arange(4))
    for batch in data.batches(2, np.random.default_rng(0)):
        first, second = batch.x
        np.testing.assert_array_equal(first[:, 0], batch.y)
        np.testing.assert_array_equal(second[:, 0, 0], 2 * batch.y)
        assert batch.lengths is None


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Sequences(np.zeros((2, 3)), np.zeros(3)), ValueError, r"the same number of sequences, got \[2, 3\]"),
        (lambda: Sequences(np.zeros((0, 3)), np.zeros(0)), ValueError, "x holds no sequences"),
        (lambda: Sequences(np.zeros((2, 3)), np.zeros(2), np.array([1, 4])), ValueError, "between 0 and the 3 steps"),
        (lambda: Sequences(np.zeros((2, 3)), np.zeros(2), np.array([1.0, 2])), TypeError, "lengths must be integers"),
        (lambda: Sequences.from_ragged([], []), ValueError, "x holds no sequences"),
        (lambda: Sequences.from_ragged([[1, 2]], [[1]]), ValueError, "one target for each step of x"),
        (lambda: deal(3, 0), ValueError, "size must be at least 1"),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()
