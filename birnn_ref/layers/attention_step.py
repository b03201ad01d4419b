"""Attention with one query per sequence, step by step, over a memory that is prepared once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers._padding import Mask
from birnn_ref.layers.attention import softmax_over_time, softmax_over_time_backward


class Memory(NamedTuple):
    """What a decoder looks at.

    Attributes
    ----------
    h : array, ``(batch, time, memory)``
        The states that were read, 0 at padded steps.
    keys : array, ``(batch, time, hidden)``
        The same as the scores need them, :math:`h_j U`.
    counts : bool array, ``(batch, time)``
        Where a sequence has a step.
    """

    h: Float
    keys: Float
    counts: Mask


def look(s: Float, memory: Memory, params: Mapping[str, Float]) -> tuple[Float, Float, Any]:
    r"""Attend from a state: with :math:`v^\top \tanh(s W + h_j U)` where there is a v, else with :math:`s \cdot h_j U`.

    Parameters
    ----------
    s : array, ``(batch, hidden)``
    memory : Memory
    params : mapping
        ``W (hidden, hidden)`` and ``v (hidden,)``, or neither.

    Returns
    -------
    context : array, ``(batch, memory)``
    alpha : array, ``(batch, time)``
    cache
        For `look_backward`.

    Examples
    --------
    >>> memory = Memory(np.ones((1, 3, 2)), np.ones((1, 3, 4)), np.array([[True, True, False]]))
    >>> look(np.ones((1, 4)), memory, {})[1]
    array([[0.5, 0.5, 0. ]])
    """
    compared = None
    if "v" in params:
        compared = np.tanh((s @ params["W"])[:, None] + memory.keys)  # (batch, time, hidden)
        scores = compared @ params["v"]
    else:
        scores = (memory.keys @ s[:, :, None])[:, :, 0]
    alpha = softmax_over_time(scores[:, None], memory.counts)  # (batch, 1, time)
    return (alpha @ memory.h)[:, 0], alpha[:, 0], (s, compared, alpha)


def look_backward(
    dc: Float, cache: Any, memory: Memory, params: Mapping[str, Float], dh: Float, d_keys: Float
) -> tuple[Float, dict[str, Float]]:
    """Carry a gradient back through `look`; add that of the memory to ``dh`` and ``d_keys``.

    Parameters
    ----------
    dc : array, ``(batch, memory)``

    Returns
    -------
    ds : array, ``(batch, hidden)``
    grads : dict
        Those of ``W`` and ``v``, where they are.
    """
    s, compared, alpha = cache
    dh += alpha.transpose(0, 2, 1) * dc[:, None]
    d_scores = softmax_over_time_backward(dc[:, None] @ memory.h.transpose(0, 2, 1), alpha)  # (batch, 1, time)
    if compared is None:
        d_keys += d_scores.transpose(0, 2, 1) * s[:, None]
        return (d_scores @ memory.keys)[:, 0], {}
    da = d_scores.transpose(0, 2, 1) * params["v"] * (1 - compared**2)  # (batch, time, hidden)
    d_keys += da
    d_asked = da.sum(axis=1)
    grads = {"v": np.tensordot(d_scores[:, 0], compared, axes=2), "W": s.T @ d_asked}
    return d_asked @ params["W"].T, grads
