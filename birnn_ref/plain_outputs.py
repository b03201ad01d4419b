"""The specification of outputs that score whole sequences: the recursions of CRF and CTC for one of them, in loops.

The fast forms, in `birnn_ref.layers.crf` and `birnn_ref.losses`, are tested against these.
"""

from __future__ import annotations

import numpy as np

from birnn_ref._checks import Float, Int


def crf_score(emissions: Float, tags: Int, transitions: Float, start: Float, end: Float) -> float:
    r"""Return :math:`s(x, y) = a_{y_1} + \sum_t P_{t y_t} + \sum_t A_{y_{t-1} y_t} + b_{y_T}` of one tagging.

    Parameters
    ----------
    emissions : array, ``(time, tags)``
    tags : integer array, ``(time,)``
    transitions : array, ``(tags, tags)``
    start, end : arrays, ``(tags,)``

    Examples
    --------
    >>> crf_score(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 1]), np.full((2, 2), 10.0), np.zeros(2), np.zeros(2))
    15.0
    """
    score = start[tags[0]] + emissions[0, tags[0]]
    for t in range(1, len(tags)):
        score += transitions[tags[t - 1], tags[t]] + emissions[t, tags[t]]
    return float(score + end[tags[-1]])


def crf_log_partition(emissions: Float, transitions: Float, start: Float, end: Float) -> float:
    r"""Return :math:`\log \sum_y e^{s(x, y)}` over every tagging, by the forward algorithm.

    :math:`\alpha_{tj} = P_{tj} + \log \sum_i e^{\alpha_{t-1,i} + A_{ij}}` sums up all taggings that stand at tag j
    after step t.

    Parameters
    ----------
    emissions, transitions, start, end
        As in `crf_score`.

    Examples
    --------
    Three steps and two tags: eight taggings that score 0.

    >>> round(np.exp(crf_log_partition(np.zeros((3, 2)), np.zeros((2, 2)), np.zeros(2), np.zeros(2))))
    8
    """
    time, tags = emissions.shape
    alpha = start + emissions[0]
    for t in range(1, time):
        reached = np.empty(tags)
        for j in range(tags):
            reached[j] = emissions[t, j] + np.logaddexp.reduce(alpha + transitions[:, j])
        alpha = reached
    return float(np.logaddexp.reduce(alpha + end))


def crf_viterbi(emissions: Float, transitions: Float, start: Float, end: Float) -> tuple[Int, float]:
    r"""Return the tagging of the highest score, and its score.

    The forward algorithm with a maximum in place of the sum, and for each tag the one before it that gave it.

    Parameters
    ----------
    emissions, transitions, start, end
        As in `crf_score`.

    Examples
    --------
    >>> crf_viterbi(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[0.0, 1.0], [5.0, 0.0]]), np.zeros(2), np.zeros(2))
    (array([1, 0]), 5.0)
    """
    time, tags = emissions.shape
    best = start + emissions[0]
    came_from = np.zeros((time, tags), np.intp)
    for t in range(1, time):
        reached = np.empty(tags)
        for j in range(tags):
            came_from[t, j] = np.argmax(best + transitions[:, j])
            reached[j] = emissions[t, j] + best[came_from[t, j]] + transitions[came_from[t, j], j]
        best = reached
    last = int(np.argmax(best + end))
    score = float(best[last] + end[last])
    path = [last]
    for t in range(time - 1, 0, -1):
        path.append(int(came_from[t, path[-1]]))
    return np.array(path[::-1]), score


def ctc_log_likelihood(log_p: Float, target: Int, blank: int = 0) -> float:
    r"""Return :math:`\log p(y \mid x)` of connectionist temporal classification, for one sequence.

    The target with a blank before, between and after its labels has 2 L + 1 states. A step stays where it is, goes to
    the next state, or jumps over a blank between two labels that differ; :math:`\alpha_{ts}` sums up all ways that
    stand at state s after step t.

    Parameters
    ----------
    log_p : array, ``(time, labels)``
        Log-probabilities.
    target : integer array, ``(target time,)``
    blank : int

    Examples
    --------
    Three ways of nine say label 1 in two steps.

    >>> round(float(np.exp(ctc_log_likelihood(np.log(np.full((2, 3), 1 / 3)), np.array([1])))), 4)
    0.3333
    """
    labels = [blank]
    for label in target:
        labels += [int(label), blank]
    alpha = np.full(len(labels), -np.inf)
    alpha[:2] = log_p[0, labels[:2]]
    for t in range(1, len(log_p)):
        reached = np.full(len(labels), -np.inf)
        for s, label in enumerate(labels):
            ways = [alpha[s]]
            if s >= 1:
                ways.append(alpha[s - 1])
            if s >= 2 and label not in (blank, labels[s - 2]):
                ways.append(alpha[s - 2])
            reached[s] = np.logaddexp.reduce(ways) + log_p[t, label]
        alpha = reached
    return float(np.logaddexp.reduce(alpha[-2:]))
