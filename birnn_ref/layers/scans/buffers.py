"""Memory that a layer uses again: at these sizes, fresh memory costs as much as the arithmetic on it."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from birnn_ref._checks import Float


class Buffers:
    """Arrays by name, each reused by the next request of its name; nothing that leaves the layer may live here.

    Parameters
    ----------
    dtype : dtype

    Examples
    --------
    >>> buffers = Buffers(np.dtype(np.float32))
    >>> first = buffers("gates", 2, 3)
    >>> np.shares_memory(first, buffers("gates", 4)), np.shares_memory(first, buffers("states", 4))
    (True, False)
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._flat: dict[str, Float] = {}

    def __call__(self, name: str, *shape: int) -> Float:
        """Return an array of this shape; what it holds is arbitrary, and lasts until its name is asked for again."""
        size = prod(shape)
        if name not in self._flat or self._flat[name].size < size:
            self._flat[name] = np.empty(size, self.dtype)
        return self._flat[name][:size].reshape(shape)

    def __reduce__(self) -> tuple[type[Buffers], tuple[np.dtype[Any]]]:
        """Copy and pickle as empty."""
        return Buffers, (self.dtype,)


def by_gate(gates: Float, number: int, rows: slice) -> Float:
    """Return a block's gates from an array that keeps each gate of a block together.

    Parameters
    ----------
    gates : array, ``(number * size, hidden)``
    number : int
        Of gates.
    rows : slice
        Of the block, among ``size``.

    Returns
    -------
    array, ``(number, rows, hidden)``
        A view.
    """
    block = gates[number * rows.start : number * rows.stop]
    return block.reshape(number, rows.stop - rows.start, gates.shape[1])
