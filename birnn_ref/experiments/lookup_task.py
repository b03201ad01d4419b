"""Lists of letters and digits, and a reader that is asked for the digits behind some letters.

A sequence holds pairs, a letter and then its digit: ``c 7 a 3 f 1``. The letter asked for reaches the attention as the
query, and the small network that answers beside the context.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int, check_choice
from birnn_ref.layers import AdditiveAttention, Bidirectional, Dense, DotAttention, Embedding, Layer, PoolTime, ReLU

LETTERS, DIGITS = 26, 10
WAYS = ("additive", "dot", "final", "mean")


class Lists(NamedTuple):
    """Lists of pairs and what is asked of them.

    Attributes
    ----------
    x : integer array ``(count, time)``
        Letters 1 to 26, digits 27 to 36, 0 behind each list's end.
    lengths : integer array ``(count,)``
        Twice the number of pairs.
    asked : integer array ``(count, queries)``
        Letters of the list, 1 to 26.
    place : integer array ``(count, queries)``
        Number of the pair that holds the answer, from 0.
    answer : integer array ``(count, queries)``
        Digits 0 to 9.
    """

    x: Int
    lengths: Int
    asked: Int
    place: Int
    answer: Int


def draw(rng: np.random.Generator, count: int, fewest: int, most: int, queries: int) -> Lists:
    """Draw lists of ``fewest`` to ``most`` pairs, no letter twice in a list, and the letters asked for.

    Examples
    --------
    >>> lists = draw(np.random.default_rng(0), 1, 3, 3, 2)
    >>> spelled(lists.x[0]), spelled(lists.asked[0]), lists.answer[0]
    ('l 4 d 9 u 8', 'u d', array([8, 9]))
    """
    pairs = rng.integers(fewest, most + 1, size=count)
    letters = 1 + np.argsort(rng.random((count, LETTERS)), axis=1)[:, : pairs.max()]
    digits = rng.integers(DIGITS, size=letters.shape)
    x = np.stack([letters, 1 + LETTERS + digits], axis=2).reshape(count, -1)
    x[np.arange(x.shape[1]) >= 2 * pairs[:, None]] = 0
    place = rng.integers(pairs[:, None], size=(count, queries))
    asked, answer = (np.take_along_axis(array, place, axis=1) for array in (letters, digits))
    return Lists(x, 2 * pairs, asked, place, answer)


def example() -> Lists:
    """Return one list of eight pairs, asked for its letters in the order of the alphabet."""
    lists = draw(np.random.default_rng(7), 1, 8, 8, 1)
    place = np.argsort(lists.x[:, ::2], axis=1)
    asked, found = (np.take_along_axis(lists.x[:, first::2], place, axis=1) for first in (0, 1))
    return lists._replace(asked=asked, place=place, answer=found - LETTERS - 1)


def spelled(tokens: Int) -> str:
    """Return tokens as letters and digits."""
    return " ".join(chr(96 + t) if t <= LETTERS else str(t - LETTERS - 1) for t in tokens if t)


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
        self.tokens = Embedding(1 + LETTERS + DIGITS, features, rng=rng, dtype=dtype)
        self.letters = Embedding(1 + LETTERS, features, rng=rng, dtype=dtype)
        for table in (self.tokens, self.letters):
            table.params["W"] *= 20  # U(-1, 1): from small vectors attention is slow to tell letters apart
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
    """Deal each query's weights ``(batch, [queries,] time)`` out anew among the steps that count.

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
