"""The opponent: a bag of words and bigrams with naive-Bayes weights and logistic regression (Wang and Manning, 2012).

It reads the same tokens as the tutorial's model. The strength of its regularisation is chosen on held-out reviews.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.experiments.paired import Bools
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    num_words: int | None = 2000
    maxlen: int | None = 50
    ngrams: int = 2
    strengths: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0)
    alpha: float = 1.0
    train_reviews: int | None = None


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Fit once per strength; return the validation accuracies, the chosen strength and its one test accuracy."""
    figures, _ = fit(seed, settings)
    return figures


def fit(seed: int, settings: Settings) -> tuple[dict[str, Any], Bools]:
    """Return the figures of `run`, and which test reviews the chosen bag is right about, ``(reviews,)``."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    data = load_imdb(settings.num_words, settings.maxlen, rng=np.random.default_rng(seed))
    # Padding is not a word, so the bag is made from the tokens alone.
    texts = {name: [" ".join(map(str, x[x > 0])) for x in data[name].x] for name in data.splits}
    first = slice(settings.train_reviews)
    texts["train"], y_train = texts["train"][first], data["train"].y[first]
    counter = CountVectorizer(ngram_range=(1, settings.ngrams), token_pattern=r"\d+", binary=True, min_df=2)
    counts = {"train": counter.fit_transform(texts["train"])}
    counts |= {name: counter.transform(texts[name]) for name in ("validation", "test")}

    smoothed = [settings.alpha + np.asarray(counts["train"][y_train == label].sum(axis=0)).ravel() for label in (0, 1)]
    weights = np.log((smoothed[1] / smoothed[1].sum()) / (smoothed[0] / smoothed[0].sum()))
    weighted = {name: matrix.multiply(weights).tocsr() for name, matrix in counts.items()}

    models = [LogisticRegression(C=C, max_iter=1000).fit(weighted["train"], y_train) for C in settings.strengths]
    scores = [float(model.score(weighted["validation"], data["validation"].y)) for model in models]
    chosen = int(np.argmax(scores))
    right: Bools = models[chosen].predict(weighted["test"]) == data["test"].y
    figures = {
        "source": data.source,
        "features": len(weights),
        "validation_accuracy": scores,
        "strength": settings.strengths[chosen],
        "test_accuracy": round(float(right.mean()), 5),
    }
    return figures, right


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy over the seeds, each of which holds out other reviews."""
    return {"test": mean_and_interval([run["test_accuracy"] for run in runs])}


STUDY = Study(
    "bag_of_bigrams", Settings(), run, summarise,
    check={"train_reviews": 2000, "strengths": (0.1,)},
)  # fmt: skip
STUDIES = (
    STUDY,
    STUDY.variant(
        "bag_of_trigrams", "The same with trigrams: what networks that are given n-gram scores must pass.", ngrams=3
    ),
    STUDY.variant("bag_of_bigrams_full", "The same on whole reviews and all words.", num_words=None, maxlen=None),
)
