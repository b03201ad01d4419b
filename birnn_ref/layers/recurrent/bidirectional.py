"""The bidirectional layer: two chains of its cell, one read from each end, and what becomes of their states."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_input
from birnn_ref.cells import Cell
from birnn_ref.layers.embedding import LookedUp
from birnn_ref.layers.recurrent.directions import Directions, States
from birnn_ref.layers.recurrent.merging import check_merge, merge_backward, merge_directions, merged_width

Pair = tuple[Float, Float]


class Bidirectional(Directions):
    r"""Read a sequence from both ends (Schuster and Paliwal, 1997), so that :math:`y_t` knows the past and the future.

    .. math::

        h^f_t = \text{cell}^f(x_t, h^f_{t-1}), \qquad h^b_t = \text{cell}^b(x_t, h^b_{t+1}), \qquad
        y_t = \text{merge}(h^f_t, h^b_t)

    The backward chain starts at each sequence's own last step, never in the padding.

    Parameters
    ----------
    cell, features, hidden, rng, dtype, **options
        As in `Recurrent`; ``hidden`` is each direction's size.
    merge : {"concat", "sum", "mul", "ave", None}
        How :math:`y_t` comes from both states; one of `MERGES`. With None they stay apart, as a pair.

    Attributes
    ----------
    params : dict
        As in `Recurrent`, with a leading axis of 2: index 0 is the forward direction, 1 the backward one.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    M. Schuster and K. K. Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on Signal
    Processing 45 (1997).

    Examples
    --------
    The backward direction's final state is the one at the *first* step, where its reading ends:

    >>> layer = Bidirectional("rnn", 3, 4, rng=np.random.default_rng(0))
    >>> outputs, (h,) = layer.forward(np.ones((2, 5, 3), np.float32))
    >>> outputs.shape, h.shape
    ((2, 5, 8), (2, 2, 4))
    >>> np.array_equal(h[0], outputs[:, 4, :4]), np.array_equal(h[1], outputs[:, 0, 4:])
    (True, True)
    """

    def __init__(
        self,
        cell: str | Cell,
        features: int,
        hidden: int,
        *,
        merge: str | None = "concat",
        rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
        **options: Any,
    ) -> None:
        check_merge(merge)
        super().__init__(
            2,
            cell,
            features,
            hidden,
            rng=rng,
            dtype=dtype,
            **options,
        )
        self.merge = merge

    def _about(self) -> str:
        return f"{super()._about()}, {self.merge or 'apart'}"

    def forward(
        self,
        x: Float | Pair | LookedUp,
        lengths: Any = None,
        initial: States | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> tuple[Any, States]:
        """Compute the merged states of every step.

        Parameters
        ----------
        x : array, ``(batch, time, features)``
            Or a pair of such arrays, if each direction reads its own; both in the same order of time. Or `LookedUp`.
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence; what stands after them is never read.
        initial : tuple of arrays ``(2, batch, hidden)``, optional
            Each direction's states before its first step: ``(h,)``, for the LSTM ``(h, c)``; 0 if left out.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        outputs : array, ``(batch, time, 2 * hidden)`` for "concat", else ``(batch, time, hidden)``
            Its merged states, 0 past a sequence's length; for None the pair ``(h_f, h_b)``.
        final : tuple of arrays ``(2, batch, hidden)``
            Each direction's states after the last step that it reads: the backward one's belong to the first
            position. The initial ones where a length is 0.

        Raises
        ------
        TypeError, ValueError
            If an argument's dtype, shape or range is not as above.
        """
        x = self._inputs(x)
        both, final, cache = self._forward(x, lengths, initial)
        self._keep(both, *cache)
        if self.merge is None:
            return (both[:, :, 0], both[:, :, 1]), final
        return merge_directions(both, self.merge), final

    def backward(self, d_outputs: Any, d_final: States | None = None) -> tuple[Any, States]:
        """Carry gradients back to the inputs; store those of the parameters in ``grads``.

        Parameters
        ----------
        d_outputs : array of the outputs' shape, for ``merge=None`` a pair, or None
            The loss's gradient with respect to the outputs; what stands at padded steps is never read.
        d_final : tuple of arrays ``(2, batch, hidden)``, optional
            That with respect to the final states.

        Returns
        -------
        dx : array, ``(batch, time, features)``, or a pair as ``x`` was; `SparseRows` for `LookedUp`
        d_initial : tuple of arrays ``(2, batch, hidden)``

        Raises
        ------
        RuntimeError
            If there was no forward, or its backward has been called already.
        TypeError, ValueError
            If an argument is not as above, or both are None.
        """
        both, *cache = self._take()
        d_both = None if d_outputs is None else self._d_both(d_outputs, both)
        dx, d_initial = self._backward(d_both, d_final, cache)
        if isinstance(dx, np.ndarray) and dx.ndim == 4:
            return (dx[:, :, 0], dx[:, :, 1]), d_initial
        return dx, d_initial

    def _inputs(self, x: Any) -> Float | LookedUp:
        """Check the input; a pair becomes ``(batch, time, 2, features)``."""
        if not isinstance(x, tuple):
            single: Float | LookedUp = self._single_input(x)
            return single
        shape = ("batch", "time", self.features)
        x_f, x_b = _pair("x", x)
        check_input("x[0]", x_f, shape, self.dtype)
        check_input("x[1]", x_b, x_f.shape, self.dtype)
        return np.stack([x_f, x_b], axis=2)

    def _d_both(self, d_outputs: Any, both: Float) -> Float:
        """Check the output's gradient and carry it back through the merge."""
        batch, time, _, hidden = both.shape
        if self.merge is None:
            pair = _pair("d_outputs", d_outputs)
            for k, half in enumerate(pair):
                check_input(f"d_outputs[{k}]", half, (batch, time, hidden), self.dtype)
            return np.stack(pair, axis=2)
        check_input("d_outputs", d_outputs, (batch, time, merged_width(self.merge, hidden)), self.dtype)
        return merge_backward(d_outputs, both, self.merge)


def _pair(name: str, value: Any) -> Pair:
    if not isinstance(value, tuple) or len(value) != 2:
        found = f"{len(value)} arrays" if isinstance(value, tuple) else type(value).__name__
        raise TypeError(f"{name} must be a pair of arrays, the forward and the backward direction's, got {found}")
    return value
