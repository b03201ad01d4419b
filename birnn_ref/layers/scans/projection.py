"""Each step's ``x_t @ W_xh``, before the scan: one product for all steps, or for all words."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.layers.base import SparseRows
from birnn_ref.layers.embedding import LookedUp, sum_by_row
from birnn_ref.layers.scans.packing import Packing


class ProjectedInputs(NamedTuple):
    """What the backward of `project_inputs` needs."""

    packing: Packing
    rows: Float
    W_xh: Float
    rank: int

    def backward(self, da: Float) -> tuple[Any, Float]:
        """Return the gradients of ``x`` and of ``W_xh``."""
        packing, rows, W_xh, rank = self
        d_rows = np.matmul(da, W_xh.swapaxes(1, 2), out=packing.room("d_rows", *rows.shape))
        dx = packing.unpack_sum(d_rows) if rank == 3 else packing.unpack_each(d_rows)
        return dx, rows.swapaxes(1, 2) @ da


def project_inputs(packing: Packing, x: Float, W_xh: Float, a: Float) -> ProjectedInputs:
    """Project every step.

    Parameters
    ----------
    packing : Packing
    x : array, ``(batch, time, features)``, or ``(batch, time, directions, features)`` if each direction reads its own
    W_xh : array, ``(directions, features, width)``
    a : array, ``(directions, count, width)``
        Overwritten with each row's ``x_t @ W_xh``.
    """
    rows = packing.pack(x) if x.ndim == 3 else packing.pack_each("packed inputs", x)
    np.matmul(rows, W_xh, out=a)
    return ProjectedInputs(packing, rows, W_xh, x.ndim)


class ProjectedWords(NamedTuple):
    """What the backward of `project_words` needs."""

    words: Int
    vectors: Float
    places: Int
    W_xh: Float

    def backward(self, da: Float) -> tuple[SparseRows, Float]:
        """Return the gradients of the words' vectors and of ``W_xh``: each word's steps are added up first."""
        words, vectors, places, W_xh = self
        sums = np.stack([sum_by_row(own, da_own).values for own, da_own in zip(places, da, strict=True)])
        d_vectors = (sums @ W_xh.swapaxes(1, 2)).sum(axis=0)
        return SparseRows(words, d_vectors), vectors.T @ sums


def project_words(packing: Packing, x: LookedUp, W_xh: Float, a: Float) -> ProjectedWords:
    """Project every word that occurs, and read the steps' projections off.

    Parameters
    ----------
    packing, W_xh, a
        As in `project_inputs`.
    x : LookedUp
    """
    ids = packing.pack_ids(x.ids)
    occurs = np.zeros(len(x.W), bool)
    occurs[ids[0]] = True
    words = np.flatnonzero(occurs)
    places = (np.cumsum(occurs) - 1)[ids]
    vectors = x.W[words]
    for projected, own, a_own in zip(vectors @ W_xh, places, a, strict=True):
        np.take(projected, own, axis=0, out=a_own, mode="clip")
    return ProjectedWords(words, vectors, places, W_xh)
