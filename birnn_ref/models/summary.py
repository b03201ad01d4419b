"""A sequence, read in both directions, summed up in one vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_array, check_choice
from birnn_ref.layers import AdditiveAttention, Layer, PoolTime, Stack
from birnn_ref.layers.embedding import LookedUp
from birnn_ref.layers.recurrent.merging import merge_backward, merge_directions, merged_width

POOLINGS = ("final", "mean", "max", "attention")


def output_size(stack: Stack) -> int:
    """Return the features of a stack's outputs; those of ``merge=None``, which are two arrays, are refused."""
    if not stack.bidirectional:
        return stack.hidden
    if stack.merge is None:
        raise ValueError("merge must not be None here: a readout needs one array")
    return merged_width(stack.merge, stack.hidden)


class Summary(Layer):
    r"""Read in both directions and pool over time.

    Parameters
    ----------
    cell : str, a name in `birnn_ref.cells.CELLS`
    features, hidden, depth : int
        As in `Stack`.
    pooling : {"final", "mean", "max", "attention"}
        ``"final"`` merges each direction's state where its reading ends, :math:`h^f_T` and :math:`h^b_1`; the others
        pool the outputs of all steps, `PoolTime` and `AdditiveAttention`.
    rng : numpy.random.Generator
        Draws the weights.
    dtype : dtype
    **options
        Further arguments of `Stack`.

    Attributes
    ----------
    features : int
        Of the vector.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.
    """

    def __init__(
        self, cell: str, features: int, hidden: int, depth: int = 1, pooling: str = "final", *,
        rng: np.random.Generator, dtype: npt.DTypeLike = np.float32, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        check_choice("pooling", pooling, POOLINGS)
        self.pooling = pooling
        self.stack = Stack(cell, features, hidden, depth, rng=rng, dtype=dtype, **options)
        self.children["stack"] = self.stack
        self.features = output_size(self.stack)
        self.pool: PoolTime | AdditiveAttention | None = None
        if pooling == "attention":
            self.pool = AdditiveAttention(self.features, hidden, rng=rng, dtype=dtype)
        elif pooling != "final":
            self.pool = PoolTime(pooling)
        if self.pool:
            self.children["pool"] = self.pool

    def forward(self, x: Float | LookedUp, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return ``(batch, features)`` for ``x (batch, time, features)``; ``rng`` draws what is dropped."""
        outputs, final = self.stack.forward(x, lengths, rng=rng)
        self._keep(final)
        if self.pool:
            y = self.pool.forward(outputs, lengths)
            return y[0] if isinstance(y, tuple) else y
        h = _as_one_step(final)
        return merge_directions(h, self.stack.merge or "")[:, 0] if self.stack.bidirectional else h[:, 0, 0]

    def backward(self, d_outputs: Float) -> Any:
        """Return the gradient with respect to ``x``, as the recurrent layer does."""
        (final,) = self._take()
        if self.pool:
            d_steps: Any = self.pool.backward(d_outputs)
            return self.stack.backward(d_steps)[0]
        h = _as_one_step(final)
        check_array("d_outputs", d_outputs, (len(h), self.features))
        dh = d_outputs[:, None]
        dh = merge_backward(dh, h, self.stack.merge or "") if self.stack.bidirectional else dh[:, None]
        d_final = tuple(np.zeros_like(state) for state in final)
        d_final[0][-1] = dh[:, 0].swapaxes(0, 1)
        return self.stack.backward(None, d_final)[0]


def _as_one_step(final: tuple[Float, ...]) -> Float:
    """Give the top layer's final h, ``(directions, batch, hidden)``, the axes of a single step's outputs."""
    return np.ascontiguousarray(final[0][-1].swapaxes(0, 1))[:, None]
