"""What n-grams say about a review's sentiment, counted on other reviews."""

import numpy as np

from birnn_ref.datasets.ngrams import log_ratios, ngram_ids


def _reviews():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    x = rng.integers(1, 9, (60, 12)) + labels[:, None] * rng.integers(0, 2, (60, 12))
    x[np.arange(12) >= rng.integers(4, 13, 60)[:, None]] = 0
    return x, labels


def test_a_score_is_the_ratio_of_both_shares():
    x, labels = _reviews()
    scores = log_ratios(x, labels, {"other": np.array([[3, 99, 0]])}, rng=np.random.default_rng(0))["other"]
    counts = np.array(
        [[np.sum((x[labels == label] == word).any(axis=1)) + 1 for word in range(1, 10)] for label in (0, 1)]
    )
    shares = counts / counts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scores, [[np.log(shares[1, 2] / shares[0, 2]), 0, 0]], rtol=1e-6)


def test_padding_changes_nothing():
    x, labels = _reviews()
    for n in (1, 2):
        ids = {"train": ngram_ids(x, n, 10), "other": ngram_ids(x[::2], n, 10)}
        longer = {name: np.pad(value, ((0, 0), (0, 3))) for name, value in ids.items()}
        found, again = (
            log_ratios(one["train"], labels, {"other": one["other"]}, rng=np.random.default_rng(0))
            for one in (ids, longer)
        )
        for name in found:
            np.testing.assert_array_equal(again[name][:, :12], found[name])
            assert not again[name][:, 12:].any()


def test_a_review_has_no_say_in_its_own_score():
    x, labels = _reviews()
    x[0] = 77  # in one review alone
    assert not log_ratios(x, labels, {}, rng=np.random.default_rng(0))["train"][0].any()
