"""The bag laid out over the words: its sums are its logits, and no training review is scored by itself."""

import numpy as np
import pytest

pytest.importorskip("sklearn")
from birnn_ref.experiments.part3.ngram_bag import score_reviews


def _reviews(count, seed):
    """Word 4 is good and 5 bad, unless 6 stands before; the rest says nothing."""
    rng = np.random.default_rng(seed)
    reviews, labels = [], []
    for _ in range(count):
        review = rng.integers(7, 12, size=rng.integers(3, 9))
        word, turned = rng.integers(4, 6), rng.integers(2)
        reviews.append(np.concatenate([review[:2], [6, word] if turned else [word], review[2:]]))
        labels.append(int((word == 4) != turned))
    return reviews, np.array(labels)


@pytest.fixture(scope="module")
def scored():
    train, labels = _reviews(200, 0)
    test, test_labels = _reviews(100, 1)
    options = {"orders": 2, "strength": 1.0, "folds": 5}
    scored = score_reviews({"train": train, "test": test}, labels, 12, rng=np.random.default_rng(2), **options)
    return scored, {"train": labels, "test": test_labels}, {"train": train, "test": test}, options


@pytest.mark.parametrize("split", ["train", "test"])
def test_pairs_decide_what_words_cannot(scored, split):
    found, labels, _, _ = scored
    assert np.mean((found[split].totals() > 0) == labels[split]) > 0.95


def test_reviews_stand_end_to_end(scored):
    found, _, reviews, _ = scored
    for at, length, review in zip(found["test"].starts, found["test"].lengths, reviews["test"], strict=True):
        assert np.array_equal(found["test"].tokens[at : at + length], review)


def test_an_ngram_counts_once_a_review_and_never_reaches_into_the_next():
    train, labels = _reviews(200, 0)
    once, again = np.array([7, 4]), np.array([7, 4, 7, 4, 4])
    found = score_reviews(
        {"train": train, "test": [once, again, again]}, labels, 12, orders=2, strength=1.0, folds=5,
        rng=np.random.default_rng(2),
    )["test"]  # fmt: skip
    assert found.scores[0, 1] == found.scores[2, 1] == found.scores[7, 1] == 0, "a pair that would begin before"
    assert np.array_equal(found.scores[2:4], found.scores[:2])
    assert found.scores[2:4, 0].all()
    assert found.scores[4, 0] == 0, "the word has counted already"
    assert not found.scores[5].any(), "the word and the pair have"


def test_a_review_has_no_say_in_its_own_score():
    """Turn one training review's label: what changes in its own scores may come only from how others are dealt."""
    train, labels = _reviews(60, 3)
    turned = labels.copy()
    turned[7] = 1 - turned[7]
    one, other = (
        score_reviews({"train": train}, y, 12, orders=2, strength=1.0, folds=5, rng=np.random.default_rng(2))["train"]
        for y in (labels, turned)
    )
    own = slice(one.starts[7], one.starts[7] + one.lengths[7])
    assert np.array_equal(one.scores[own], other.scores[own])
    assert not np.array_equal(one.scores, other.scores)
