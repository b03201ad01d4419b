"""Word vectors read by a recurrent layer as ids and a matrix: the same results, and gradients by word."""

import numpy as np
import pytest
from gradients import dense

from birnn_ref.cells import CELLS
from birnn_ref.layers import Bidirectional, Embedding, Recurrent, Stack
from birnn_ref.layers.embedding import LookedUp


def _layer(kind, cell, features=4):
    settings = {"rng": np.random.default_rng(1), "dtype": np.float64}
    return {
        "recurrent": lambda: Recurrent(cell, features, 3, **settings),
        "bidirectional": lambda: Bidirectional(cell, features, 3, **settings),
        "stack": lambda: Stack(cell, features, 3, 2, **settings),
    }[kind]()


@pytest.mark.parametrize("kind", ["recurrent", "bidirectional", "stack"])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("lengths", [None, np.array([6, 2, 0])])
def test_equals_vectors_written_out(kind, cell, lengths):
    rng = np.random.default_rng(0)
    words, layer = Embedding(9, 4, rng=rng, dtype=np.float64), _layer(kind, cell)
    ids = rng.integers(1, 9, size=(3, 6))
    if lengths is not None:
        ids[np.arange(6) >= lengths[:, None]] = 99
    found = []
    for read in (words.forward, words.look_up):
        x = read(ids, lengths)
        outputs, final = layer.forward(x, lengths)
        d = np.random.default_rng(2)
        dx, d_initial = layer.backward(d.normal(size=outputs.shape), tuple(d.normal(size=s.shape) for s in final))
        words.backward(dx)
        found.append((outputs, *final, *d_initial, dense(words.grads["W"], (9, 4)), *layer.named_gradients()))
    for a, b in zip(*found, strict=True):
        if isinstance(a, tuple):
            assert a[0] == b[0]
            a, b = a[1], b[1]
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    own = ids if lengths is None else ids[np.arange(6) < lengths[:, None]]
    np.testing.assert_array_equal(words.grads["W"].rows, np.unique(own))


@pytest.mark.parametrize("kind", ["recurrent", "bidirectional", "stack"])
def test_a_matrix_that_does_not_fit(kind):
    ids = np.zeros((2, 3), int)
    with pytest.raises(ValueError, match=r"x\.W has shape \(9, 5\), expected \(num_words, 4\)"):
        _layer(kind, "rnn").forward(LookedUp(ids, np.zeros((9, 5))))
    with pytest.raises(TypeError, match=r"x\.W has dtype float32, expected the layer's own, float64"):
        _layer(kind, "rnn").forward(LookedUp(ids, np.zeros((9, 4), np.float32)))
