"""Taggers that read half of what a `CharTagger` reads: the letters of each word, or the word numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float
from birnn_ref.layers import CharCNN, Dense, Layer
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
