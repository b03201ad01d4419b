"""A whole sequence into one vector: its mean, its maximum, its last step."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, check_array, check_choice, check_input, check_lengths, within
from birnn_ref.layers._padding import steps_that_count, without_padding
from birnn_ref.layers.base import Layer

WAYS = ("mean", "max", "last")


class PoolTime(Layer):
    r"""Pool over the steps that count: their mean, their maximum by feature, or the last of them.

    Parameters
    ----------
    how : {"mean", "max", "last"}
        ``"mean"``: :math:`y = \frac{1}{L} \sum_{t \le L} x_t`; ``"max"``: :math:`y = \max_{t \le L} x_t`;
        ``"last"``: :math:`y = x_L`, with L the sequence's length. A sequence of no steps gives 0.

    Raises
    ------
    ValueError
        If ``how`` is none of these.

    Notes
    -----
    The last step of a bidirectional layer's outputs holds a backward state that has read one token. Take the layer's
    final states instead.

    Examples
    --------
    >>> x = np.array([[[1.0], [5.0], [3.0], [9.0]]])
    >>> [PoolTime(how).forward(x, np.array([3])).item() for how in ("mean", "max", "last")]
    [3.0, 5.0, 3.0]
    """

    def __init__(self, how: str) -> None:
        super().__init__()
        check_choice("how", how, WAYS)
        self.how = how

    def forward(self, x: Float, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Pool ``x``.

        Parameters
        ----------
        x : array, ``(batch, time, features)``
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        array, ``(batch, features)``

        Raises
        ------
        TypeError, ValueError
            If ``x`` or ``lengths`` does not fit.
        """
        check_input("x", x, ("batch", "time", "features"))
        batch, time, features = x.shape
        found = check_lengths(lengths, batch, time)
        some, at = (found > 0)[:, None], None
        x = without_padding(x, steps_that_count(x, found), -np.inf if self.how == "max" else 0)
        if self.how == "mean":
            y = x.sum(axis=1) / np.maximum(found, 1)[:, None].astype(x.dtype)
        elif time:
            at = x.argmax(axis=1) if self.how == "max" else np.repeat(np.maximum(found, 1)[:, None] - 1, features, 1)
            y = np.take_along_axis(x, at[:, None], axis=1)[:, 0]
        else:
            y = np.zeros((batch, features), x.dtype)
        self._keep(x.shape, found, at)
        return np.where(some, y, x.dtype.type(0))

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient with respect to ``x``.

        Parameters
        ----------
        d_outputs : array, ``(batch, features)``
        """
        shape, found, at = self._take()
        batch, time, features = shape
        check_array("d_outputs", d_outputs, (batch, features))
        zero = d_outputs.dtype.type(0)
        dy = np.where((found > 0)[:, None], d_outputs, zero)
        if self.how == "mean":
            counts = within(found, time)
            share: Float = dy / np.maximum(found, 1)[:, None].astype(dy.dtype)
            return np.where(counts[:, :, None], share[:, None], zero)
        dx = np.zeros(shape, dy.dtype)
        if time:
            np.put_along_axis(dx, at[:, None], dy[:, None], axis=1)
        return dx
