"""The pooled convolution: its gradients."""

import numpy as np
from gradients import check_parameters

from birnn_ref.experiments.networks.conv_pool import ConvPool

IDS, LENGTHS = np.array([[1, 2, 3, 4, 2], [4, 1, 0, 0, 0]]), np.array([5, 2])


def test_a_pooled_convolution_s_gradients():
    rng = np.random.default_rng(0)
    model = ConvPool(5, 3, 4, 3, rng=rng, dtype=np.float64)
    weights = rng.normal(size=(2, 1))

    def score():
        return float((model.forward(IDS, LENGTHS) * weights).sum())

    score()
    model.backward(weights)
    check_parameters(model, score)
