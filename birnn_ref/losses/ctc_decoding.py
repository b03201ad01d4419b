"""From a CTC network's outputs to labels: the best way, the best labelling, and where each label stands."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Float, Int, check_input, check_lengths, check_sizes
from birnn_ref.losses.ctc import NEVER, build_lattice, check_blank, check_ctc, log_softmax


class Labelling(NamedTuple):
    """Labels, and the log of the probability that the beam search found for them."""

    labels: tuple[int, ...]
    log_p: float


def ctc_greedy(logits: Float, lengths: Any = None, *, blank: int = 0) -> list[Int]:
    """Return the labels of the best way: each step's best label, equal neighbours merged, blanks dropped.

    Parameters
    ----------
    logits : array, ``(batch, time, labels)``
    lengths : integer array ``(batch,)``, optional
        Steps that count in each sequence.
    blank : int

    Returns
    -------
    list of integer arrays, one per sequence

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> ways = np.array([[1, 1, 0, 1, 2, 2, 0]])
    >>> ctc_greedy(np.eye(3)[ways])
    [array([1, 1, 2])]
    """
    lengths = _check(logits, lengths, blank)
    found = []
    for way, n in zip(logits.argmax(axis=2), lengths, strict=True):
        own = way[:n]
        new = np.concatenate([[True], own[1:] != own[:-1]])[:n]
        found.append(own[new & (own != blank)])
    return found


def ctc_beam_search(
    logits: Float, lengths: Any = None, *, width: int = 10, best: int = 1, blank: int = 0
) -> list[list[Labelling]]:
    """Return the most probable labellings: the ways that say the same are added up, which the best way alone forgets.

    Of all beginnings of a labelling the ``width`` most probable are kept at each step, each with the chance of its ways
    that end in a blank and of those that do not: after a blank, its last label again is a second one.

    Parameters
    ----------
    logits, lengths, blank
        As in `ctc_greedy`.
    width : int
        Beginnings kept.
    best : int
        Labellings returned for each sequence, at most ``width``.

    Returns
    -------
    list of lists of Labelling
        For each sequence, the most probable first. Its ``log_p`` is that of the ways that were kept: never too high.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Notes
    -----
    A. Graves and N. Jaitly, "Towards end-to-end speech recognition with recurrent neural networks", ICML 2014.

    Examples
    --------
    The best way is two blanks, of probability 0.36; but three ways say 1, and together they have 0.64.

    >>> logits = np.log([[[0.6, 0.4], [0.6, 0.4]]])
    >>> ctc_greedy(logits), ctc_beam_search(logits)[0][0].labels
    ([array([], dtype=int64)], (1,))
    """
    lengths = _check(logits, lengths, blank)
    check_sizes(width=width, best=best)
    if best > width:
        raise ValueError(f"best must be at most width, {width}, got {best}")
    log_p = log_softmax(logits, lengths)
    return [_search(own[:n], width, blank)[:best] for own, n in zip(log_p, lengths, strict=True)]


def ctc_align(logits: Float, targets: Any, lengths: Any = None, target_lengths: Any = None, *, blank: int = 0) -> Int:
    """Return where each label stands on the most probable way that says the target.

    Parameters
    ----------
    logits, targets, lengths, target_lengths, blank
        As in `ctc_loss`.

    Returns
    -------
    integer array, ``(batch, time)``
        For each step the place of its label in the target, from 0; -1 for a blank and at padded steps.

    Raises
    ------
    TypeError, ValueError
        As in `ctc_loss`, or if no way says a target.

    Examples
    --------
    >>> logits = 9 * np.eye(3)[np.array([[0, 1, 1, 0, 2]])]
    >>> ctc_align(logits, np.array([[1, 2]]))
    array([[-1,  0,  0, -1,  1]])
    """
    targets, lengths, target_lengths = check_ctc(logits, targets, lengths, target_lengths, blank)
    lattice = build_lattice(log_softmax(logits, lengths), targets, target_lengths, blank)
    time, states, batch = lattice.log_p.shape
    best = np.full((states + 2, batch), NEVER)  # two states before the first, which nothing reaches
    best[2:4] = lattice.log_p[0, :2] if time else NEVER
    came = np.zeros((time, states, batch), np.intp)  # how many states back
    ends = best[2:].copy()
    for t in range(1, time):
        ways = np.stack([best[2:], best[1:-1], best[:-2] + lattice.jumps])
        came[t] = ways.argmax(axis=0)
        best[2:] = ways.max(axis=0) + lattice.log_p[t]
        ends = np.where(t < lengths, best[2:], ends)
    rows, last = np.arange(batch), 2 * target_lengths
    state = np.where((last > 0) & (ends[last - 1, rows] > ends[last, rows]), last - 1, last)
    impossible = np.where(lengths > 0, ends[state, rows] < NEVER / 1e100, target_lengths > 0)
    if impossible.any():
        raise ValueError(f"no way says target {impossible.argmax()}: it has too many labels for its steps")
    places = np.full((batch, time), -1)
    for t in range(time - 1, -1, -1):
        own = t < lengths
        places[:, t] = np.where(own & (state % 2 == 1), state // 2, -1)
        state = np.where(own, state - came[t, state, rows], state)
    return places


def _search(log_p: Float, width: int, blank: int) -> list[Labelling]:
    """Return the labellings that are left, the most probable first."""
    # Of each beginning the log of the chance of its ways that end in a blank, and of the others.
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}
    for row in log_p.tolist():
        grown: dict[tuple[int, ...], tuple[float, float]] = {}
        for labels, (blanks, others) in beams.items():
            both = float(np.logaddexp(blanks, others))
            _add(grown, labels, both + row[blank], others + row[labels[-1]] if labels else -np.inf)
            for k, step in enumerate(row):
                before = blanks if labels[-1:] == (k,) else both
                if k != blank and before > -np.inf:
                    _add(grown, (*labels, k), -np.inf, before + step)
        kept = sorted(grown.items(), key=lambda item: -np.logaddexp(*item[1]))
        beams = dict(kept[:width])
    return [Labelling(labels, float(np.logaddexp(*chances))) for labels, chances in beams.items()]


def _add(beams: dict[tuple[int, ...], tuple[float, float]], labels: tuple[int, ...], *chances: float) -> None:
    """Add ways to those of a beginning."""
    old = beams.get(labels, (-np.inf, -np.inf))
    beams[labels] = float(np.logaddexp(old[0], chances[0])), float(np.logaddexp(old[1], chances[1]))


def _check(logits: Float, lengths: Any, blank: int) -> Int:
    check_input("logits", logits, ("batch", "time", "labels"))
    check_blank(blank, logits.shape[2])
    return check_lengths(lengths, *logits.shape[:2], what="steps of logits")
