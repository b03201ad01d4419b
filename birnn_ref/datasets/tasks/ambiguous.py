"""Generated sentences about one ambiguous word; a clause before it, or one after it, says which sense is meant.

Sentences come in twins that differ in the telling clause alone. A model that has not read that clause gives both twins
the same answer, and so is right on exactly one of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Int, check_rng, check_sizes

SENSES: dict[str, tuple[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "apple": (
        ("fruit", "company"),
        (
            ("it is very healthy", "it tastes sweet", "it grew here"),
            ("it makes phones", "it sued them", "it hired him"),
        ),
    ),
    "rat": (
        ("animal", "traitor"),
        (("it ate cheese", "it has fleas", "it squeaked again"), ("it told police", "it took money", "it gave names")),
    ),
    "bank": (
        ("river", "money"),
        (("it was muddy", "it has reeds", "it flooded again"), ("it lends money", "it was robbed", "it has branches")),
    ),
    "bat": (
        ("animal", "club"),
        (("it flew away", "it has wings", "it sleeps there"), ("it hits balls", "it is wooden", "it was carved")),
    ),
}
"""Each ambiguous word's two senses, and the clauses that tell them."""

OPENINGS = ("i like the", "look at the", "we saw the", "there was this")
FILLERS = ("you know", "as i said", "and then", "well")


def _words() -> list[str]:
    clauses = [clause for _, tellings in SENSES.values() for telling in tellings for clause in telling]
    return sorted({word for text in (*clauses, *OPENINGS, *FILLERS, *SENSES, ".") for word in text.split()})


WORDS = ("", *_words())
"""The vocabulary; a word's number is its place, and 0 is padding."""


class Ambiguous(NamedTuple):
    """Sentences, twins side by side.

    Attributes
    ----------
    x : integer array ``(count, time)``
        Word numbers, 0 after each sentence's end.
    lengths : integer array ``(count,)``
    position : integer array ``(count,)``
        Where the ambiguous word stands.
    sense : integer array ``(count,)``
        0 or 1, the word's first or second sense.
    after : boolean array ``(count,)``
        Whether the telling clause comes after the word.
    """

    x: Int
    lengths: Int
    position: Int
    sense: Int
    after: npt.NDArray[np.bool_]

    def text(self, i: int) -> str:
        """Return sentence ``i`` in words."""
        return " ".join(WORDS[number] for number in self.x[i, : self.lengths[i]])


def ambiguous_sentences(twins: int, rng: np.random.Generator, most_fillers: int = 3) -> Ambiguous:
    """Draw pairs of sentences: half tell the sense before the word, half after it.

    Parameters
    ----------
    twins : int
        Pairs; sentences 2i and 2i + 1 are twins with senses 0 and 1.
    rng : numpy.random.Generator
    most_fillers : int
        Between word and clause stand 0 to this many empty phrases.

    Raises
    ------
    ValueError
        If there are no twins.

    Examples
    --------
    >>> data = ambiguous_sentences(2, np.random.default_rng(5))
    >>> data.text(2), data.text(3)
    ('we saw the bank . it was muddy', 'we saw the bank . it lends money')
    >>> int(data.position[2]), bool(data.after[2])
    (3, True)
    """
    check_sizes(twins=twins)
    check_rng(rng)
    number = {word: i for i, word in enumerate(WORDS)}
    texts, position, after = [], [], []
    draws = rng.integers([len(SENSES), len(OPENINGS), 3, 2, most_fillers + 1], size=(twins, 5)).tolist()
    chosen_fillers = rng.integers(len(FILLERS), size=(twins, most_fillers)).tolist()
    for (a, b, which, comes_after, count), chosen in zip(draws, chosen_fillers, strict=True):
        word, opening = list(SENSES)[a], OPENINGS[b].split()
        fillers = " ".join(FILLERS[i] for i in chosen[:count]).split()
        for sense in range(2):
            clause = SENSES[word][1][sense][which].split()
            if comes_after:
                text, place = [*opening, word, ".", *fillers, *clause], len(opening)
            else:
                text = [*clause, ".", *fillers, *opening, word]
                place = len(text) - 1
            texts.append([number[w] for w in text])
            position.append(place)
            after.append(bool(comes_after))
    lengths = np.array([len(text) for text in texts])
    x = np.zeros((len(texts), lengths.max()), dtype=np.intp)
    for row, text in zip(x, texts, strict=True):
        row[: len(text)] = text
    return Ambiguous(x, lengths, np.array(position), np.tile([0, 1], twins), np.array(after))
