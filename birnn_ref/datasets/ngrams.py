"""What each n-gram of a review says about its sentiment, by naive Bayes, counted on other reviews."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import check_rng, check_sizes
from birnn_ref.datasets.batching import IntArray

FloatArray = npt.NDArray[np.float32]


def ngram_ids(x: IntArray, n: int, num_words: int) -> IntArray:
    """Number the n-gram that ends at each token; 0 where it would reach into the padding or before the start.

    Parameters
    ----------
    x : integer array, ``(reviews, time)``
        Token ids, padded behind with 0.
    n : int
        Tokens in an n-gram.
    num_words : int
        Token ids are below this.

    Returns
    -------
    integer array, ``(reviews, time)``

    Examples
    --------
    >>> ngram_ids(np.array([[5, 6, 7, 0]]), 2, 10)
    array([[ 0, 56, 67,  0]])
    """
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.int64), n, axis=1)
    keys = windows @ (num_words ** np.arange(n - 1, -1, -1))
    ids = np.zeros(x.shape, dtype=np.int64)
    ids[:, n - 1 :] = np.where((windows > 0).all(axis=2), keys, 0)
    return ids


def log_ratios(
    train: IntArray, labels: IntArray, others: dict[str, IntArray], *, folds: int = 10, rng: np.random.Generator
) -> dict[str, FloatArray]:
    r"""Score every n-gram by :math:`\log \frac{P(g \mid \text{positive})}{P(g \mid \text{negative})}`.

    A training review's n-grams are scored by counts from the *other* folds. Scored by its own, a rare n-gram would
    give its review's label away, and a model that learns from the scores would trust them too much.

    Parameters
    ----------
    train : integer array, ``(reviews, time)``
        n-gram numbers of the training reviews; 0 is never counted.
    labels : integer array, ``(reviews,)``
        0 or 1 for each training review.
    others : dict
        n-gram numbers of other reviews, which are scored by all training reviews.
    folds : int
        Parts that the training reviews are cut into.
    rng : numpy.random.Generator
        Assigns the reviews to folds.

    Returns
    -------
    dict
        Scores of the shapes of ``train`` (under ``"train"``) and of ``others``; 0 where no training review counts.

    Notes
    -----
    S. Wang and C. D. Manning, "Baselines and bigrams", ACL 2012. Each review counts an n-gram once, plus one.
    """
    known, at = np.unique(train, return_inverse=True)
    train = at.reshape(train.shape)  # NumPy 1 returns it flat
    check_sizes(folds=folds)
    fold = check_rng(rng).permutation(len(labels)) % folds
    counts = np.zeros((folds, 2, len(known)))
    for k in range(folds):
        for label in (0, 1):
            reviews = train[(fold == k) & (labels == label)]
            once = [np.unique(review) for review in reviews]
            counts[k, label] = np.bincount(np.concatenate([*once, np.zeros(0, np.intp)]), minlength=len(known))

    def scores(count: npt.NDArray[np.float64]) -> FloatArray:
        smoothed = count + 1
        shares = smoothed / smoothed[:, known > 0].sum(axis=1, keepdims=True)
        seen = (count.sum(axis=0) > 0) & (known > 0)
        return np.where(seen, np.log(shares[1] / shares[0]), 0).astype(np.float32)

    total = counts.sum(axis=0)
    scored = {"train": np.zeros(train.shape, dtype=np.float32)}
    for k in range(folds):
        scored["train"][fold == k] = scores(total - counts[k])[train[fold == k]]
    for name, ids in others.items():
        at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        scored[name] = np.where(known[at] == ids, scores(total)[at], np.float32(0))
    return scored
