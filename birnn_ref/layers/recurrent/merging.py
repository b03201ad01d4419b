"""How the two directions become one output: every merge mode's width, values and gradients, here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Float, check_choice


class Merge(NamedTuple):
    """One way to merge. To add one is to add it to `MERGES`: layers, twins and `birnn_ref.inspect` then have it.

    Attributes
    ----------
    values : callable
        ``values(xp, h_f, h_b)``, where ``xp`` is `numpy`, `torch` or `keras.ops`, whose names agree; arrays
        ``(..., hidden)``.
    gradients : callable
        ``gradients(d, h_f, h_b)`` in NumPy: the gradients of both from that of the values.
    doubles : bool
        Whether the values have both directions' width, not one's.
    linear : bool
        Whether the values are a sum of a linear function of each direction.
    """

    values: Callable[[Any, Any, Any], Any]
    gradients: Callable[[Float, Float, Float], tuple[Float, Float]]
    doubles: bool = False
    linear: bool = True


MERGES: dict[str, Merge] = {
    "concat": Merge(
        lambda xp, h_f, h_b: xp.concatenate([h_f, h_b], axis=-1),
        lambda d, h_f, h_b: (d[..., : d.shape[-1] // 2], d[..., d.shape[-1] // 2 :]),
        doubles=True,
    ),
    "sum": Merge(lambda xp, h_f, h_b: h_f + h_b, lambda d, h_f, h_b: (d, d)),
    "mul": Merge(lambda xp, h_f, h_b: h_f * h_b, lambda d, h_f, h_b: (d * h_b, d * h_f), linear=False),
    "ave": Merge(lambda xp, h_f, h_b: (h_f + h_b) / 2, lambda d, h_f, h_b: (d / 2, d / 2)),
}
r"""By name: :math:`h^f_t` and :math:`h^b_t` side by side, their sum, their product unit by unit, their mean."""


def check_merge(mode: Any) -> str | None:
    """Return ``mode`` if it is one of `MERGES`, or None, which leaves the directions a pair.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> check_merge("max")
    Traceback (most recent call last):
    ...
    ValueError: merge must be one of 'concat', 'sum', 'mul', 'ave', None, got 'max'
    """
    checked: str | None = check_choice("merge", mode, (*MERGES, None))
    return checked


def merged_width(mode: str | None, hidden: int) -> int:
    """Return the features of an output; with None, of both directions side by side.

    Examples
    --------
    >>> merged_width("concat", 64), merged_width("sum", 64)
    (128, 64)
    """
    return 2 * hidden if mode is None or MERGES[mode].doubles else hidden


def merge_pair(xp: Any, h_f: Any, h_b: Any, mode: str | None) -> Any:
    """Merge both directions' outputs, arrays of `numpy`, `torch` or `keras.ops`; None leaves them a pair.

    Examples
    --------
    >>> merge_pair(np, np.array([1.0]), np.array([3.0]), "ave")
    array([2.])
    """
    return (h_f, h_b) if mode is None else MERGES[mode].values(xp, h_f, h_b)


def merge_directions(both: Float, mode: str) -> Float:
    """Merge the states of both directions, which lie side by side.

    Parameters
    ----------
    both : array, ``(batch, time, 2, hidden)``
    mode : str
        One of `MERGES`.

    Returns
    -------
    array, ``(batch, time, 2 * hidden)`` if it doubles the width, else ``(batch, time, hidden)``

    Examples
    --------
    >>> merge_directions(np.array([[[[2.0], [6.0]]]]), "ave")
    array([[[4.]]])
    """
    if mode == "concat":  # they are already
        return both.reshape(*both.shape[:2], 2 * both.shape[3])
    merged: Float = MERGES[mode].values(np, both[:, :, 0], both[:, :, 1])
    return merged


def merge_backward(d_merged: Float, both: Float, mode: str) -> Float:
    """Return the gradient with respect to ``both``, ``(batch, time, 2, hidden)``, from that of the merged output."""
    if mode == "concat":
        return d_merged.reshape(both.shape)
    d_both = np.empty_like(both)
    with np.errstate(invalid="ignore"):  # padding may hold anything, infinity times 0 included
        d_both[:, :, 0], d_both[:, :, 1] = MERGES[mode].gradients(d_merged, both[:, :, 0], both[:, :, 1])
    return d_both
