"""A reader of lists that is asked for the digits behind some letters, and what its attention does.

The letter asked for reaches the attention as the query, and the small network that answers beside the context.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int, check_choice
from birnn_ref.datasets.tasks.lists import DIGITS, LETTERS
from birnn_ref.layers import AdditiveAttention, Bidirectional, Dense, DotAttention, Embedding, Layer, PoolTime, ReLU

WAYS = ("additive", "dot", "final", "mean")


class Lookup(Layer):
    r"""Answer queries from the states of a bidirectional GRU.

    Parameters
    ----------
    how : {"additive", "dot", "final", "mean"}
        The context of a query: by attention, :math:`[h^f_T; h^b_1]`, or the mean over time of :math:`[h^f_t; h^b_t]`;
        the last two are the same for every query.
    features, hidden, inner : int
        Of a token's vector, of each direction's state, of the network that answers.
    rng : numpy.random.Generator
    dtype : dtype
    """

    def __init__(
        self, how: str, features: int, hidden: int, inner: int, *, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        check_choice("how", how, WAYS)
        self.how, width = how, 2 * hidden
        # from shorter vectors attention is slow to tell letters apart
        self.tokens = Embedding(1 + LETTERS + DIGITS, features, rng=rng, limit=1.0, dtype=dtype)
        self.letters = Embedding(1 + LETTERS, features, rng=rng, limit=1.0, dtype=dtype)
        self.recurrent = Bidirectional("gru", features, hidden, rng=rng, dtype=dtype)
        self.inner, self.relu = Dense(width + features, inner, rng=rng, dtype=dtype), ReLU()
        self.readout = Dense(inner, DIGITS, rng=rng, dtype=dtype)
        self.children = {
            "tokens": self.tokens, "letters": self.letters, "recurrent": self.recurrent, "inner": self.inner,
            "readout": self.readout,
        }  # fmt: skip
        self.pool: Any = None
        if how == "additive":
            self.children["pool"] = self.pool = AdditiveAttention(width, hidden, features, rng=rng, dtype=dtype)
        elif how == "dot":
            self.children["query"] = self.query = Dense(features, width, rng=rng, dtype=dtype)
            self.pool = DotAttention()
        elif how == "mean":
            self.pool = PoolTime("mean")
        self.alpha: Any = None

    def forward(self, x: Int, lengths: Int, asked: Int, *, rng: np.random.Generator | None = None) -> Float:
        """Return logits ``(batch, queries, 10)``; with attention ``alpha`` keeps the weights."""
        s = self.letters.forward(asked)
        h, (final,) = self.recurrent.forward(self.tokens.look_up(x, lengths), lengths)
        if self.how in ("additive", "dot"):
            context, self.alpha = self.pool.forward(h, lengths, s if self.how == "additive" else self.query.forward(s))
        else:
            one: Float = np.concatenate(list(final), axis=1) if self.how == "final" else self.pool.forward(h, lengths)
            context = np.repeat(one[:, None], asked.shape[1], axis=1)
        self._keep(context.shape, h)
        return self.answer(context, s)

    def answer(self, context: Float, s: Float) -> Float:
        """Return the logits for contexts ``(batch, queries, 2 * hidden)`` and the queries' vectors."""
        return self.readout.forward(self.relu.forward(self.inner.forward(np.concatenate([context, s], axis=2))))

    def answer_by(self, alpha: Float, asked: Int) -> Float:
        """Return the logits that other weights would have given on the states of the last `forward`."""
        _, h = self._take()
        return self.answer(alpha @ h, self.letters.forward(asked))

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        shape, _ = self._take()
        both = self.inner.backward(self.relu.backward(self.readout.backward(d_logits)))
        d_context, ds = np.split(both, [shape[2]], axis=2)
        d_context = np.ascontiguousarray(d_context)
        dh, d_final = None, None
        if self.how == "additive":
            dh, more = self.pool.backward(d_context)
            ds = ds + more
        elif self.how == "dot":
            dh, d_query = self.pool.backward(d_context)
            ds = ds + self.query.backward(d_query)
        elif self.how == "mean":
            dh = self.pool.backward(d_context.sum(axis=1))
        else:
            d_final = (np.stack(np.split(d_context.sum(axis=1), 2, axis=1)),)
        self.letters.backward(ds)
        self.tokens.backward(self.recurrent.backward(dh, d_final)[0])


def permuted(alpha: Float, lengths: Int, rng: np.random.Generator) -> Float:
    """Shuffle each query's weights ``(batch, [queries,] time)`` among the steps that count.

    Examples
    --------
    >>> permuted(np.array([[0.7, 0.2, 0.1, 0.0]]), np.array([3]), np.random.default_rng(0))
    array([[0.1, 0.2, 0.7, 0. ]])
    """
    counts = np.arange(alpha.shape[-1]) < lengths.reshape(-1, *(1,) * (alpha.ndim - 1))
    order = np.argsort(np.where(counts, rng.random(alpha.shape), 2), axis=-1)
    dealt: Float = np.take_along_axis(alpha, order, axis=-1)
    return dealt


def on_pair(alpha: Float, place: Int) -> Float:
    """Return the weight ``(batch, queries)`` on the two steps of the pair that holds the answer."""
    steps = 2 * place[:, :, None] + np.arange(2)
    weight: Float = np.take_along_axis(alpha, steps, axis=2).sum(axis=2)
    return weight
