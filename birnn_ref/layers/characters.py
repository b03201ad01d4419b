"""Words by their letters: each different word of a batch is read once, wherever and however often it occurs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int, check_input, check_sizes, within
from birnn_ref.layers._padding import without_padding
from birnn_ref.layers.base import Layer
from birnn_ref.layers.conv import Conv1D
from birnn_ref.layers.embedding import Embedding, sum_by_row
from birnn_ref.layers.pooling import PoolTime
from birnn_ref.layers.recurrent.stack import Stack
from birnn_ref.layers.spelt import Spelt


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
        counts = None if lengths is None else within(np.asarray(lengths), x.shape[1])
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
