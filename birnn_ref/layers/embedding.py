"""Word vectors: a row of a matrix for each token id, and a gradient for the rows that were used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import (
    Float,
    Int,
    check_input,
    check_lengths,
    check_padding_behind,
    check_rng,
    check_sizes,
    within,
)
from birnn_ref.layers._padding import Mask, without_padding
from birnn_ref.layers.base import Layer, SparseRows


@dataclass(frozen=True)
class LookedUp:
    """Word vectors not yet written out: :math:`x_t = W_{w_t}` as the ids and the matrix.

    What a recurrent layer does first with a word vector is the same wherever the word stands. Given the vectors in this
    form it does so once for each word of the batch, not once for each step, and returns their gradient as `SparseRows`.

    Attributes
    ----------
    ids : integer array, ``(batch, time)``
        Within the vocabulary, at padded steps too.
    W : array, ``(num_words, features)``
    """

    ids: Int
    W: Float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the vectors: ``(batch, time, features)``."""
        batch, time = self.ids.shape
        return batch, time, self.W.shape[1]

    def __len__(self) -> int:
        return len(self.ids)


class Embedding(Layer):
    r"""Look token ids up, :math:`x_t = W_{w_t}`.

    Parameters
    ----------
    num_words : int
        Rows of ``W``: ids run from 0 to ``num_words - 1``.
    features : int
        Size of a word vector.
    rng : numpy.random.Generator
        Draws ``W`` from U(-limit, limit).
    limit : float
        As in Keras where left out. Where no other input moves the network, a decoder's for one, take 1: from short
        vectors it learns for hundreds of steps how frequent each word is, and nothing else.
    dtype : dtype
        Of the vectors.

    Attributes
    ----------
    params : dict
        ``W (num_words, features)``. Its gradient is `SparseRows`: a batch uses few of the words.

    Examples
    --------
    >>> layer = Embedding(10, 4, rng=np.random.default_rng(0))
    >>> x = layer.forward(np.array([[7, 2, 7]]))
    >>> layer.backward(np.ones_like(x))
    >>> layer.grads["W"].rows, layer.grads["W"].values[:, 0]
    (array([2, 7]), array([1., 2.], dtype=float32))
    """

    def __init__(
        self, num_words: int, features: int, *, rng: np.random.Generator, limit: float = 0.05,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        check_sizes(num_words=num_words, features=features)
        if not 0 < limit < np.inf:
            raise ValueError(f"limit must be positive, got {limit}")
        self.params["W"] = check_rng(rng).uniform(-limit, limit, (num_words, features)).astype(dtype)

    def forward(self, ids: Int, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Look the rows up.

        Parameters
        ----------
        ids : integer array, ``(batch, time)``
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence; the vectors of the others are 0, whatever their ids.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        array, ``(batch, time, features)``

        Raises
        ------
        TypeError
            If the ids are not integers.
        ValueError
            If their shape differs, one that counts is outside the vocabulary, or they are plainly padded in front.
        """
        ids, counts = self._checked(ids, lengths)
        self._keep(ids, counts)
        return without_padding(self.params["W"][ids], counts)

    def look_up(self, ids: Int, lengths: Any = None) -> LookedUp:
        """Check the ids as `forward` does, and leave it to the next layer to read the rows.

        Parameters
        ----------
        ids, lengths
            As in `forward`.

        Returns
        -------
        LookedUp
            For a recurrent layer, whose gradient goes to `backward`.
        """
        ids, counts = self._checked(ids, lengths)
        self._keep(ids, counts)
        return LookedUp(ids, self.params["W"])

    def _checked(self, ids: Int, lengths: Any) -> tuple[Int, Mask | None]:
        """Return the ids, 0 where a step does not count, and which do; None where every step does."""
        num_words, counts = len(self.params["W"]), None
        if not isinstance(ids, np.ndarray) or not np.issubdtype(ids.dtype, np.integer):
            raise TypeError(f"ids must be an integer array, got {getattr(ids, 'dtype', type(ids).__name__)}")
        if ids.ndim != 2:
            raise ValueError(f"ids has shape {ids.shape}, expected (batch, time)")
        if not len(ids):
            raise ValueError(f"ids has shape {ids.shape}: an empty batch has no result")
        if lengths is not None:
            checked = check_lengths(lengths, *ids.shape)
            check_padding_behind(ids, checked)
            counts = within(checked, ids.shape[1])
            ids = np.where(counts, ids, 0)
        if ids.size and (ids.min() < 0 or ids.max() >= num_words):
            raise ValueError(f"ids must lie between 0 and {num_words - 1}, got {ids.min()} to {ids.max()}")
        return ids, counts

    def put(self, rows: Int, vectors: Float) -> None:
        """Put vectors that are known already in place of those drawn, as `load_vectors` finds them.

        Parameters
        ----------
        rows : integer array, ``(n,)``
            The ids that they belong to; every other row stays.
        vectors : array, ``(n, features)``

        Raises
        ------
        ValueError
            If their size is another, a row is out of range, or an entry is not a number.
        """
        W, rows, vectors = self.params["W"], np.asarray(rows), np.asarray(vectors)
        if vectors.shape != (len(rows), W.shape[1]):
            wanted = f"({len(rows)}, {W.shape[1]})"
            raise ValueError(f"vectors has shape {vectors.shape}, expected {wanted}: a row's size is the embedding's")
        if len(rows) and (rows.min() < 0 or rows.max() >= len(W)):
            raise ValueError(f"rows must lie between 0 and {len(W) - 1}, got {rows.min()} to {rows.max()}")
        if not np.isfinite(vectors).all():
            raise ValueError("vectors hold entries that are not finite numbers")
        W[rows] = vectors

    def backward(self, d_outputs: Float | SparseRows) -> None:
        """Store the gradient of ``W``; ids have none.

        Parameters
        ----------
        d_outputs : array, ``(batch, time, features)``, or after `look_up` the rows' gradients
        """
        ids, counts = self._take()
        if isinstance(d_outputs, SparseRows):
            self.grads = {"W": d_outputs}
            return
        W = self.params["W"]
        check_input("d_outputs", d_outputs, (*ids.shape, W.shape[1]), W.dtype)
        used, gradients = (ids.ravel(), d_outputs.reshape(-1, W.shape[1])) if counts is None else (
            ids[counts], d_outputs[counts])  # fmt: skip
        self.grads = {"W": sum_by_row(used, gradients)}


def sum_by_row(rows: Int, values: Float) -> SparseRows:
    """Add the values that belong to one row.

    Parameters
    ----------
    rows : integer array, ``(n,)``
    values : array, ``(n, columns)``

    Examples
    --------
    >>> sum_by_row(np.array([3, 1, 3]), np.array([[1.0], [2.0], [3.0]]))
    SparseRows(rows=array([1, 3]), values=array([[2.],
           [4.]]))
    """
    if not len(rows):
        return SparseRows(rows, values)
    # Sorting brings a row's values together, so that each is read once, in order; np.add.at would jump about.
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return SparseRows(ordered[starts], np.add.reduceat(values[order], starts, axis=0))
