"""The opponent without a network: each word's tag by logistic regression on the words around it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from birnn_ref._checks import Int
from birnn_ref.datasets.tagged import TaggedData
from birnn_ref.experiments.tagging import true_tags

ITERATIONS = 25
"""The most steps of the fit."""


def window_features(words: Sequence[str], before: int, after: int) -> Iterator[dict[str, float]]:
    """Yield what is known of each word: itself and its neighbours, pairs of them, its beginning and its end.

    Examples
    --------
    >>> sorted(next(window_features(["play", "it"], 0, 1)))
    ['$ay', '$lay', '$y', '+0 play', '+0 play it', '+1 it', '^p', '^pl', '^pla']
    """
    padded = [""] * before + list(words) + [""] * after
    for t, word in enumerate(words):
        window = padded[t : t + before + after + 1]
        found = {f"{k - before:+d} {own}" for k, own in enumerate(window)}
        found |= {f"{k - before:+d} {own} {window[k + 1]}" for k, own in enumerate(window[:-1])}
        for n in (1, 2, 3):
            found |= {f"^{word[:n]}", f"${word[-n:]}"}
        found |= {"has a digit"} if any(letter.isdigit() for letter in word) else set()
        found |= {"has a capital"} if word != word.lower() else set()
        yield dict.fromkeys(found, 1.0)


def window_answers(data: TaggedData, before: int, after: int, count: int | None = None) -> list[Int]:
    """Return the opponent's tagging of each test sentence, ``(words,)``.

    Parameters
    ----------
    data : TaggedData
    before, after : int
        Neighbours on each side that it sees.
    count : int, optional
        Training sentences that it learns from; all when left out.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    def features(part: str, count: int | None = None) -> Any:
        sentences = data[part].words
        assert sentences is not None
        return (known for words in sentences[:count] for known in window_features(words, before, after))

    columns, model = DictVectorizer(dtype=np.float32), LogisticRegression(max_iter=ITERATIONS, tol=1e-3)
    x = columns.fit_transform(features("train", count))
    often = np.asarray(x.sum(axis=0)).ravel() > 1  # what occurs once says little, and is most of the columns
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the steps are bounded on purpose
        model.fit(x[:, often], np.concatenate(true_tags(data, "train", count)))
    said = model.predict(columns.transform(features("test"))[:, often])
    rows: list[Int] = np.split(said, np.cumsum(data["test"].lengths)[:-1])
    return rows
