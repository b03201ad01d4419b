"""The tagger by letters alone: its gradients, and padding that changes nothing."""

import numpy as np
from gradients import check_parameters

from birnn_ref.experiments.networks.taggers import LetterTagger
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
