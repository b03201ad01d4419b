"""One answer for a whole sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int
from birnn_ref.layers import Conv1D, Dense, Dropout, Embedding, MaxPoolTime, ReLU
from birnn_ref.losses import binary_cross_entropy, softmax_cross_entropy
from birnn_ref.models.base import Model, plain_settings
from birnn_ref.models.summary import Summary
from birnn_ref.models.words import inputs


class OneAnswer(Model):
    """What all classifiers share: the loss that they learn by, and the class that they answer with."""

    def loss(self, logits: Float, targets: Any, lengths: Any = None, **options: Any) -> tuple[float, Float]:
        """Return `binary_cross_entropy` for one logit, else `softmax_cross_entropy`, with their options."""
        score = binary_cross_entropy if logits.shape[-1] == 1 else softmax_cross_entropy
        return score(logits, targets, lengths, **options)

    def decode(self, logits: Float, lengths: Any = None) -> Int:
        """Return the classes ``(batch,)``: 1 for a yes, else the number of the highest logit."""
        return (logits[:, 0] > 0).astype(np.intp) if logits.shape[1] == 1 else logits.argmax(axis=1)


class Classifier(OneAnswer):
    """Word vectors, a bidirectional recurrence, one linear readout: a BRNN, a BiLSTM or a BiGRU by its cell.

    Parameters
    ----------
    cell : str, a name in `birnn_ref.cells.CELLS`
    num_words : int or None
        Token ids run from 0 to ``num_words - 1``. With None the sequences are not of words but of vectors.
    embedding, hidden : int
        Features of a vector, and of each direction's state.
    outputs : int
        Logits: 1 for yes or no, else one per class.
    depth : int
        Recurrent layers.
    pooling : {"final", "mean", "max", "attention"}
        How the states become one vector; see `Summary`.
    dropout : float
        The share dropped of the vectors and of the pooled vector, in training.
    word_dropout : float
        The share of words taken for the word ``unknown``, in training.
    unknown : int
    rng : numpy.random.Generator
        Draws the weights.
    dtype : dtype
    **options
        Further arguments of `Stack`.

    Examples
    --------
    >>> model = Classifier("lstm", 2000, 16, 8, rng=np.random.default_rng(0))
    >>> model.forward(np.array([[5, 6, 7], [8, 0, 0]]), np.array([3, 1])).shape
    (2, 1)

    Vectors in place of words:

    >>> model = Classifier("gru", None, 3, 8, outputs=5, rng=np.random.default_rng(0))
    >>> model.forward(np.ones((2, 7, 3), np.float32), np.array([7, 4])).shape
    (2, 5)
    """

    def __init__(
        self, cell: str, num_words: int | None, embedding: int, hidden: int, outputs: int = 1, *, depth: int = 1,
        pooling: str = "final", dropout: float = 0.0, word_dropout: float = 0.0, unknown: int = 1,
        rng: np.random.Generator, dtype: npt.DTypeLike = np.float32, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.settings = plain_settings(
            dtype, options, cell=cell, num_words=num_words, embedding=embedding, hidden=hidden, outputs=outputs,
            depth=depth, pooling=pooling, dropout=dropout, word_dropout=word_dropout, unknown=unknown,
        )  # fmt: skip
        self.words = inputs(num_words, embedding, dropout, word_dropout, unknown, rng=rng, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.summary = Summary(cell, embedding, hidden, depth, pooling, rng=rng, dtype=dtype, **options)
        self.readout = Dense(self.summary.features, outputs, rng=rng, dtype=dtype)
        self.children = {"words": self.words, "summary": self.summary, "readout": self.readout}

    def forward(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, outputs)``; ``rng`` draws what is dropped.

        Parameters
        ----------
        x : integer array, ``(batch, time)``, or array, ``(batch, time, embedding)``
            Token ids, or vectors.
        lengths : integer array ``(batch,)``, optional
        rng : numpy.random.Generator, optional
        """
        summary = self.summary.forward(self.words.read(x, lengths, rng), lengths, rng=rng)
        return self.readout.forward(self.dropout.forward(summary, rng=rng))

    def backward(self, d_logits: Float) -> Any:
        """Store every parameter's gradient; return that of ``x`` where it is vectors, else None."""
        d_summary = self.dropout.backward(self.readout.backward(d_logits))
        return self.words.backward(self.summary.backward(d_summary))


class ConvClassifier(OneAnswer):
    """A convolution over words, max-pooling, then a bidirectional recurrence over what is left: a CNN-BiLSTM.

    Parameters
    ----------
    cell : str, a name in `birnn_ref.cells.CELLS`
    num_words, embedding, hidden, outputs
        As in `Classifier`.
    filters, width : int
        Of the convolution.
    pool : int
        Words in a window of which the largest values are kept.
    dropout : float
        The share that is dropped of the word vectors, in training.
    pooling, rng, dtype, **options
        As in `Classifier`.

    Notes
    -----
    C. Zhou, C. Sun, Z. Liu and F. Lau, "A C-LSTM neural network for text classification", arXiv 1511.08630 (2015).

    Examples
    --------
    >>> model = ConvClassifier("lstm", 2000, 16, 8, filters=12, width=5, pool=4, rng=np.random.default_rng(0))
    >>> model.forward(np.array([[5, 6, 7], [8, 0, 0]]), np.array([3, 1])).shape
    (2, 1)
    """

    def __init__(
        self, cell: str, num_words: int, embedding: int, hidden: int, outputs: int = 1, *, filters: int, width: int,
        pool: int, pooling: str = "final", dropout: float = 0.0, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.settings = plain_settings(
            dtype, options, cell=cell, num_words=num_words, embedding=embedding, hidden=hidden, outputs=outputs,
            filters=filters, width=width, pool=pool, pooling=pooling, dropout=dropout,
        )  # fmt: skip
        self.words = Embedding(num_words, embedding, rng=rng, dtype=dtype)
        self.dropout, self.relu, self.pool = Dropout(dropout), ReLU(), MaxPoolTime(pool)
        self.conv = Conv1D(embedding, filters, width, rng=rng, dtype=dtype)
        self.summary = Summary(cell, filters, hidden, 1, pooling, rng=rng, dtype=dtype, **options)
        self.readout = Dense(self.summary.features, outputs, rng=rng, dtype=dtype)
        self.children = {
            "words": self.words, "conv": self.conv, "summary": self.summary, "readout": self.readout,
        }  # fmt: skip

    def forward(self, ids: Int, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, outputs)`` of token ids ``(batch, time)``; ``rng`` draws what is dropped."""
        x = self.dropout.forward(self.words.forward(ids, lengths), rng=rng)
        phrases = self.pool.forward(self.relu.forward(self.conv.forward(x, lengths)), lengths)
        return self.readout.forward(self.summary.forward(phrases, self.pool.lengths(lengths), rng=rng))

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        d_phrases = self.summary.backward(self.readout.backward(d_logits))
        dx = self.conv.backward(self.relu.backward(self.pool.backward(d_phrases)))
        self.words.backward(self.dropout.backward(dx))
