"""Readers of reviews trained alike: which reviews each was right about can be paired over seeds and arms."""

import numpy as np
import pytest

from birnn_ref.experiments.paired import pack
from birnn_ref.experiments.reviews import (
    Arm,
    ArmSettings,
    accuracy,
    by_tokens,
    compare,
    reviews,
    right,
    train_arms,
)
from birnn_ref.train import Sequences

SETTINGS = ArmSettings(
    num_words=50, maxlen=10, embedding=3, hidden={}, rates=(), rate={"one": 0.01, "two": 0.01}, dropout=0.1,
    batch_size=16, epochs=1, train_reviews=64,
)  # fmt: skip


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setenv("BIRNN_DATA", "embedded")
    return reviews(0, SETTINGS, 40)


def test_shuffled_reviews_come_back_into_one_order():
    rng = np.random.default_rng(0)
    x, y, lengths = rng.integers(3, size=(60, 4)), rng.integers(2, size=60), np.full(60, 4)
    orders = []
    for _ in range(2):
        shuffled = rng.permutation(60)
        data = Sequences(x[shuffled], y[shuffled], lengths)
        orders.append(data.x[by_tokens(data)])
    np.testing.assert_array_equal(*orders)


def test_what_is_stored_is_what_the_model_was_right_about(found):
    arms = {"one": Arm("rnn", "mean", 2), "two": Arm("gru", "final", 2)}
    for name, model, figures in train_arms(0, arms, found, SETTINGS):
        answers = right(model, found.splits["test"])
        assert figures["right_bits"] == pack(answers[by_tokens(found.splits["test"])])
        assert figures["test_accuracy"] == round(answers.mean(), 5)
        test = found.splits["test"]
        logits = model.forward(test.x, test.lengths)[:, 0]
        np.testing.assert_array_equal(answers, (logits > 0) == (test.y == 1))
        assert figures["recurrent"] == {"one": 24, "two": 76}[name]


def test_a_difference_is_paired_by_review():
    def run(*right_about):
        arms = zip("ab", right_about, strict=True)
        return {name: {"right_bits": pack(np.array(bits, bool)), "test_reviews": 4} for name, bits in arms}

    runs = [run([1, 1, 1, 0], [1, 1, 0, 0]), run([1, 1, 1, 0], [1, 1, 0, 0])]
    assert compare(runs, "a", "b")["mean"] == 0.25
    assert compare(runs, "a", "a")["half_width"] == 0
    assert accuracy(runs, "a")["mean"] == 0.75
