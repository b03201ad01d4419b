"""What reaches outputs that must not: later steps, padding, and the other sequences of a batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Float, check_array, check_lengths, check_sizes, within
from birnn_ref.inspect.influence import influence_matrix

TOLERANCE = 1e-5
"""A share above which something leaks; below it is rounding."""


class Leaks(NamedTuple):
    r"""How much of each kind there is, as a share of the largest influence or output; 0 is none.

    Attributes
    ----------
    future, past : float
        Of all :math:`\lVert \partial y_t / \partial x_s \rVert`, the largest with s after t, and with s before t. NaN
        where neighbours leak: the influence is measured on copies of a sequence, which must not see each other.
    padding : float
        By how much the outputs of a sequence change when something else stands behind it, or nothing.
    neighbours : float
        By how much they change when it is read alone, instead of in the batch.
    """

    future: float
    past: float
    padding: float
    neighbours: float

    def found(self, *allowed: str, tolerance: float = TOLERANCE) -> tuple[str, ...]:
        """Return the names of those above a tolerance, except those that are allowed.

        Examples
        --------
        >>> Leaks(future=0.3, past=1.0, padding=0.0, neighbours=1e-7).found("past")
        ('future',)
        """
        return tuple(name for name, size in self._asdict().items() if name not in allowed and size > tolerance)


def find_leaks(layer: Any, x: Float, lengths: Any = None, *, fill: float = 1e3) -> Leaks:
    """Measure what reaches what in a layer, of this package or of your own.

    A forward layer must not know the future; a network with two directions must. Neither may know its padding or the
    rest of the batch. (Batch normalisation in training knows it by design.)

    Parameters
    ----------
    layer : Layer
        As `influence_matrix` takes it: `birnn_ref.twins.torch.TorchLayer` and `birnn_ref.twins.keras.KerasLayer` make
        one of a module of your own.
    x : array, ``(batch, time, features)``
    lengths : integer array ``(batch,)``, optional
        Without padding there is nothing behind a sequence to leak.
    fill : float
        What is put behind the sequences; NaN finds even what is multiplied by 0.

    Returns
    -------
    Leaks

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> from birnn_ref.layers import Bidirectional, Recurrent
    >>> rng = np.random.default_rng(0)
    >>> x, lengths = rng.normal(size=(2, 4, 3)), np.array([4, 2])
    >>> for kind in (Recurrent, Bidirectional):
    ...     find_leaks(kind("gru", 3, 5, rng=rng, dtype=x.dtype), x, lengths, fill=np.nan).found()
    ('past',)
    ('future', 'past')
    """
    check_array("x", x, ("batch", "time", "features"))
    batch, time, _ = x.shape
    lengths = check_lengths(lengths, batch, time)
    check_sizes(steps=int(lengths.max(initial=0)))
    own = within(lengths, time)
    padded, filled = (np.where(own[:, :, None], x, x.dtype.type(value)) for value in (0, fill))
    together = _outputs(layer, padded, lengths)
    scale = np.abs(together[own]).max(initial=0)
    neighbours = padding = 0.0
    for i, n in enumerate(lengths):
        if not n:
            continue
        row, length = slice(i, i + 1), lengths[i : i + 1]
        alone = _outputs(layer, padded[row], length)[:, :n]
        neighbours = max(neighbours, _share(together[row, :n] - alone, scale))
        for other in (_outputs(layer, filled[row], length)[:, :n], _outputs(layer, x[row, :n], length)):
            padding = max(padding, _share(other - alone, scale))
    if neighbours > TOLERANCE:
        return Leaks(np.nan, np.nan, padding, neighbours)
    matrix = influence_matrix(layer, padded, lengths)
    after = np.triu(np.ones((time, time), bool), 1)  # [t, s] with s after t
    future, past = (_share(matrix[:, which], matrix.max()) for which in (after, after.T))
    return Leaks(future, past, padding, neighbours)


def _outputs(layer: Any, x: Float, lengths: Any) -> Float:
    """Return the outputs side by side, ``(batch, time, features)``."""
    results = layer.forward(x, lengths)
    outputs = results[0] if isinstance(results, tuple) else results
    return np.concatenate(outputs, axis=2) if isinstance(outputs, tuple) else np.asarray(outputs)


def _share(values: Any, of: Any) -> float:
    """Return the largest size; infinite if something is not a number."""
    largest = float(np.abs(values).max(initial=0))
    return float("inf") if not np.isfinite(largest) else largest / (float(of) or 1.0)
