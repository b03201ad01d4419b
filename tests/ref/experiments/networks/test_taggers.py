"""The tagger by letters alone and the one that waits: their gradients, and padding that changes nothing."""

import numpy as np
import pytest
from gradients import check_parameters

from birnn_ref.experiments.networks.taggers import LetterTagger, WaitingTagger
from birnn_ref.layers import Spelt


def test_a_letter_tagger_s_gradients_and_padding():
    rng = np.random.default_rng(0)
    model = LetterTagger(6, 3, 4, 3, 2, rng=rng, dtype=np.float64)
    chars, counts = rng.integers(1, 6, size=(2, 3, 4)), np.array([[4, 2, 1], [3, 0, 0]])
    weights = rng.normal(size=(2, 3, 2))

    def score():
        return float((model.forward((None, Spelt.of_arrays(chars, counts))) * weights).sum())

    before = score()
    model.backward(weights)
    check_parameters(model, score)
    chars[np.arange(4) >= counts[:, :, None]] = 5
    assert score() == before


@pytest.mark.parametrize("wait", [0, 1, 3])
def test_a_waiting_tagger_has_read_that_many_words_more(wait):
    model = WaitingTagger(wait, "lstm", 9, 4, 5, 3, rng=np.random.default_rng(0), dtype=np.float64)
    ids, lengths = np.array([[1, 2, 3, 4, 5, 6, 7], [3, 4, 5, 0, 0, 0, 0]]), np.array([7, 3])
    before = model.forward(ids, lengths)
    assert before.shape == (2, 7, 3)
    assert not before[1, 3:].any()
    for changed in range(7):
        other = ids.copy()
        other[0, changed] = 8
        moved = np.any(model.forward(other, lengths) != before, axis=2)
        assert np.array_equal(moved[0], np.arange(7) >= changed - wait)
        assert not moved[1].any()


def test_a_waiting_tagger_s_gradients():
    model = WaitingTagger(2, "lstm", 9, 4, 5, 3, rng=np.random.default_rng(0), dtype=np.float64)
    ids, lengths = np.array([[1, 2, 3, 4], [3, 4, 5, 0]]), np.array([4, 3])
    weights = np.random.default_rng(1).normal(size=(2, 4, 3))

    def score():
        return float((model.forward(ids, lengths) * weights).sum())

    score()
    model.backward(weights)
    check_parameters(model, score)
