"""The BRNN, BiLSTM and BiGRU by length: when training stops, what the rate follows, how the chrono start differs."""

import numpy as np

from birnn_ref.experiments.part4 import variants_by_length
from birnn_ref.experiments.part4.variants_by_length import Settings, train


class TestVariantsByLength:
    def test_stops_when_both_symbols_are_named(self):
        model, steps = train(0, "gru", 12, 0.02, Settings(hidden={"gru": 16}, steps=400))
        assert steps < 400
        assert (
            variants_by_length.score(model, *variants_by_length.draw(np.random.default_rng(1), 100, 12))["both"] > 0.98
        )

    def test_the_rate_falls_over_the_budget_whatever_the_limit(self):
        budget, less = (Settings(hidden={"rnn": 4}, steps=steps) for steps in (50, 10))
        short, _ = train(0, "rnn", 6, 0.02, budget, 10)
        same, _ = train(0, "rnn", 6, 0.02, budget, 10)
        other, _ = train(0, "rnn", 6, 0.02, less)
        values = [np.concatenate([v.ravel() for _, v in m.named_parameters()]) for m in (short, same, other)]
        np.testing.assert_array_equal(values[0], values[1])
        assert np.abs(values[0] - values[2]).max() > 1e-4

    def test_chrono_starts_both_directions_with_long_memories(self):
        model, _ = train(0, "lstm_chrono", 50, 0.02, Settings(hidden={"lstm_chrono": 8}), 0)
        for bias in model.recurrent.params["b_h"]:
            assert bias[8:16].mean() > 2
            assert bias[:8].mean() < -2
