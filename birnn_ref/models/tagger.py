"""One answer for each step of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int
from birnn_ref.layers import CRF, CharCNN, CharLSTM, Dropout, Embedding, Spelt, WordDropout
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.models.base import Model, plain_settings
from birnn_ref.models.steps import Steps
from birnn_ref.models.words import inputs


class TagLoss(Model):
    """What all taggers share: the loss that they learn by, and the tagging that they answer with.

    Attributes
    ----------
    crf : CRF or None
        Scores whole taggings; without it each step's tag is chosen by itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.crf: CRF | None = None

    def loss(self, logits: Float, targets: Any, lengths: Any = None, **options: Any) -> tuple[float, Float]:
        """Return the loss to train with, a mean over steps, and its gradient with respect to the logits.

        With a CRF it is `CRF.loss`, which stores the CRF's gradients; else `softmax_cross_entropy`, with its options.

        Raises
        ------
        TypeError, ValueError
            As they do, or for options with a CRF, which scores taggings as a whole.
        """
        if self.crf is None:
            return softmax_cross_entropy(logits, targets, lengths, **options)
        if options:
            raise ValueError(f"a CRF scores a tagging as a whole, and takes no {', '.join(options)}")
        return self.crf.loss(logits, targets, lengths)

    def decode(self, logits: Float, lengths: Any = None) -> Int:
        """Return the best tagging ``(batch, time)``: with a CRF by Viterbi's algorithm, else each step's best tag."""
        if self.crf:
            return self.crf.decode(logits, lengths)
        best: Int = logits.argmax(axis=-1)  # 0 at padded steps, whose logits are all 0
        return best

    def _add_crf(self, crf: bool | Sequence[str], outputs: int, rng: np.random.Generator, dtype: npt.DTypeLike) -> None:
        if not isinstance(crf, bool) or crf:
            self.crf = CRF(outputs, None if isinstance(crf, bool) else crf, rng=rng, dtype=dtype)
            self.children["crf"] = self.crf


class Tagger(TagLoss):
    """Word vectors, a bidirectional recurrence, a linear readout at every step: a BRNN, BiLSTM or BiGRU tagger.

    Parameters
    ----------
    cell : str, a name in `birnn_ref.cells.CELLS`
    num_words : int or None
        Token ids run from 0 to ``num_words - 1``. With None the sequences are not of words but of vectors.
    embedding, hidden : int
        Features of a vector, and of each direction's state.
    outputs : int
        Logits per step: one per tag.
    depth : int
        Recurrent layers.
    dropout : float
        The share dropped of the vectors and of the states, in training.
    word_dropout : float
        The share of words taken for the word ``unknown``, in training.
    unknown : int
    crf : bool or sequence of str
        Whether a `CRF` scores whole taggings; train with ``loss=model.loss`` then. The tags' names, in place of True,
        also forbid what BIO forbids.
    rng : numpy.random.Generator
        Draws the weights.
    dtype : dtype
    **options
        Further arguments of `Stack`.

    Examples
    --------
    >>> model = Tagger("gru", 2000, 16, 8, 17, rng=np.random.default_rng(0))
    >>> model.forward(np.array([[5, 6, 7], [8, 0, 0]]), np.array([3, 1])).shape
    (2, 3, 17)
    """

    def __init__(
        self, cell: str, num_words: int | None, embedding: int, hidden: int, outputs: int, *, depth: int = 1,
        dropout: float = 0.0, word_dropout: float = 0.0, unknown: int = 1, crf: bool | Sequence[str] = False,
        rng: np.random.Generator, dtype: npt.DTypeLike = np.float32, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.settings = plain_settings(
            dtype, options, cell=cell, num_words=num_words, embedding=embedding, hidden=hidden, outputs=outputs,
            depth=depth, dropout=dropout, word_dropout=word_dropout, unknown=unknown,
            crf=crf if isinstance(crf, bool) else list(crf),
        )  # fmt: skip
        self.words = inputs(num_words, embedding, dropout, word_dropout, unknown, rng=rng, dtype=dtype)
        self.tags = Steps(cell, embedding, hidden, outputs, depth, dropout, rng=rng, dtype=dtype, **options)
        self.children = {"words": self.words, "tags": self.tags}
        self._add_crf(crf, outputs, rng, dtype)

    def forward(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, time, outputs)``; ``rng`` draws what is dropped.

        Parameters
        ----------
        x : integer array, ``(batch, time)``, or array, ``(batch, time, embedding)``
            Token ids, or vectors.
        lengths : integer array ``(batch,)``, optional
        rng : numpy.random.Generator, optional
        """
        return self.tags.forward(self.words.read(x, lengths, rng), lengths, rng=rng)

    def backward(self, d_logits: Float) -> Any:
        """Store every parameter's gradient; return that of ``x`` where it is vectors, else None."""
        return self.words.backward(self.tags.backward(d_logits))


class CharTagger(TagLoss):
    """A `Tagger` that also reads each word's letters, once for each different word of a batch.

    Parameters
    ----------
    cell, num_words, embedding, hidden, outputs, depth, dropout, word_dropout, unknown, crf, rng, dtype, **options
        As in `Tagger`; there must be words, and one that is taken for unknown still has its letters.
    num_chars : int
        Letter ids run from 0 to ``num_chars - 1``.
    char_embedding, filters : int
        Features of a letter's vector, and of a word as its letters spell it.
    width : int or None
        Letters that a filter sees, `CharCNN`; None reads them by an LSTM in both directions, `CharLSTM`.

    Notes
    -----
    J. P. C. Chiu and E. Nichols, "Named entity recognition with bidirectional LSTM-CNNs", TACL 4 (2016). X. Ma and
    E. Hovy, "End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF", ACL 2016.

    Examples
    --------
    >>> model = CharTagger("lstm", 2000, 16, 8, 17, num_chars=30, char_embedding=4, filters=6, width=3,
    ...                    rng=np.random.default_rng(0))
    >>> spelt = Spelt.of([["ace", "d"]], lambda word: [ord(letter) - 96 for letter in word])
    >>> model.forward((np.array([[5, 6]]), spelt)).shape
    (1, 2, 17)
    """

    def __init__(
        self, cell: str, num_words: int, embedding: int, hidden: int, outputs: int, *, num_chars: int,
        char_embedding: int, filters: int, width: int | None, depth: int = 1, dropout: float = 0.0,
        word_dropout: float = 0.0, unknown: int = 1, crf: bool | Sequence[str] = False, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.settings = plain_settings(
            dtype, options, cell=cell, num_words=num_words, embedding=embedding, hidden=hidden, outputs=outputs,
            num_chars=num_chars, char_embedding=char_embedding, filters=filters, width=width, depth=depth,
            dropout=dropout, word_dropout=word_dropout, unknown=unknown,
            crf=crf if isinstance(crf, bool) else list(crf),
        )  # fmt: skip
        self.words = Embedding(num_words, embedding, rng=rng, dtype=dtype)
        self.dropout, self.word_dropout = Dropout(dropout), WordDropout(word_dropout, unknown)
        self.chars: CharCNN | CharLSTM = (
            CharLSTM(num_chars, char_embedding, filters, rng=rng, dtype=dtype)
            if width is None
            else CharCNN(num_chars, char_embedding, filters, width, rng=rng, dtype=dtype)
        )
        self.tags = Steps(cell, embedding + filters, hidden, outputs, depth, dropout, rng=rng, dtype=dtype, **options)
        self.children = {"words": self.words, "chars": self.chars, "tags": self.tags}
        self._add_crf(crf, outputs, rng, dtype)

    def forward(self, x: tuple[Int, Spelt], lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, time, outputs)``.

        Parameters
        ----------
        x : pair of an integer array and Spelt
            Word ids ``(batch, time)``, and the same words spelt.
        lengths : integer array ``(batch,)``, optional
            Words in each sequence.
        rng : numpy.random.Generator, optional
            Draws what is dropped.

        Raises
        ------
        TypeError, ValueError
            If an argument does not fit.
        """
        ids, spelt = x
        read = self.words.forward(self.word_dropout.forward(ids, lengths, rng=rng), lengths)
        if np.shape(spelt) != ids.shape:
            raise ValueError(f"x holds ids of shape {ids.shape} and spelt words of shape {np.shape(spelt)}")
        vectors = np.concatenate([read, self.chars.forward(spelt, lengths)], axis=2)
        self._keep(read.shape[2])
        return self.tags.forward(self.dropout.forward(vectors, rng=rng), lengths, rng=rng)

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        (features,) = self._take()
        dx = self.dropout.backward(self.tags.backward(d_logits))
        self.words.backward(dx[:, :, :features])
        self.chars.backward(np.ascontiguousarray(dx[:, :, features:]))
