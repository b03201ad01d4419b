"""How the two directions become one output, and its gradient two again."""

from __future__ import annotations

import numpy as np

from birnn_ref._checks import Float

MERGES = ("concat", "sum", "mul", "ave", None)


def merge_directions(both: Float, merge: str) -> Float:
    r"""Merge the states of both directions.

    "concat" puts :math:`h^f_t` and :math:`h^b_t` side by side; "sum", "mul" and "ave" are
    :math:`h^f_t + h^b_t`, :math:`h^f_t \odot h^b_t` and :math:`(h^f_t + h^b_t) / 2`.

    Parameters
    ----------
    both : array, ``(batch, time, 2, hidden)``
    merge : {"concat", "sum", "mul", "ave"}

    Returns
    -------
    array, ``(batch, time, 2 * hidden)`` for "concat", else ``(batch, time, hidden)``

    Examples
    --------
    >>> merge_directions(np.array([[[[2.0], [6.0]]]]), "ave")
    array([[[4.]]])
    """
    h_f, h_b = both[:, :, 0], both[:, :, 1]
    if merge == "concat":
        return both.reshape(*both.shape[:2], 2 * both.shape[3])
    if merge == "mul":
        return h_f * h_b
    total = h_f + h_b
    if merge == "ave":
        total *= 0.5
    return total


def merge_backward(d_merged: Float, both: Float, merge: str) -> Float:
    """Return the gradient with respect to ``both``, ``(batch, time, 2, hidden)``, from that of the merged output."""
    if merge == "concat":
        return d_merged.reshape(both.shape)
    d_both = np.repeat(d_merged[:, :, None], 2, axis=2)
    if merge == "ave":
        d_both *= 0.5
    elif merge == "mul":
        with np.errstate(invalid="ignore"):  # padding may hold anything, infinity times 0 included
            d_both *= both[:, :, ::-1]
    return d_both
