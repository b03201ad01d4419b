"""A bag of n-grams fitted so that each training review is scored by the others, and its logit laid out over the words.

The bag is that of S. Wang and C. D. Manning, "Baselines and bigrams", ACL 2012: naive-Bayes ratios, then logistic
regression. An n-gram counts once per review, where it first stands. It has two scores: its weight in the bag, which is
its ratio times what the regression gives it, and its bare ratio. The sum of a review's weights is the bag's logit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from birnn_ref.datasets.batching import IntArray
from birnn_ref.datasets.ngrams import FloatArray, ngram_ids


class Scored(NamedTuple):
    """Reviews end to end: ids ``(tokens,)``, scores ``(tokens, 2 · orders)``, weights first; starts and lengths."""

    tokens: IntArray
    scores: FloatArray
    starts: IntArray
    lengths: IntArray

    def totals(self) -> FloatArray:
        """Return the bag's logit for each review, ``(reviews,)``."""
        weights = self.scores[:, : self.scores.shape[1] // 2]
        sums: FloatArray = np.add.reduceat(weights.sum(axis=1), self.starts)
        return sums


def score_reviews(
    reviews: Mapping[str, Sequence[IntArray]], labels: IntArray, num_words: int, *, orders: int, strength: float,
    folds: int, rng: np.random.Generator,
) -> dict[str, Scored]:  # fmt: skip
    """Score the n-grams of whole reviews up to ``orders`` words.

    Parameters
    ----------
    reviews : dict of sequences of integer arrays ``(time,)``
        ``"train"`` and others, none of them empty. Those of ``"train"`` are scored by bags fitted on the other folds.
    labels : integer array, ``(reviews,)``
        0 or 1 for each training review.
    num_words : int
        Token ids are below this.
    orders : int
        Longest n-gram.
    strength : float
        The regression's ``C``; larger is less regularised.
    folds : int
    rng : numpy.random.Generator
        Deals the training reviews out to the folds.
    """
    lengths = {name: np.array([len(r) for r in some]) for name, some in reviews.items()}
    columns = _columns(reviews, num_words, orders)
    width = 1 + max(int(c.max()) for c in columns.values())
    bags = {name: _bag(columns[name], lengths[name], width) for name in reviews}

    fold = rng.permutation(len(labels)) % folds
    owner = np.repeat(fold, lengths["train"])
    scored = {"train": np.zeros((len(owner), 2 * orders), np.float32)}
    for k in range(folds):
        fitted = _fit(bags["train"][fold != k], labels[fold != k], strength)
        scored["train"][owner == k] = _laid_out(columns["train"][owner == k], fitted)
    fitted = _fit(bags["train"], labels, strength)
    for name in set(reviews) - {"train"}:
        scored[name] = _laid_out(columns[name], fitted)
    return {
        name: Scored(np.concatenate(list(some)), scored[name], np.cumsum(lengths[name]) - lengths[name], lengths[name])
        for name, some in reviews.items()
    }


def _columns(reviews: Mapping[str, Sequence[IntArray]], num_words: int, orders: int) -> dict[str, IntArray]:
    """Number the n-grams that stand in two training reviews or more; -1 for others, and for repeats in a review."""
    found: dict[str, list[IntArray]] = {name: [] for name in reviews}
    before = 0
    for n in range(1, orders + 1):
        for name in ("train", *sorted(set(reviews) - {"train"})):
            some = reviews[name]
            ends = np.concatenate([np.append(review, 0) for review in some])  # 0: no n-gram crosses into the next
            ids = ngram_ids(ends[None], n, num_words)[0][ends > 0]
            owner = np.repeat(np.arange(len(some)), [len(review) for review in some])
            if name == "train":
                unique, at = np.unique(ids, return_inverse=True)
                _, first = np.unique(owner * len(unique) + at, return_index=True)
                reviews_with = np.bincount(at[first], minlength=len(unique))
                known = unique[(reviews_with > 1) & (unique > 0)]
            at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
            own = np.where(known[at] == ids, at, -1)
            _, first = np.unique(owner * (len(known) + 1) + own + 1, return_index=True)
            column = np.full(len(own), -1)
            column[first] = np.where(own[first] >= 0, before + own[first], -1)
            found[name].append(column)
        before += len(known)
    return {name: np.stack(parts, axis=1) for name, parts in found.items()}


def _bag(columns: IntArray, lengths: IntArray, width: int) -> Any:
    from scipy import sparse

    rows, _ = np.nonzero(columns >= 0)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    cells = (owner[rows], columns[columns >= 0])
    return sparse.csr_matrix((np.ones(len(rows), np.float32), cells), shape=(len(lengths), width))


def _fit(bag: Any, labels: IntArray, strength: float) -> FloatArray:
    """Return each n-gram's weight and its ratio, ``(2, n-grams)``; there is no intercept."""
    from sklearn.linear_model import LogisticRegression

    counts = np.stack([np.asarray(bag[labels == label].sum(axis=0)).ravel() for label in (0, 1)])
    shares = (counts + 1) / (counts + 1).sum(axis=1, keepdims=True)
    # What one review alone holds here scored nothing in the whole set either.
    ratios = np.where(counts.sum(axis=0) > 1, np.log(shares[1] / shares[0]), 0).astype(np.float32)
    weighted = bag.copy()
    weighted.data = weighted.data * ratios[weighted.indices]
    model = LogisticRegression(C=strength, fit_intercept=False, max_iter=100, tol=1e-3).fit(weighted, labels)
    return np.stack([ratios * model.coef_[0], ratios]).astype(np.float32)


def _laid_out(columns: IntArray, fitted: FloatArray) -> FloatArray:
    return np.hstack([np.where(columns >= 0, scores[columns], np.float32(0)) for scores in fitted])
