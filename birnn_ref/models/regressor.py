"""Numbers for a sequence, or for each of its steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_choice
from birnn_ref.layers import Dense, Dropout
from birnn_ref.losses import absolute_error, squared_error
from birnn_ref.models.base import Model, plain_settings
from birnn_ref.models.steps import Steps
from birnn_ref.models.summary import Summary
from birnn_ref.models.words import inputs

ERRORS = {"squared": squared_error, "absolute": absolute_error}


class Regressor(Model):
    """Vectors or words, a bidirectional recurrence, a linear readout that gives numbers.

    Parameters
    ----------
    cell, num_words, embedding, hidden, depth, dropout, word_dropout, unknown, rng, dtype, **options
        As in `Classifier`.
    outputs : int
        Numbers that it gives, for a sequence or for each step.
    pooling : {"final", "mean", "max", "attention", None}
        How the states become one vector, as in `Summary`; with None each step is answered.
    error : {"squared", "absolute"}
        What ``loss`` is.

    Examples
    --------
    Three measurements an hour, of which the next day's mean is to be said, or a gap to be filled:

    >>> x, rng = np.ones((2, 24, 3), np.float32), np.random.default_rng(0)
    >>> Regressor("gru", None, 3, 8, rng=rng).predict(x).shape
    (2,)
    >>> Regressor("gru", None, 3, 8, outputs=3, pooling=None, rng=rng).predict(x).shape
    (2, 24, 3)
    """

    def __init__(
        self, cell: str, num_words: int | None, embedding: int, hidden: int, outputs: int = 1, *, depth: int = 1,
        pooling: str | None = "final", error: str = "squared", dropout: float = 0.0, word_dropout: float = 0.0,
        unknown: int = 1, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        check_choice("error", error, tuple(ERRORS))
        self.settings = plain_settings(
            dtype, options, cell=cell, num_words=num_words, embedding=embedding, hidden=hidden, outputs=outputs,
            depth=depth, pooling=pooling, error=error, dropout=dropout, word_dropout=word_dropout, unknown=unknown,
        )  # fmt: skip
        self.error = error
        self.words = inputs(num_words, embedding, dropout, word_dropout, unknown, rng=rng, dtype=dtype)
        self.children = {"words": self.words}
        self.tags: Steps | None = None
        if pooling is None:
            self.tags = Steps(cell, embedding, hidden, outputs, depth, dropout, rng=rng, dtype=dtype, **options)
            self.children["tags"] = self.tags
            return
        self.summary, self.dropout = (
            Summary(cell, embedding, hidden, depth, pooling, rng=rng, dtype=dtype, **options),
            Dropout(dropout),
        )
        self.readout = Dense(self.summary.features, outputs, rng=rng, dtype=dtype)
        self.children |= {"summary": self.summary, "readout": self.readout}

    def forward(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the numbers, ``(batch, outputs)`` or ``(batch, time, outputs)``; arguments as in `Classifier`."""
        read = self.words.read(x, lengths, rng)
        if self.tags:
            return self.tags.forward(read, lengths, rng=rng)
        return self.readout.forward(self.dropout.forward(self.summary.forward(read, lengths, rng=rng), rng=rng))

    def backward(self, d_outputs: Float) -> Any:
        """Store every parameter's gradient; return that of ``x`` where it is vectors, else None."""
        if self.tags:
            return self.words.backward(self.tags.backward(d_outputs))
        d_summary = self.dropout.backward(self.readout.backward(d_outputs))
        return self.words.backward(self.summary.backward(d_summary))

    def loss(self, logits: Float, targets: Any, lengths: Any = None, **options: Any) -> tuple[float, Float]:
        """Return `squared_error` or `absolute_error`, with its options, and its gradient."""
        return ERRORS[self.error](logits, targets, lengths, **options)

    def decode(self, logits: Float, lengths: Any = None) -> Float:
        """Return the numbers as they are, without the last axis if there is one output."""
        return logits[..., 0] if logits.shape[-1] == 1 else logits
