"""Sentences of words with their letters, each spelling once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Int, check_lengths, within


@dataclass(frozen=True)
class Spelt:
    """Sentences of words, each word a number in a list of spellings; it is sliced and batched as an array is.

    The letters of every word of every sentence would be an array ``(count, time, letters)``, most of it padding and
    repetition. A spelling stands here once.

    Attributes
    ----------
    words : integer array, ``(count, time)``
        Which spelling each word has; anything at padded steps.
    letters : integer array, ``(spellings, letters)``
        Anything behind a spelling's letters.
    letter_counts : integer array, ``(spellings,)``

    Examples
    --------
    >>> spelt = Spelt.of([["to", "be"], ["to"]], lambda word: [ord(letter) - 96 for letter in word])
    >>> spelt.words, spelt.letters.tolist(), spelt.letter_counts
    (array([[1, 2],
           [1, 0]]), [[0, 0], [20, 15], [2, 5]], array([0, 2, 2]))
    >>> spelt[:, :1].words.shape
    (2, 1)
    """

    words: Int
    letters: Int
    letter_counts: Int

    @classmethod
    def of(cls, sentences: Sequence[Iterable[str]], encode: Callable[[str], Sequence[int] | Int]) -> Spelt:
        """Spell sentences of words.

        Parameters
        ----------
        sentences : sequence of sequences of str
        encode : callable
            From a word to its letters' numbers, as a `Vocabulary`'s ``encode``.
        """
        numbers = {"": 0}  # no word, at padded steps
        rows = [[numbers.setdefault(word, len(numbers)) for word in sentence] for sentence in sentences]
        spellings = [np.asarray(encode(word), np.intp) if word else np.zeros(0, np.intp) for word in numbers]
        words = np.zeros((len(rows), max(map(len, rows), default=0)), np.intp)
        letters = np.zeros((len(spellings), max(map(len, spellings))), np.intp)
        for row, found in zip(words, rows, strict=True):
            row[: len(found)] = found
        for row, spelling in zip(letters, spellings, strict=True):
            row[: len(spelling)] = spelling
        return cls(words, letters, np.array([len(spelling) for spelling in spellings]))

    @classmethod
    def of_arrays(cls, letters: Int, letter_counts: Int) -> Spelt:
        """Take letters ``(count, time, letters)`` and how many of them each word has, ``(count, time)``."""
        count, time, longest = letters.shape
        places = np.arange(count * time).reshape(count, time)
        return cls(places, letters.reshape(-1, longest), letter_counts.reshape(-1))

    @property
    def arrays(self) -> tuple[Int, Int, Int]:
        """The three arrays, as the twins take them."""
        return self.words, self.letters, self.letter_counts

    def __getitem__(self, key: Any) -> Spelt:
        return Spelt(self.words[key], self.letters, self.letter_counts)

    def __len__(self) -> int:
        return len(self.words)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of ``words``."""
        return self.words.shape

    @property
    def ndim(self) -> int:
        """Of ``words``."""
        return self.words.ndim

    @property
    def dtype(self) -> Any:
        """Of ``words``."""
        return self.words.dtype

    def in_use(self, lengths: Any = None) -> Spelt:
        """Return the same sentences over the spellings that they use, at steps that count, and no others.

        Raises
        ------
        TypeError, ValueError
            If shapes, lengths or a number that is used do not fit.
        """
        words, spellings = np.asarray(self.words), len(self.letters)
        if words.ndim != 2 or not np.issubdtype(words.dtype, np.integer):
            raise ValueError(f"words must be integers (batch, time), got shape {words.shape} and dtype {words.dtype}")
        if np.ndim(self.letters) != 2:
            raise ValueError(f"letters has shape {np.shape(self.letters)}, expected (spellings, letters)")
        counts = within(check_lengths(lengths, *words.shape, what="words of each sentence"), words.shape[1])
        words = np.where(counts, words, words[counts].min(initial=spellings - 1))
        if words.size and (words.min() < 0 or words.max() >= spellings):
            raise ValueError(f"words must lie between 0 and {spellings - 1}, got {words.min()} to {words.max()}")
        used, places = np.unique(words, return_inverse=True)
        longest = self.letters.shape[1]
        sizes = check_lengths(
            np.asarray(self.letter_counts)[used], len(used), longest, name="letter_counts", what="letters"
        )
        return Spelt(places.reshape(words.shape), self.letters[used, : sizes.max(initial=0)], sizes)
