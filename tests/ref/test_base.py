"""What a layer says of itself, and that it must have both ways."""

import numpy as np
import pytest

from birnn_ref.layers import Bidirectional, Dense, Layer, Recurrent, Stack
from birnn_ref.models import Tagger

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Recurrent("gru", 3, 4, rng=RNG), "Recurrent(gru, 3 → 4)"),
        (Recurrent("gru", 3, 4, rng=RNG, reset_after=False), "Recurrent(gru, 3 → 4, reset_after=False)"),
        (Bidirectional("lstm", 128, 64, rng=RNG), "Bidirectional(lstm, 128 → 2 × 64, concat)"),
        (Bidirectional("rnn", 3, 4, rng=RNG, merge=None), "Bidirectional(rnn, 3 → 2 × 4, apart)"),
        (Stack("rnn", 3, 4, 2, rng=RNG, mixed=False), "Stack(rnn, 3 → 2 × 4, 2 layers, concat, not mixed)"),
        (Stack("rnn", 3, 4, 1, rng=RNG, bidirectional=False), "Stack(rnn, 3 → 4, 1 layer)"),
        (Dense(3, 2, rng=RNG), "Dense(W 3 × 2, b 2)"),
    ],
)
def test_says_what_it_is(layer, expected):
    assert repr(layer) == expected


def test_a_model_names_its_parts():
    shown = repr(Tagger("lstm", 20, 3, 4, 5, rng=RNG))
    assert shown.startswith("Tagger(words: Words(W 20 × 3), tags: _Tags(stack: Stack(lstm, 3 → 2 × 4, 1 layer, concat)")


def test_both_ways_must_be_written():
    class Half(Layer):
        pass

    with pytest.raises(NotImplementedError, match="Half has no forward"):
        Half().forward(np.ones(1))
    with pytest.raises(NotImplementedError, match="Half has no backward"):
        Half().backward(np.ones(1))
