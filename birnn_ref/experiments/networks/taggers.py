"""Taggers for studies: by letters or by word numbers alone, one that answers late, and one that sees a window."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float
from birnn_ref.layers import CharCNN, Conv1D, Dense, Dropout, Layer, ReLU
from birnn_ref.models import Tagger


class LetterTagger(Layer):
    """Tag each word by its letters alone: a convolution over them, its maximum, a linear readout."""

    def __init__(
        self, num_chars: int, char_embedding: int, filters: int, width: int, outputs: int, *, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        self.chars = CharCNN(num_chars, char_embedding, filters, width, rng=rng, dtype=dtype)
        self.readout = Dense(filters, outputs, rng=rng, dtype=dtype)
        self.children = {"chars": self.chars, "readout": self.readout}

    def forward(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, time, outputs)`` of what `CharTagger` takes; the word numbers are not read."""
        _, spelt = x
        return self.readout.forward(self.chars.forward(spelt))

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        self.chars.backward(self.readout.backward(d_logits))


class WordTagger(Tagger):
    """A `Tagger` that takes what `CharTagger` takes, and reads the word numbers alone."""

    def forward(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, time, outputs)``."""
        return super().forward(x[0], lengths, rng=rng)


class WaitingTagger(Tagger):
    """A forward `Tagger` whose answer for a step comes ``wait`` steps later; after the last one it reads padding.

    Parameters
    ----------
    wait : int
        Steps that are read before the answer; with 0 it is a forward `Tagger`.
    *sizes, **options
        As in `Tagger`.
    """

    def __init__(self, wait: int, *sizes: Any, **options: Any) -> None:
        super().__init__(*sizes, bidirectional=False, **options)
        self.wait = wait

    def forward(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, time, outputs)``, each in the place of the step that it is about."""
        longer = np.pad(x, ((0, 0), (0, self.wait), (0, 0))[: x.ndim])  # (batch, time + wait)
        lengths = np.full(len(x), x.shape[1]) if lengths is None else lengths
        return super().forward(longer, lengths + self.wait, rng=rng)[:, self.wait :]

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        super().backward(np.pad(d_logits, ((0, 0), (self.wait, 0), (0, 0))))


class WindowTagger(Layer):
    """Name each step by what stands in a window around it: a convolution, rectified, and a linear readout.

    Parameters
    ----------
    features, filters, window, outputs : int
        ``window`` is the steps that are seen, half of them before the one in the middle.
    dropout : float
        The share dropped of what the filters say, in training.
    rng : numpy.random.Generator
    """

    def __init__(
        self, features: int, filters: int, window: int, outputs: int, *, dropout: float, rng: np.random.Generator
    ) -> None:
        super().__init__()
        self.conv, self.relu, self.dropout = Conv1D(features, filters, window, rng=rng), ReLU(), Dropout(dropout)
        self.readout = Dense(filters, outputs, rng=rng)
        self.children = {"conv": self.conv, "readout": self.readout}

    def forward(self, x: Float, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, time, outputs)`` of vectors ``(batch, time, features)``."""
        seen = self.relu.forward(self.conv.forward(x, lengths))  # (batch, time, filters)
        return self.readout.forward(self.dropout.forward(seen, rng=rng), lengths)

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        self.conv.backward(self.relu.backward(self.dropout.backward(self.readout.backward(d_logits))))
