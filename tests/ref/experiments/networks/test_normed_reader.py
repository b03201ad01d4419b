"""Normalisation between layers: gradients, and what ties a sequence to its batch."""

import numpy as np
import pytest
from gradients import check_parameters, differences

from birnn_ref.experiments.networks.normed_reader import NORMS, BatchNorm, NormedReader

IDS, LENGTHS = np.array([[1, 2, 3, 4, 2], [4, 1, 0, 0, 0]]), np.array([5, 2])


@pytest.mark.parametrize("padding", [True, False])
def test_batch_norm_s_gradients(padding):
    rng = np.random.default_rng(0)
    layer = BatchNorm(3, padding=padding)
    layer.params = {name: rng.normal(size=3) for name in layer.params}
    x, weights = rng.normal(size=(2, 2, 5, 3))

    def score():
        return float((layer.forward(x, LENGTHS, rng=rng) * weights).sum())

    score()
    dx = layer.backward(weights)
    np.testing.assert_allclose(dx, differences(score, x), rtol=1e-6, atol=1e-8)
    check_parameters(layer, score)


@pytest.mark.parametrize("norm", NORMS)
def test_only_batch_norm_ties_a_sequence_to_its_batch(norm):
    def output(rng, rows):
        model = NormedReader(norm, 5, 3, 4, 2, rng=np.random.default_rng(0))
        return model.forward(IDS[rows], LENGTHS[rows], rng=rng)[0]

    rng = np.random.default_rng(1)
    in_training = np.abs(output(rng, [0]) - output(rng, [0, 1])).max()
    assert (in_training > 1e-3) == norm.startswith("batch")
    np.testing.assert_allclose(output(None, [0]), output(None, [0, 1]), atol=1e-6)
