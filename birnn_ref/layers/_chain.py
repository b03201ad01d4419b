"""Sums and maxima over every path through a chain of steps, a step at a time: the recursions of the CRF."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.layers._padding import Mask

SMALL = 1e-280
"""Below it a sum of powers may have lost terms to underflow."""
LARGEST = 300.0
"""The largest exponent of a sum that is taken as one product."""


def log_sum_exp(scores: Float, axis: int) -> Float:
    r"""Return :math:`\log \sum e^{s}` along an axis; minus infinity where every score is.

    Examples
    --------
    >>> log_sum_exp(np.array([[1000.0, 1000.0], [-np.inf, -np.inf]]), axis=1).round(3)
    array([1000.693,     -inf])
    """
    top = scores.max(axis=axis, keepdims=True)
    top = np.where(np.isneginf(top), 0, top)
    with np.errstate(divide="ignore"):
        total: Float = np.log(np.exp(scores - top).sum(axis=axis)) + top.squeeze(axis)
    return total


class Transitions:
    r"""Scores :math:`A_{ij}` of stepping from i to j, ready for the sums over all i.

    Parameters
    ----------
    A : array, ``(tags, tags)``
        Minus infinity where a step is impossible.
    """

    def __init__(self, A: Float) -> None:
        self.A, self.top = A, A.max()
        self.powers = np.exp(A - self.top)

    def sum_over(self, scores: Float) -> Float:
        r"""Return :math:`\log \sum_i e^{s_i + A_{ij}}` for scores ``(batch, tags)``: one matrix product of powers.

        Where a sum is so small that terms may be missing, it is taken again term by term.
        """
        top = scores.max(axis=1, keepdims=True)
        top = np.where(np.isneginf(top), 0, top)
        total = np.exp(scores - top) @ self.powers
        if total.min() > SMALL:
            summed: Float = np.log(total) + (top + self.top)
            return summed
        return log_sum_exp(scores[:, :, None] + self.A, axis=1)


def path_scores(emissions: Float, transitions: Transitions, start: Float, end: Float, path: Int, lengths: Int) -> Float:
    """Return the score of one path per sequence, ``(batch,)``; that of no steps has no meaning.

    Parameters
    ----------
    emissions : array, ``(time, batch, tags)``
    start, end : arrays, ``(tags,)``
    path : integer array, ``(time, batch)``
    lengths : integer array, ``(batch,)``
    """
    score = np.zeros(path.shape[1])
    if not len(path):
        return score
    counts = np.arange(len(path))[:, None] < lengths  # (time, batch)
    emitted = np.take_along_axis(emissions, path[:, :, None], axis=2)[:, :, 0]
    score += np.where(counts, emitted, 0).sum(axis=0)
    score += np.where(counts[1:], transitions.A[path[:-1], path[1:]], 0).sum(axis=0)
    score += start[path[0]] + end[path[lengths - 1, np.arange(len(score))]]
    return score


def forward_scores(emissions: Float, transitions: Transitions, start: Float, lengths: Int) -> Float:
    r"""Return :math:`\alpha_{tj}`, the log of the summed :math:`e^s` over the paths that stand at j after step t.

    Parameters
    ----------
    emissions : array, ``(time, batch, tags)``
    start : array, ``(tags,)``
    lengths : integer array, ``(batch,)``
        Past its length a sequence's scores stay as they were.
    """
    alpha = np.empty_like(emissions)
    alpha[:1] = start + emissions[:1]
    for t in range(1, len(emissions)):
        reached = transitions.sum_over(alpha[t - 1]) + emissions[t]
        alpha[t] = np.where((t < lengths)[:, None], reached, alpha[t - 1])
    return alpha


def backward_scores(emissions: Float, transitions: Transitions, end: Float, lengths: Int) -> Float:
    r"""Return :math:`\beta_{ti}`, the log of the summed :math:`e^s` of all ways to go on from i after step t.

    Parameters
    ----------
    emissions : array, ``(time, batch, tags)``
    end : array, ``(tags,)``
    lengths : integer array, ``(batch,)``
        From its last step on, a sequence's scores are ``end``.
    """
    beta = np.empty_like(emissions)
    beta[-1:] = end
    reverse = Transitions(transitions.A.T)
    for t in range(len(emissions) - 2, -1, -1):
        left = reverse.sum_over(emissions[t + 1] + beta[t + 1])
        beta[t] = np.where((t + 1 < lengths)[:, None], left, end)
    return beta


def tag_probabilities(alpha: Float, beta: Float, log_Z: Float, counts: Mask) -> Float:
    """Return each tag's probability at each step, ``(batch, time, tags)``, 0 at padded ones."""
    p = np.exp(alpha + beta - log_Z[:, None])
    return np.where(counts[:, :, None], p.swapaxes(0, 1), 0)


def pair_probabilities(
    scores: Float, alpha: Float, beta: Float, log_Z: Float, transitions: Transitions, counts: Mask, d: Float
) -> Float:
    r"""Return the sum over all steps of :math:`d \cdot p(y_{t-1} = i, y_t = j \mid x)`, ``(tags, tags)``."""
    own = counts[:, 1:].T
    before, after = alpha[:-1][own], (scores[1:] + beta[1:])[own]  # (steps, tags)
    weights = np.broadcast_to(d, own.shape)[own]
    before = before - np.broadcast_to(log_Z, own.shape)[own][:, None]
    if not len(before):
        return np.zeros_like(transitions.A)
    top, shift = before.max(axis=1, keepdims=True), after.max(axis=1, keepdims=True)
    scale = top + shift + transitions.top
    if scale.max() > LARGEST:  # the best tags on either side exclude each other: no common scale fits
        p = np.exp(before[:, :, None] + transitions.A + after[:, None])
        found: Float = np.tensordot(weights, p, axes=1)
        return found
    left = np.exp(before - top) * weights[:, None]
    summed: Float = (left.T @ np.exp(after - shift + scale)) * transitions.powers
    return summed


def best_paths(
    emissions: Float, transitions: Transitions, start: Float, end: Float, lengths: Int, k: int
) -> tuple[Int, Float]:
    r"""Return the k best paths and their scores: at each step and tag the k best ways to stand there are kept.

    Parameters
    ----------
    emissions : array, ``(time, batch, tags)``
    start, end : arrays, ``(tags,)``
    lengths : integer array, ``(batch,)``
    k : int

    Returns
    -------
    paths : integer array, ``(batch, k, time)``
        0 past a sequence's length.
    scores : array, ``(batch, k)``
        In falling order; minus infinity where there are fewer paths than k.
    """
    time, batch, tags = emissions.shape
    best = np.full((batch, tags, k), -np.inf)
    best[:, :, 0] = start + emissions[0] if time else 0
    came_from = np.empty((time, batch, tags, k), np.intp)  # which of the (tags * k) ways before it each continues
    came_from[:] = np.arange(tags * k).reshape(tags, k)
    steps = np.repeat(transitions.A.T, k, axis=1)
    for t in range(1, time):
        ways = best.reshape(batch, 1, tags * k) + steps  # (batch, to, from * k)
        at, kept = _highest(ways, k)
        counts = (t < lengths)[:, None, None]
        came_from[t] = np.where(counts, at, came_from[t])
        best = np.where(counts, kept + emissions[t][:, :, None], best)
    ended = (best + end[:, None]).reshape(batch, 1, tags * k)
    ended[lengths == 0] = -np.inf
    ended[lengths == 0, :, 0] = 0
    at, scores = (part[:, 0] for part in _highest(ended, k))  # (batch, k)
    paths, rows = np.zeros((batch, k, time), np.intp), np.arange(batch)[:, None]
    for t in range(time - 1, -1, -1):
        paths[:, :, t] = at // k
        at = came_from[t].reshape(batch, tags * k)[rows, at]
    paths[np.broadcast_to((np.arange(time) >= lengths[:, None])[:, None], paths.shape)] = 0
    return paths, scores


def _highest(ways: Float, k: int) -> tuple[Any, Float]:
    """Return where the k highest along the last axis are, the highest first, and they themselves."""
    at = ways.argmax(axis=-1)[..., None] if k == 1 else np.argsort(-ways, axis=-1, kind="stable")[..., :k]
    return at, np.take_along_axis(ways, at, axis=-1)
