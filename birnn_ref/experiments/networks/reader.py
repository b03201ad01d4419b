"""The small model of the studies on generated tasks: one recurrent layer, read in a chosen order, and a readout."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_choice
from birnn_ref.layers import Bidirectional, Dense, Embedding, Layer, Recurrent
from birnn_ref.plain import reverse_time

READINGS = ("forward", "backward", "both")


class Reader(Layer):
    r"""Give every step outputs, :math:`y_t = s_t W_{hy} + b_y`, from the states of one or of both directions.

    Parameters
    ----------
    reading : {"forward", "backward", "both"}
        :math:`s_t` is :math:`h^f_t`, :math:`h^b_t` or :math:`[h^f_t; h^b_t]`.
    features, hidden, outputs : int
    cell : {"rnn", "lstm", "gru"}
    num_words : int, optional
        If given, ``x`` holds word numbers, and an embedding makes features of them.
    rng : numpy.random.Generator
    dtype : dtype

    Raises
    ------
    ValueError
        If the reading is unknown.

    Examples
    --------
    >>> model = Reader("both", 3, 4, 2, rng=np.random.default_rng(0))
    >>> model.forward(np.ones((5, 7, 3), np.float32)).shape
    (5, 7, 2)
    """

    def __init__(
        self,
        reading: str,
        features: int,
        hidden: int,
        outputs: int,
        *,
        cell: str = "rnn",
        num_words: int | None = None,
        rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        check_choice("reading", reading, READINGS)
        self.reading = reading
        self._lengths: Any = None
        if num_words is not None:
            self.children["embedding"] = Embedding(num_words, features, rng=rng, dtype=dtype)
        self.recurrent: Recurrent | Bidirectional
        if reading == "both":
            self.recurrent = Bidirectional(cell, features, hidden, rng=rng, dtype=dtype)
        else:
            self.recurrent = Recurrent(cell, features, hidden, rng=rng, dtype=dtype)
        self.readout = Dense(hidden * (1 + (reading == "both")), outputs, rng=rng, dtype=dtype)
        self.children |= {"recurrent": self.recurrent, "readout": self.readout}

    def forward(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Compute the outputs of every step, ``(batch, time, outputs)``; 0 past a sequence's length.

        Parameters
        ----------
        x : array, ``(batch, time, features)``, or integer array ``(batch, time)`` with an embedding
        lengths : integer array ``(batch,)``, optional
        rng : ignored
            No random numbers are drawn.
        """
        self._keep(lengths)
        return self.readout.forward(self.states(x, lengths, rng=rng), lengths, rng=rng)

    def states(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Compute what the readout reads, in the order of ``x``."""
        if "embedding" in self.children:
            x = self.children["embedding"].forward(x, lengths, rng=rng)
        self._lengths = lengths
        states, _ = self.recurrent.forward(self._turn(x, lengths), lengths, rng=rng)
        return self._turn(states, lengths)

    def backward(self, d_outputs: Float) -> None:
        """Store every parameter's gradient.

        Parameters
        ----------
        d_outputs : array of the outputs' shape
        """
        self._take()
        self.states_backward(self.readout.backward(d_outputs))

    def states_backward(self, d_states: Float) -> None:
        """Store the gradients of all parameters below the readout.

        Parameters
        ----------
        d_states : array of the shape of what `states` returned
        """
        dx, _ = self.recurrent.backward(self._turn(d_states, self._lengths))
        if "embedding" in self.children:
            self.children["embedding"].backward(self._turn(dx, self._lengths))

    def _turn(self, x: Float, lengths: Any) -> Float:
        return reverse_time(x, lengths) if self.reading == "backward" else x


class GapReader(Reader):
    r"""Say each word from the states on either side of it, :math:`[h^f_{t-1}; h^b_{t+1}]`, which have not read it.

    Parameters
    ----------
    features, hidden, outputs, **options
        As in `Reader`, of both directions.
    """

    def __init__(self, features: int, hidden: int, outputs: int, **options: Any) -> None:
        super().__init__("both", features, hidden, outputs, **options)

    def forward(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Compute the outputs of every step but the first and the last, ``(batch, time - 2, outputs)``."""
        self._keep(lengths)
        h_f, h_b = np.split(self.states(x, lengths, rng=rng), 2, axis=2)  # (batch, time, hidden) each
        return self.readout.forward(np.concatenate([h_f[:, :-2], h_b[:, 2:]], axis=2))

    def backward(self, d_outputs: Float) -> None:
        """Store every parameter's gradient."""
        self._take()
        d_f, d_b = np.split(self.readout.backward(d_outputs), 2, axis=2)
        nothing = np.zeros((len(d_f), 2, d_f.shape[2]), d_f.dtype)
        d_states = [np.concatenate([d_f, nothing], axis=1), np.concatenate([nothing, d_b], axis=1)]
        self.states_backward(np.concatenate(d_states, axis=2))  # (batch, time, 2 * hidden)


def parameter_count(model: Layer) -> int:
    """Return how many parameters a model has."""
    return sum(value.size for _, value in model.named_parameters())
