"""Words by their letters: read once for each different word of a batch, wherever and however often it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int, check_input, check_lengths, check_sizes
from birnn_ref.layers._padding import without_padding
from birnn_ref.layers.base import Layer
from birnn_ref.layers.conv import Conv1D
from birnn_ref.layers.embedding import Embedding, sum_by_row
from birnn_ref.layers.pooling import PoolTime
from birnn_ref.layers.recurrent.stack import Stack


@dataclass(frozen=True)
class Spelt:
    """Sentences of words, each word a number in a list of spellings; it is cut and dealt out as an array is.

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
    def of(cls, sentences: Sequence[Iterable[str]], encode: Callable[[str], Sequence[int]]) -> Spelt:
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
        counts = (
            np.arange(words.shape[1]) < check_lengths(lengths, *words.shape, what="words of each sentence")[:, None]
        )
        words = np.where(counts, words, words[counts].min(initial=spellings - 1))
        if words.size and (words.min() < 0 or words.max() >= spellings):
            raise ValueError(f"words must lie between 0 and {spellings - 1}, got {words.min()} to {words.max()}")
        used, places = np.unique(words, return_inverse=True)
        longest = self.letters.shape[1]
        sizes = check_lengths(
            np.asarray(self.letter_counts)[used], len(used), longest, name="letter_counts", what="letters"
        )
        return Spelt(places.reshape(words.shape), self.letters[used, : sizes.max(initial=0)], sizes)


class Spelling(Layer):
    """What both readers share: each spelling in use is read once, and its vector put wherever the word stands.

    Attributes
    ----------
    features : int
        Of a word's vector.
    """

    features: int

    def forward(self, x: Spelt, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return each word's vector.

        Parameters
        ----------
        x : Spelt
        lengths : integer array ``(batch,)``, optional
            Words in each sentence; the vectors of the others are 0.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        array, ``(batch, time, features)``

        Raises
        ------
        TypeError, ValueError
            If an argument does not fit.
        """
        if not isinstance(x, Spelt):
            raise TypeError(f"x must be Spelt words, got {type(x).__name__}")
        used = x.in_use(lengths)
        counts = None if lengths is None else np.arange(x.shape[1]) < np.asarray(lengths)[:, None]
        read = self._read(used.letters, used.letter_counts)  # (spellings, features)
        self._keep(used.words, read.shape, counts)
        return without_padding(read[used.words], counts)

    def backward(self, d_outputs: Float) -> None:
        """Store the parameters' gradients; letters have none.

        Parameters
        ----------
        d_outputs : array, ``(batch, time, features)``
        """
        words, shape, counts = self._take()
        check_input("d_outputs", d_outputs, (*words.shape, self.features))
        dy = without_padding(d_outputs, counts)
        rows, values = sum_by_row(words.ravel(), dy.reshape(-1, self.features))
        d_read = np.zeros(shape, dy.dtype)
        d_read[rows] = values
        self._read_backward(d_read)

    def _read(self, letters: Int, counts: Int) -> Float:
        raise NotImplementedError

    def _read_backward(self, d_read: Float) -> None:
        raise NotImplementedError


class CharCNN(Spelling):
    """Read a word by a convolution over its letters and each filter's maximum.

    Parameters
    ----------
    num_chars, char_embedding : int
        Letter ids run from 0 to ``num_chars - 1``; features of a letter's vector.
    features, width : int
        Filters, and letters that a filter sees.
    rng : numpy.random.Generator
        Draws the weights.
    dtype : dtype

    Notes
    -----
    C. dos Santos and B. Zadrozny, "Learning character-level representations for part-of-speech tagging", ICML 2014. X.
    Ma and E. Hovy, "End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF", ACL 2016.

    Examples
    --------
    >>> layer = CharCNN(30, 4, 6, 3, rng=np.random.default_rng(0))
    >>> layer.forward(Spelt(np.array([[0, 1]]), np.array([[1, 2, 3], [4, 0, 0]]), np.array([3, 1]))).shape
    (1, 2, 6)
    """

    def __init__(
        self, num_chars: int, char_embedding: int, features: int, width: int, *, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        self.letters = Embedding(num_chars, char_embedding, rng=rng, dtype=dtype)
        self.conv, self.pool = Conv1D(char_embedding, features, width, rng=rng, dtype=dtype), PoolTime("max")
        self.children, self.features = {"letters": self.letters, "conv": self.conv}, features

    def _read(self, letters: Int, counts: Int) -> Float:
        seen = self.conv.forward(self.letters.forward(letters, counts), counts)  # (spellings, letters, features)
        return self.pool.forward(seen, counts)

    def _read_backward(self, d_read: Float) -> None:
        self.letters.backward(self.conv.backward(self.pool.backward(d_read)))


class CharLSTM(Spelling):
    """Read a word's letters by an LSTM in both directions, and take the state in which each ends.

    Parameters
    ----------
    num_chars, char_embedding
        As in `CharCNN`.
    features : int
        Even: half of them are each direction's.
    rng, dtype
        As in `CharCNN`.

    Notes
    -----
    G. Lample et al., "Neural architectures for named entity recognition", NAACL 2016.

    Examples
    --------
    >>> layer = CharLSTM(30, 4, 6, rng=np.random.default_rng(0))
    >>> layer.forward(Spelt(np.array([[0, 1]]), np.array([[1, 2, 3], [4, 0, 0]]), np.array([3, 1]))).shape
    (1, 2, 6)
    """

    def __init__(
        self, num_chars: int, char_embedding: int, features: int, *, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        check_sizes(features=features)
        if features % 2:
            raise ValueError(f"features must be even, half for each direction, got {features}")
        self.letters = Embedding(num_chars, char_embedding, rng=rng, dtype=dtype)
        self.stack = Stack("lstm", char_embedding, features // 2, 1, rng=rng, dtype=dtype)
        self.children, self.features = {"letters": self.letters, "stack": self.stack}, features

    def _read(self, letters: Int, counts: Int) -> Float:
        _, (h, _) = self.stack.forward(self.letters.look_up(letters, counts), counts)
        return np.concatenate(h[0], axis=1)  # (spellings, features)

    def _read_backward(self, d_read: Float) -> None:
        dh = np.stack(np.split(d_read, 2, axis=1))[None]  # (1, 2, spellings, features / 2)
        self.letters.backward(self.stack.backward(None, (dh, np.zeros_like(dh)))[0])
