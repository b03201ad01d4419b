"""Beam search: write a sequence word by word, and keep several beginnings in view."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.layers.decoder import States


class Written(NamedTuple):
    """What a model wrote.

    Attributes
    ----------
    ids : integer array, ``(steps,)``
        Without the start and the end.
    score : float
        The log-probability of all of it, the end included, divided by the number of steps to the power asked for.
    alpha : array, ``(steps, time)``
        At each step the weight of each step that was read.
    """

    ids: Int
    score: float
    alpha: Float


def beam_search(
    step: Callable[[Int, States], tuple[Float, States, Float]], states: States, *, start: int, end: int, width: int,
    normalise: float, max_steps: int,
) -> list[Written]:  # fmt: skip
    r"""Of all beginnings keep the ``width`` of the highest :math:`\log p(y) / |y|^a` at each step.

    Parameters
    ----------
    step : callable
        ``step(words, states)`` reads the last word of each beginning, ``(batch * width,)``, and returns the
        log-probabilities of the next, ``(batch * width, words)``, the next states, and the weights of attention.
    states : tuple of arrays, ``(batch * width, ...)``
        Each sequence's beams side by side.
    start, end, width, normalise, max_steps
        As in `Seq2Seq` and its ``write``.

    Examples
    --------
    Word 1 ends. The first step prefers word 2; but word 3 is followed by a certain end, so that text is more probable:

    >>> log_p = np.log(np.array([[0.01, 0.01, 0.5, 0.48], [1, 1, 1, 1], [0.3, 0.4, 0.3, 1e-9], [1e-9, 1, 1e-9, 1e-9]]))
    >>> step = lambda words, states: (log_p[words], states, np.zeros((len(words), 1)))
    >>> how = {"start": 0, "end": 1, "normalise": 0.0, "max_steps": 3}
    >>> [beam_search(step, (np.zeros((width, 1)),), width=width, **how)[0].ids.tolist() for width in (1, 2)]
    [[2], [3]]
    """
    rows = len(states[0])
    batch = rows // width
    said = np.full((rows, 1), start)
    log_p = np.where(np.arange(rows) % width == 0, 0.0, -np.inf)  # all beams begin alike: one is enough
    steps, ended = np.zeros(rows, np.intp), np.zeros(rows, bool)
    weights: list[Float] = []
    while said.shape[1] <= max_steps and not ended.all():
        log_next, states, alpha_t = step(said[:, -1], states)
        grown = log_p[:, None] + np.where(ended[:, None], -np.inf, log_next)
        grown[ended, end] = log_p[ended]  # what has ended stays as it is
        sizes = steps + ~ended
        scores = (grown / sizes[:, None] ** normalise).reshape(batch, -1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :width]  # (batch, width)
        beam, word = np.divmod(best, grown.shape[1])
        kept = (beam + np.arange(batch)[:, None] * width).ravel()
        log_p, said = grown[kept, word.ravel()], np.concatenate([said[kept], word.reshape(-1, 1)], axis=1)
        weights = [alpha[kept] for alpha in (*weights, alpha_t)]
        states, steps = tuple(state[kept] for state in states), sizes[kept]
        ended = ended[kept] | (said[:, -1] == end)
    scores = log_p / steps**normalise
    first = scores.reshape(batch, width).argmax(axis=1) + np.arange(batch) * width
    alphas = np.stack(weights, axis=1)  # (batch * width, steps, time)
    counts = steps - ended
    return [Written(said[k, 1 : counts[k] + 1], float(scores[k]), alphas[k, : counts[k]]) for k in first]
