"""The encoder of one vector: what it hands on, and its gradients against differences."""

import numpy as np
import pytest

from birnn_ref.experiments.networks.one_vector import OneVector
from birnn_ref.layers import Stack
from birnn_ref.models import Seq2Seq


@pytest.mark.parametrize("bidirectional", [True, False])
def test_every_step_holds_what_the_directions_end_in(bidirectional):
    rng = np.random.default_rng(0)
    stack = Stack("lstm", 3, 4, 2, bidirectional=bidirectional, rng=rng)
    x, lengths = rng.normal(size=(2, 5, 3)).astype(np.float32), np.array([5, 2])
    outputs, final = OneVector(stack).forward(x, lengths)
    assert outputs.shape == stack.forward(x, lengths)[0].shape
    for t in range(5):
        np.testing.assert_array_equal(outputs[:, t], np.concatenate(final[0][-1], axis=1))


@pytest.mark.parametrize("bidirectional", [True, False])
def test_gradients_in_a_model_are_differences(bidirectional):
    rng = np.random.default_rng(0)
    model = Seq2Seq("gru", 9, 6, 2, 3, start=2, end=3, bidirectional=bidirectional, rng=rng, dtype=np.float64)
    model.encoder = model.children["encoder"] = OneVector(model.encoder)
    for _, value in model.named_parameters():
        value[...] = rng.normal(size=value.shape)
    x = np.array([[5, 6, 7], [8, 0, 0]]), np.array([3, 1]), np.array([[2, 4], [2, 5]])
    y = np.array([[4, 3], [5, 3]])
    model.backward(model.loss(model.forward(x), y)[1])
    found = dict(model.named_gradients())
    for name, value in model.named_parameters():
        if name.startswith("encoder."):
            for at in list(np.ndindex(value.shape))[::5]:
                kept, losses = value[at], []
                for change in (1e-6, -1e-6):
                    value[at] = kept + change
                    losses.append(model.loss(model.forward(x), y)[0])
                value[at] = kept
                assert found[name][at] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-4, abs=1e-8), name
