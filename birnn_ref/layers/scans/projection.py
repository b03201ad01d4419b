"""Each step's ``x_t @ W_xh + b_h``: one product for a block of steps, or one for every word that occurs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.base import SparseRows
from birnn_ref.layers.embedding import LookedUp, sum_by_row
from birnn_ref.layers.scans.buffers import Buffers
from birnn_ref.layers.scans.packing import Block, Packing

Project = Callable[[Block, Float], Float]
"""How a scan gets a block's projections: it gives the array to put them into."""
Accumulate = Callable[[Block, Float], None]
"""How it hands on the gradient of a block's projections; the array may change afterwards."""


class ProjectedInputs:
    """The projections of inputs, and the way back.

    The packed inputs have a last column of ones, so that the bias is one more row of the weights, and its gradient
    one more of theirs.

    Parameters
    ----------
    packing : Packing
    buffers : Buffers
    x : array, ``(batch, time, features)``, or ``(batch, time, directions, features)`` if each direction reads its own
    W_xh, b_h : array, ``(directions, features, width)`` and ``(directions, width)``
    scale : array, ``(width,)``
        What the scan wants each column of the projections multiplied by; their gradients come without it.
    at_once : bool
        Whether the directions run at the same time.
    """

    def __init__(
        self, packing: Packing, buffers: Buffers, x: Float, W_xh: Float, b_h: Float, scale: Float, *, at_once: bool
    ) -> None:
        self.packing, self.buffers, self.shape, self.W_xh = packing, buffers, x.shape, W_xh
        directions, features, _ = W_xh.shape
        self.kinds = kinds = 1 if x.ndim == 3 else directions
        flat = x.reshape(x.shape[0] * x.shape[1], kinds, features)
        inputs = buffers("inputs", kinds, packing.size, features + 1)
        inputs[:, :, features] = 1
        for own, own_flat in zip(inputs, flat.swapaxes(0, 1), strict=True):
            for block in packing.chains[0].blocks:
                own[block.rows, :features] = packing.pack(own_flat, block.rows)
        self.inputs = inputs
        self.W = np.empty((directions, features + 1, len(scale)), W_xh.dtype)
        np.multiply(W_xh, scale, out=self.W[:, :-1])
        np.multiply(b_h, scale, out=self.W[:, -1])
        self.dW = np.zeros(self.W.shape, self.W.dtype)  # unlike zeros_like, it costs nothing before it is used
        # Directions that run at once cannot share the gradient of the inputs that they share.
        self.d_inputs = buffers("d_inputs", directions if at_once else kinds, packing.size, features)

    def forward(self, direction: int, block: Block, out: Float) -> Float:
        """Write the block's projections to ``out``, ``(block.size, width)``, and return it."""
        return np.matmul(self.inputs[direction % self.kinds, block.rows], self.W[direction], out=out)

    def backward(self, direction: int, block: Block, da: Float) -> None:
        """Take the gradient of the block's projections, ``(block.size, width)``."""
        W_xh_T = self.W_xh[direction].T
        self.dW[direction] += self.inputs[direction % self.kinds, block.rows].T @ da
        # Where both directions share one array, the second adds to the first's.
        if direction < len(self.d_inputs):
            np.matmul(da, W_xh_T, out=self.d_inputs[direction, block.rows])
        else:
            more = self.buffers("more", block.size, W_xh_T.shape[1])
            self.d_inputs[0, block.rows] += np.matmul(da, W_xh_T, out=more)

    def gradients(self) -> tuple[Any, dict[str, Float]]:
        """Return the gradients of ``x``, ``W_xh`` and ``b_h``, when every block's has been taken."""
        kinds, features = self.kinds, self.d_inputs.shape[2]
        if kinds < len(self.d_inputs):
            self.d_inputs[0] += self.d_inputs[1]
        dx = self.packing.unpacked(kinds, features, dtype=self.buffers.dtype)
        for k, rows in enumerate(self.d_inputs[:kinds]):
            self.packing.unpack(rows, dx[:, k])
        return dx.reshape(self.shape), {"W_xh": self.dW[:, :-1], "b_h": self.dW[:, -1]}


class ProjectedWords:
    """The projections of embedded words: those of every word that occurs, read off for each step.

    Parameters
    ----------
    packing, buffers, W_xh, b_h, scale, at_once
        As in `ProjectedInputs`.
    x : LookedUp
    """

    def __init__(
        self, packing: Packing, buffers: Buffers, x: LookedUp, W_xh: Float, b_h: Float, scale: Float, *, at_once: bool
    ) -> None:
        ids = packing.pack(x.ids.ravel())
        occurs = np.zeros(len(x.W), bool)
        occurs[ids] = True
        self.words = np.flatnonzero(occurs)
        self.places = (np.cumsum(occurs) - 1)[ids]
        self.vectors = x.W[self.words]
        self.W_xh = W_xh
        self.projected = (self.vectors @ W_xh + b_h[:, None]) * scale
        self.da = buffers("da of words", len(W_xh), packing.size, W_xh.shape[2])

    def forward(self, direction: int, block: Block, out: Float) -> Float:
        """Write the block's projections to ``out``, ``(block.size, width)``, and return it."""
        # "clip" lets take write where it is told to; no number is out of range.
        return np.take(self.projected[direction], self.places[block.rows], axis=0, out=out, mode="clip")

    def backward(self, direction: int, block: Block, da: Float) -> None:
        """Take the gradient of the block's projections, ``(block.size, width)``."""
        self.da[direction, block.rows] = da

    def gradients(self) -> tuple[SparseRows, dict[str, Float]]:
        """Return the gradients of the words' vectors, ``W_xh`` and ``b_h``: each word's steps are added up first."""
        sums = np.stack([sum_by_row(self.places, da).values for da in self.da])
        d_vectors = (sums @ self.W_xh.swapaxes(1, 2)).sum(axis=0)
        return SparseRows(self.words, d_vectors), {"W_xh": self.vectors.T @ sums, "b_h": sums.sum(axis=1)}
