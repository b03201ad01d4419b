"""Merge modes: each gradient against differences, a new one in one place, and no unknown one taken for another."""

from importlib import import_module

import numpy as np
import pytest
from gradients import check_parameters, differences
from ref.comparisons import random_params

from birnn_ref.inspect import direction_contributions, jacobian
from birnn_ref.layers import Bidirectional, Stack
from birnn_ref.layers.recurrent.merging import (
    MERGES,
    Merge,
    merge_backward,
    merge_directions,
    merge_pair,
    merged_width,
)
from birnn_ref.models import Classifier
from birnn_ref.twins.parity import draw_case, largest_difference, ref_results
from birnn_ref.twins.spec import Spec, describe

LENGTHS = np.array([5, 3, 1])


@pytest.mark.parametrize("mode", MERGES)
def test_values_width_and_gradients(mode):
    rng = np.random.default_rng(0)
    both = rng.normal(size=(2, 3, 2, 4))
    merged = merge_directions(both, mode)
    assert merged.shape == (2, 3, merged_width(mode, 4))
    np.testing.assert_array_equal(merged, merge_pair(np, both[:, :, 0], both[:, :, 1], mode))
    d = rng.normal(size=merged.shape)
    expected = differences(lambda: float((merge_directions(both, mode) * d).sum()), both)
    np.testing.assert_allclose(merge_backward(d, both, mode), expected, rtol=1e-6, atol=1e-8)
    # A few layers take a shortcut past the mode's own gradients: they must be the same.
    own = MERGES[mode].gradients(d, both[:, :, 0], both[:, :, 1])
    np.testing.assert_allclose(np.stack(own, axis=2), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("mode", MERGES)
def test_is_linear_as_it_says(mode):
    rng = np.random.default_rng(0)
    h_f, h_b = rng.normal(size=(2, 3, 4))
    zero = np.zeros_like(h_f)
    parts = merge_pair(np, h_f, zero, mode) + merge_pair(np, zero, h_b, mode)
    assert np.allclose(parts, merge_pair(np, h_f, h_b, mode)) == MERGES[mode].linear


def test_none_is_a_pair():
    pair = merge_pair(np, 1, 2, None)
    assert pair == (1, 2)


class TestANewMode:
    """A mode that is added to `MERGES` needs nothing else, in layers, twins and `birnn_ref.inspect`."""

    @pytest.fixture(autouse=True)
    def largest(self, monkeypatch):
        values = lambda xp, h_f, h_b: xp.maximum(h_f, h_b)  # noqa: E731
        gradients = lambda d, h_f, h_b: (d * (h_f >= h_b), d * (h_f < h_b))  # noqa: E731
        monkeypatch.setitem(MERGES, "max", Merge(values, gradients, linear=False))

    def test_learns(self):
        stack, rng = Stack("gru", 3, 4, 2, merge="max", rng=np.random.default_rng(0), dtype=np.float64), np.random
        random_params(stack, rng.default_rng(1))
        x, d_outputs = rng.default_rng(2).normal(size=(3, 5, 3)), rng.default_rng(3).normal(size=(3, 5, 4))
        pair = Bidirectional("gru", 3, 4, merge=None, rng=rng.default_rng(0), dtype=np.float64)
        pair.params = stack.children["0"].params
        np.testing.assert_array_equal(
            stack.children["0"].forward(x, LENGTHS)[0], np.maximum(*pair.forward(x, LENGTHS)[0])
        )
        stack.forward(x, LENGTHS)
        dx, _ = stack.backward(d_outputs)
        score = lambda: float((stack.forward(x, LENGTHS)[0] * d_outputs).sum())  # noqa: E731
        check_parameters(stack, score)
        np.testing.assert_allclose(dx, differences(score, x), rtol=1e-6, atol=1e-8)

    def test_is_read_by_models(self):
        model = Classifier("lstm", 9, 2, 3, merge="max", rng=np.random.default_rng(0))
        assert model.summary.features == 3
        model.backward(model.forward(np.array([[4, 5, 6]])))

    def test_can_be_looked_into(self):
        layer = Bidirectional("lstm", 3, 4, merge="max", rng=np.random.default_rng(0), dtype=np.float64)
        x = np.random.default_rng(1).normal(size=(1, 5, 3))
        forward, backward = (jacobian(layer, x, direction=d) for d in ("forward", "backward"))
        np.testing.assert_allclose(forward + backward, jacobian(layer, x), atol=1e-12)
        with pytest.raises(ValueError, match="merge 'max' is not linear, so its outputs are not a sum"):
            direction_contributions(layer, np.zeros((4, 1)), np.zeros(1), x)

    @pytest.mark.parametrize("framework", ["torch", "keras"])
    @pytest.mark.parametrize("mixed", [True, False])
    def test_has_twins(self, framework, mixed):
        pytest.importorskip(framework)
        parity = import_module(f"birnn_ref.twins.{framework}.parity")
        options = {"merge": "max", "mixed": mixed, "rng": np.random.default_rng(0), "dtype": np.float64}
        stack = Stack("lstm", 3, 4, 2, **options)
        case = draw_case(describe(stack)[0], 3, 5, padded=True, rng=np.random.default_rng(1))
        theirs = getattr(parity, f"{framework}_results")(stack, case)
        assert largest_difference(theirs, ref_results(stack, case))[0] < (1e-10 if framework == "torch" else 1e-6)


def test_an_unknown_mode_never_becomes_another():
    for unknown in ("max", "avg", "", 0, "Concat"):
        for make in (
            lambda merge: Bidirectional("rnn", 3, 4, merge=merge, rng=np.random.default_rng(0)),
            lambda merge: Stack("rnn", 3, 4, 2, merge=merge, rng=np.random.default_rng(0)),
            lambda merge: Spec("bidirectional", "rnn", 3, 4, bidirectional=True, merge=merge),
        ):
            with pytest.raises(ValueError, match="merge must be one of 'concat', 'sum', 'mul', 'ave', None, got"):
                make(unknown)
        with pytest.raises(KeyError):
            merge_pair(np, np.zeros(1), np.zeros(1), unknown)
        with pytest.raises(KeyError):
            merge_backward(np.zeros((1, 1, 3)), np.zeros((1, 1, 2, 3)), unknown)
