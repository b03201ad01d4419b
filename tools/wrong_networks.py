"""The networks of problem set 7's symptoms: two simple chains over words, each with the bug of one case.

The last is right: it is the forward language model that case 4 is compared with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_ref.layers import Bidirectional, Dense, Embedding
from birnn_ref.layers.base import Layer


class Network(Layer):
    """Word vectors, two simple chains, a linear readout; a subclass says what becomes of the states in between."""

    both = True

    def __init__(self, words: int, outputs: int, hidden: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.words = Embedding(words, 32, rng=rng)
        self.chains = Bidirectional("rnn", 32, hidden, merge=None, rng=rng)
        self.readout = Dense(2 * hidden, outputs, rng=rng)
        self.children = {"words": self.words, "chains": self.chains, "readout": self.readout}

    def forward(self, x: Any, lengths: Any = None, *, rng: Any = None) -> Any:
        """Return the logits, of each step or of the whole."""
        (h_f, h_b), _ = self.chains.forward(self.words.forward(x), self.read_lengths(lengths))
        h_f, h_b = self.states(h_f, h_b * np.float32(self.both), lengths)
        return self.readout.forward(np.concatenate([h_f, h_b], axis=-1))

    def backward(self, d_logits: Any) -> None:
        """Store every parameter's gradient."""
        d_h = self.readout.backward(d_logits)
        d_f, d_b = np.split(d_h, 2, axis=-1)
        d_f, d_b = self.states_backward(d_f, d_b)
        dx, _ = self.chains.backward((d_f, d_b * np.float32(self.both)))
        self.words.backward(dx)

    def read_lengths(self, lengths: Any) -> Any:
        """Return the lengths that the chains are told."""
        return lengths

    def states(self, h_f: Any, h_b: Any, lengths: Any) -> Any:
        """Return what the readout gets of both directions."""
        return h_f, h_b

    def states_backward(self, d_f: Any, d_b: Any) -> Any:
        """Return the gradients of the chains' states."""
        return d_f, d_b


class Turned(Network):
    """Case 1: the backward states stay in the order in which they were computed."""

    def states(self, h_f: Any, h_b: Any, lengths: Any) -> Any:
        """Return what the readout gets of both directions."""
        return h_f, np.ascontiguousarray(h_b[:, ::-1])

    def states_backward(self, d_f: Any, d_b: Any) -> Any:
        """Return the gradients of the chains' states."""
        return d_f, np.ascontiguousarray(d_b[:, ::-1])


class ReadsPadding(Network):
    """Case 2: no direction knows of lengths."""

    def read_lengths(self, lengths: Any) -> None:
        """Return the lengths that the chains are told."""
        return None


class LastOutput(Network):
    """Case 3: both halves of the last output."""

    def states(self, h_f: Any, h_b: Any, lengths: Any) -> Any:
        """Return what the readout gets of both directions."""
        self.shape = h_f.shape
        return h_f[:, -1], h_b[:, -1]

    def states_backward(self, d_f: Any, d_b: Any) -> Any:
        """Return the gradients of the chains' states."""
        d_h = np.zeros((2, *self.shape), np.float32)
        d_h[0, :, -1], d_h[1, :, -1] = d_f, d_b
        return d_h[0], d_h[1]


class Shifted(Network):
    """The language model beside case 4: it has read the words before the one that it says."""

    both = False

    def states(self, h_f: Any, h_b: Any, lengths: Any) -> Any:
        """Return what the readout gets of both directions."""
        return np.pad(h_f, ((0, 0), (1, 0), (0, 0)))[:, :-1], h_b

    def states_backward(self, d_f: Any, d_b: Any) -> Any:
        """Return the gradients of the chains' states."""
        return np.ascontiguousarray(np.pad(d_f, ((0, 0), (0, 1), (0, 0)))[:, 1:]), d_b


class Normalised(Network):
    """Case 6, with the notebook's own function; the backward pass takes mean and variance for constants."""

    normalise: Callable[..., Any]

    def states(self, h_f: Any, h_b: Any, lengths: Any) -> Any:
        """Return what the readout gets of both directions."""
        h = np.concatenate([h_f, h_b], axis=2).astype(float)  # (batch, time, 2 * hidden)
        counts = (np.arange(h.shape[1]) < lengths[:, None])[:, :, None]
        self.scale = counts / np.sqrt((h * counts).var(axis=(0, 1)) + 1e-3)
        return np.split(type(self).normalise(h, lengths, 1e-3).astype(np.float32), 2, axis=2)

    def states_backward(self, d_f: Any, d_b: Any) -> Any:
        """Return the gradients of the chains' states."""
        d_h = np.concatenate([d_f, d_b], axis=2) * self.scale
        return np.split(d_h.astype(np.float32), 2, axis=2)
