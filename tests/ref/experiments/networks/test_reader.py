"""The readers of the generated tasks: gradients in every order of reading, and gaps that have not read their word."""

import numpy as np
import pytest
from gradients import check_parameters

from birnn_ref.experiments.networks.reader import READINGS, GapReader, Reader

X, LENGTHS = np.array([[1, 2, 3, 4, 2], [4, 1, 3, 0, 0]]), np.array([5, 3])


def _reader(kind):
    rng = np.random.default_rng(0)
    if kind == "gaps":
        return GapReader(3, 4, 2, num_words=5, rng=rng, dtype=np.float64)
    return Reader(kind, 3, 4, 2, num_words=5, rng=rng, dtype=np.float64)


@pytest.mark.parametrize("kind", [*READINGS, "gaps"])
def test_gradients_equal_central_differences(kind):
    model = _reader(kind)
    outputs = model.forward(X, LENGTHS)
    own = np.arange(outputs.shape[1]) < (LENGTHS - (2 if kind == "gaps" else 0))[:, None]
    weights = np.random.default_rng(1).normal(size=outputs.shape) * own[:, :, None]
    model.backward(weights)
    check_parameters(model, lambda: float((model.forward(X, LENGTHS) * weights).sum()))


def test_a_gap_has_not_read_its_word():
    model = _reader("gaps")
    before = model.forward(X[:1])
    changed = X[:1].copy()
    changed[0, 2] = 1
    moved = np.any(model.forward(changed) != before, axis=(0, 2))
    assert moved.tolist() == [True, False, True]  # positions 1, 2 and 3


def test_an_unknown_reading_is_refused():
    with pytest.raises(ValueError, match="reading must be one of"):
        Reader("sideways", 1, 1, 1, rng=np.random.default_rng(0))
