"""Generated sentences of invented words: a word's tag depends on its ending and on those of both neighbours.

Half of the words are known, with a number each; the others are new in every sentence and share one number, so that
only their letters tell anything. Stems may hold the endings' letters too: what counts is where they stand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Int, check_rng, check_sizes, within
from birnn_ref.layers import Spelt

LETTERS = ("", *"aeiklnorst")
"""A letter's number is its place; 0 is padding."""
ENDINGS = (("en", "or"), ("ne", "ro"))
"""The two kinds of ending, two each, of the same letters."""
KNOWN = 200
"""Known words have the numbers 2 to this + 1; 1 is any new word, and 0 padding."""
TAGS = 4


class Suffixes(NamedTuple):
    """Sentences and the tags of their words.

    Attributes
    ----------
    x : integer array ``(count, time)``
        Word numbers, 0 after each sentence's end.
    chars : integer array ``(count, time, letters)``
        Letter numbers, 0 after each word's end.
    char_lengths : integer array ``(count, time)``
        Letters of each word.
    lengths : integer array ``(count,)``
        Words of each sentence.
    y : integer array ``(count, time)``
        Tags: twice the kind of the word's ending, plus 1 where both neighbours' endings are of the second kind.
    kind : integer array ``(count, time)``
        The kind of each word's ending, 0 or 1.
    """

    x: Int
    chars: Int
    char_lengths: Int
    lengths: Int
    y: Int
    kind: Int

    def words(self, i: int) -> list[str]:
        """Return the words of sentence ``i``, spelt out."""
        spelt = zip(self.chars[i, : self.lengths[i]], self.char_lengths[i], strict=False)
        return ["".join(LETTERS[number] for number in word[:count]) for word, count in spelt]

    @property
    def spelt(self) -> Spelt:
        """The words with their letters, as `CharTagger` takes them."""
        return Spelt.of_arrays(self.chars, self.char_lengths)

    @property
    def counts(self) -> npt.NDArray[np.bool_]:
        """True ``(count, time)`` at the words, False at padding."""
        counts = within(self.lengths, self.x.shape[1])
        return counts


def _words(count: int, rng: np.random.Generator) -> list[tuple[str, int]]:
    """Draw words, each with the kind of its ending; both kinds are equally frequent."""
    letters = np.array(LETTERS[1:])
    kinds = (rng.permutation(count) % 2).tolist()
    which, sizes = rng.integers([2, 3], size=(count, 2)).T.tolist()
    stems = letters[rng.integers(len(letters), size=(count, 4))]
    return [
        ("".join(stem[: 2 + size]) + ENDINGS[kind][w], kind)
        for stem, kind, w, size in zip(stems, kinds, which, sizes, strict=True)
    ]


LEXICON = _words(KNOWN, np.random.default_rng(0))
"""The known words, in the order of their numbers."""


def suffix_sentences(count: int, rng: np.random.Generator, new: float = 0.5) -> Suffixes:
    """Draw sentences of 5 to 12 words.

    Parameters
    ----------
    count : int
        Sentences.
    rng : numpy.random.Generator
    new : float
        Share of new words.

    Raises
    ------
    ValueError
        If there are no sentences, or ``new`` is not between 0 and 1.

    Examples
    --------
    >>> data = suffix_sentences(1, np.random.default_rng(2))
    >>> print(*data.words(0)[:4])
    iiro kkor ossne tkten
    >>> data.y[0, :4], data.x[0, :4]
    (array([2, 1, 2, 0]), array([99,  1,  1,  1]))
    """
    check_sizes(count=count)
    check_rng(rng)
    if not 0 <= new <= 1:
        raise ValueError(f"new must be between 0 and 1, got {new}")
    number = {letter: i for i, letter in enumerate(LETTERS)}
    lengths = rng.integers(5, 13, size=count)
    time = int(lengths.max())
    fresh, drawn = _words(count * time, rng), rng.integers(KNOWN, size=count * time)
    x, kind, char_lengths = np.zeros((3, count, time), dtype=np.intp)
    chars = np.zeros((count, time, 6), dtype=np.intp)
    is_new = rng.random((count, time)) < new
    for i in range(count):
        for t in range(lengths[i]):
            at = i * time + t
            word, kind[i, t] = fresh[at] if is_new[i, t] else LEXICON[drawn[at]]
            x[i, t] = 1 if is_new[i, t] else drawn[at] + 2
            char_lengths[i, t] = len(word)
            chars[i, t, : len(word)] = [number[letter] for letter in word]
    both = np.zeros_like(kind)
    both[:, 1:-1] = kind[:, :-2] * kind[:, 2:]
    counts = within(lengths, time)
    return Suffixes(x, chars, char_lengths, lengths, np.where(counts, 2 * kind + both, 0), kind)
