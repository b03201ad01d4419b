"""The embedded corpus: reviews generated from a small grammar, for machines without data or network.

In every opinion the sign of a word depends on the words around it, before it (*not dull*) or after it
(*dull, they said; they were wrong*), so that a model which ignores order, or one direction, falls short.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from birnn_ref._checks import check_rng, check_sizes
from birnn_ref.datasets.reviews import INDEX_FROM, START, UNKNOWN, Recipe, ReviewData

GOOD = ["brilliant", "charming", "clever", "funny", "gripping", "honest", "lovely", "moving", "sharp", "warm"]
BAD = ["bland", "clumsy", "dull", "flat", "hollow", "lazy", "noisy", "shallow", "tedious", "weak"]
THINGS = [
    "acting",
    "camera",
    "cast",
    "dialogue",
    "ending",
    "lighting",
    "music",
    "opening",
    "plot",
    "script",
    "sound",
    "story",
]
PEOPLE = ["brother", "cousin", "friend", "neighbour", "sister", "teacher", "uncle"]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

# {own} carries the review's sentiment, {other} the opposite word, {thing} what is spoken of.
OPINIONS = (
    "the {thing} was {own}",
    "i found the {thing} {own} from the first minute to the last",
    "the {thing} was not {other}",
    "nobody could call the {thing} {other}",
    "the {thing} is far from {other}",
    "the {thing} was {other} but the film as a whole is {own}",
    "although the {thing} seemed {other} at first it turned out {own}",
    "the {thing} is {other} or so the poster says and the poster is wrong",
    "{other} they said of the {thing} and how wrong they were",
)
WISHES = {  # both name the good word; what stands around it decides
    0: "if only the {thing} had been {good}",
    1: "if only every film had a {thing} as {good} as this one",
}
NEUTRAL = (
    "i saw it on a {day} with my {person}",
    "my {person} chose it for a {day} evening",
    "it runs for two hours and was made by a small studio",
    "the hall was half full on {day}",
    "we talked about the {thing} on the way home",
)


def embedded_reviews(
    num_words: int | None = None,
    maxlen: int | None = None,
    *,
    padding: str = "post",
    truncating: str = "pre",
    validation: float = 0.1,
    reviews: int = 2000,
    rng: np.random.Generator | None = None,
) -> ReviewData:
    """Generate labelled reviews; the arguments are those of `load_imdb`.

    Parameters
    ----------
    num_words, maxlen, padding, truncating, validation
        As in `load_imdb`.
    reviews : int
        Training reviews, validation included; half as many are made for testing.
    rng : numpy.random.Generator, optional
        Decides every sentence; ``default_rng(0)`` when left out.

    Returns
    -------
    ReviewData
        With ``source == "embedded"`` and a ``note`` that figures made from it must carry.

    Examples
    --------
    >>> data = embedded_reviews(maxlen=20, reviews=100)
    >>> data["train"].x.shape, data["validation"].x.shape, data["test"].x.shape
    ((90, 20), (10, 20), (50, 20))
    """
    recipe = Recipe(num_words, maxlen, padding, truncating, validation)
    check_sizes(reviews=reviews)
    rng = np.random.default_rng(0) if rng is None else check_rng(rng)
    labels = {"train": np.arange(reviews) % 2, "test": np.arange(reviews // 2) % 2}
    texts = {split: [_review(int(label), rng) for label in labels[split]] for split in labels}
    counts = Counter(word for words in texts["train"] for word in words)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    word_ids = {word: i + INDEX_FROM + 1 for i, word in enumerate(ranked)}
    ids = {
        split: [np.array([START] + [word_ids.get(word, UNKNOWN) for word in words]) for words in texts[split]]
        for split in texts
    }
    return recipe.data((ids["train"], labels["train"]), (ids["test"], labels["test"]), word_ids, "embedded", rng)


def _review(label: int, rng: np.random.Generator) -> list[str]:
    """Words of one review: two or three opinions that agree, among neutral sentences."""
    own, other = (GOOD, BAD) if label else (BAD, GOOD)
    opinions = [str(rng.choice([*OPINIONS, WISHES[label]])) for _ in range(rng.integers(2, 4))]
    neutral = [str(sentence) for sentence in rng.choice(NEUTRAL, rng.integers(1, 5))]
    sentences = opinions + neutral
    rng.shuffle(sentences)
    blanks = {"own": own, "other": other, "good": GOOD, "thing": THINGS, "person": PEOPLE, "day": DAYS}
    filled = [s.format(**{name: rng.choice(words) for name, words in blanks.items()}) for s in sentences]
    return " ".join(filled).split()
