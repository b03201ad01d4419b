"""Connectionist temporal classification: labels in the right order, without saying at which step each stands."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Float, Int, check_choice, check_input, check_lengths, within

NEVER = -1e300
"""The log of a chance of 0: finite, so that no difference of two is NaN."""


class Lattice(NamedTuple):
    """Targets with a blank before, between and after their labels, ``b l b l … b``, and what emits them.

    Attributes
    ----------
    labels : integer array, ``(states, batch)``
        Of each state; blank past a target's ``2 * target_length + 1`` states.
    jumps : array, ``(states, batch)``
        0 where a state may be reached over the blank before it, from another label; else `NEVER`.
    log_p : array, ``(time, states, batch)``
        The log-probability of each state's label at each step, 0 at padded steps.
    """

    labels: Int
    jumps: Float
    log_p: Float


def ctc_loss(
    logits: Float, targets: Any, lengths: Any = None, target_lengths: Any = None, *, blank: int = 0,
    impossible: str = "infinite",
) -> tuple[float, Float]:  # fmt: skip
    r"""Score logits by the probability of all ways to say the target, :math:`-\log p(y \mid x)`, mean over sequences.

    A way π gives each step a label or a blank; B(π) merges equal neighbours and drops the blanks:

    .. math::

        p(y \mid x) = \sum_{\pi: B(\pi) = y} \prod_t \mathrm{softmax}(z_t)_{\pi_t}

    The sum is taken by a forward recursion over the target with blanks between its labels, and its gradient,
    :math:`\mathrm{softmax}(z_t)_k - p(\pi_t = k \mid x, y)`, with the help of a backward one. All is added up in
    float64. The twin is ``torch.nn.functional.ctc_loss``, which takes log-probabilities, time first.

    Parameters
    ----------
    logits : array, ``(batch, time, labels)``
        One of the labels is the blank.
    targets : integer array, ``(batch, target time)``
        Labels without blanks. Behind a target stands -1, or anything if ``target_lengths`` is given.
    lengths : integer array ``(batch,)``, optional
        Steps that count in each sequence.
    target_lengths : integer array ``(batch,)``, optional
    blank : int
        Which label it is.
    impossible : {"infinite", "zero"}
        A target that no way can say has too many labels for its steps: one for each, and one more between equal
        neighbours. Its loss is infinite, or counts as 0. Its gradient is 0 either way.

    Returns
    -------
    loss : float
    d_logits : array of the logits' shape

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or a label that counts is the blank.

    Notes
    -----
    A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal classification", ICML 2006.

    Examples
    --------
    Two steps say one label in three ways of nine: ``1 1``, ``1 blank`` and ``blank 1``.

    >>> loss, d_logits = ctc_loss(np.zeros((1, 2, 3)), np.array([[1]]))
    >>> round(float(np.exp(-loss)), 4)
    0.3333
    >>> ctc_loss(np.zeros((1, 2, 3)), np.array([[1, 1]]))[0]  # a blank between them would be a third step
    inf
    """
    check_choice("impossible", impossible, ("infinite", "zero"))
    targets, lengths, target_lengths = check_ctc(logits, targets, lengths, target_lengths, blank)
    batch, time, _ = logits.shape
    log_y = log_softmax(logits, lengths)
    # Ways back from the end are ways through the reversed target on the reversed sequence: both run side by side.
    lattice = build_lattice(log_y, targets, target_lengths, blank)
    turned = build_lattice(*_turned(log_y, targets, lengths, target_lengths), target_lengths, blank)
    both = Lattice(*(np.concatenate(pair, axis=-1) for pair in zip(lattice, turned, strict=True)))
    alpha, beta = np.split(_forward(both), 2, axis=2)  # (time, states, batch) each
    log_likelihood = _log_likelihood(alpha, lengths, target_lengths)
    possible = log_likelihood > NEVER / 1e100
    losses = np.where(possible, -log_likelihood, np.inf if impossible == "infinite" else 0.0)
    d_logits = np.where(possible[:, None, None], np.exp(log_y), 0)
    if time:
        gamma = _posteriors(alpha, beta, lattice, log_likelihood, lengths, target_lengths)
        said = np.arange(logits.shape[2]) == lattice.labels.T[:, :, None]  # (batch, states, labels)
        shares = gamma.transpose(2, 0, 1) @ said.astype(np.float64)  # (batch, time, labels)
        d_logits -= np.where(possible[:, None, None], shares, 0)
    d_logits[~within(lengths, time)] = 0
    return float(losses.mean()), (d_logits / batch).astype(logits.dtype)


def check_ctc(logits: Float, targets: Any, lengths: Any, target_lengths: Any, blank: int) -> tuple[Int, Int, Int]:
    """Check; return targets whose padding is the blank, and both lengths."""
    check_input("logits", logits, ("batch", "time", "labels"))
    batch, time, labels = logits.shape
    check_blank(blank, labels)
    lengths = check_lengths(lengths, batch, time, what="steps of logits")
    found = np.asarray(targets)
    if not np.issubdtype(found.dtype, np.integer):
        raise TypeError(f"targets must be integers, got dtype {found.dtype}")
    if found.ndim != 2 or len(found) != batch:
        raise ValueError(f"targets has shape {found.shape}, expected ({batch}, target time)")
    if target_lengths is None:
        own = found >= 0
        target_lengths = own.sum(axis=1)
        if (own != within(target_lengths, found.shape[1])).any():
            raise ValueError("targets must have their negative numbers at the end, or come with target_lengths")
    target_lengths = check_lengths(
        target_lengths, batch, found.shape[1], name="target_lengths", what="labels of targets"
    )
    counts = within(target_lengths, found.shape[1])
    used = found[counts]
    if used.size and (used.min() < 0 or used.max() >= labels):
        raise ValueError(f"targets must lie between 0 and {labels - 1}, got {used.min()} to {used.max()}")
    if (used == blank).any():
        raise ValueError(f"targets hold the blank, {blank}: it stands between labels by itself")
    return np.where(counts, found, blank), lengths, target_lengths


def check_blank(blank: int, labels: int) -> None:
    """Refuse a blank that is not a label."""
    if not 0 <= blank < labels:
        raise ValueError(f"blank must lie between 0 and {labels - 1}, got {blank}")


def build_lattice(log_softmax: Float, targets: Int, target_lengths: Int, blank: int) -> Lattice:
    """Put the blanks in, and look up what each state's label costs at each step.

    Parameters
    ----------
    log_softmax : array, ``(batch, time, labels)``
    targets : integer array, ``(batch, target time)``
        Padded with blanks.
    target_lengths : integer array, ``(batch,)``
    blank : int
    """
    batch, longest = targets.shape
    labels = np.full((2 * longest + 1, batch), blank)
    labels[1::2] = targets.T
    jumps = np.full(labels.shape, NEVER)
    jumps[3::2][targets.T[1:] != targets.T[:-1]] = 0
    return Lattice(labels, jumps, log_softmax.transpose(1, 2, 0)[:, labels, np.arange(batch)])


def _forward(lattice: Lattice) -> Float:
    """Return the log of the summed chances of all ways to stand at a state after a step, ``(time, states, batch)``."""
    time, states, batch = lattice.log_p.shape
    # Two states before the first, which nothing reaches, spare the first ones an exception.
    alpha = np.full((time, states + 2, batch), NEVER)
    alpha[:1, 2:4] = lattice.log_p[:1, :2]
    jump, top, term = (np.empty((states, batch)) for _ in range(3))

    def power(log: Float, out: Float) -> Float:
        # Powers that underflow take many times as long, and one of -700 adds nothing either.
        return np.exp(np.maximum(np.subtract(log, top, out=out), -700, out=out), out=out)

    for t in range(1, time):
        stay, step = alpha[t - 1, 2:], alpha[t - 1, 1:-1]
        np.add(alpha[t - 1, :-2], lattice.jumps, out=jump)
        np.maximum(np.maximum(stay, step, out=top), jump, out=top)
        total = power(stay, alpha[t, 2:])
        total += power(step, term)
        total += power(jump, term)
        np.log(total, out=total)
        total += top
        total += lattice.log_p[t]
    return alpha[:, 2:]


def _log_likelihood(alpha: Float, lengths: Int, target_lengths: Int) -> Float:
    """Return the log of the chance to end on the last label or on the blank after it, ``(batch,)``."""
    rows, last = np.arange(len(lengths)), 2 * target_lengths
    without_steps = np.where(target_lengths == 0, 0, NEVER)
    if not len(alpha):
        return without_steps
    on_label = np.where(last > 0, alpha[lengths - 1, last - 1, rows], NEVER)
    return np.where(lengths > 0, np.logaddexp(alpha[lengths - 1, last, rows], on_label), without_steps)


def _posteriors(
    alpha: Float, beta: Float, lattice: Lattice, log_likelihood: Float, lengths: Int, target_lengths: Int
) -> Float:
    """Return the probability of each state at each step, given the target, ``(time, states, batch)``."""
    time, states, batch = alpha.shape
    # Where the reversed run has the same step and the same state.
    at = lengths - 1 - np.arange(time)[:, None, None]
    state = 2 * target_lengths - np.arange(states)[:, None]
    places = (np.maximum(at, 0) * states + np.maximum(state, 0)) * batch + np.arange(batch)
    gamma: Float = beta.reshape(-1)[places]
    gamma += alpha
    gamma -= lattice.log_p
    gamma -= log_likelihood
    np.exp(np.clip(gamma, -700, 0, out=gamma), out=gamma)
    gamma *= (at >= 0) & (state >= 0)
    return gamma


def _turned(log_softmax: Float, targets: Int, lengths: Int, target_lengths: Int) -> tuple[Float, Int]:
    """Return both reversed, each within its own length."""
    return _reverse(log_softmax, lengths), _reverse(targets[:, :, None], target_lengths)[:, :, 0]


def _reverse(x: Any, lengths: Int) -> Any:
    steps = np.arange(x.shape[1])
    source = np.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return np.take_along_axis(x, source[:, :, None], axis=1)


def log_softmax(logits: Float, lengths: Int) -> Float:
    """Return log-probabilities in float64, 0 at padded steps, and never minus infinity."""
    counts = within(lengths, logits.shape[1])[:, :, None]
    z = np.where(counts, logits, 0).astype(np.float64)
    z = z - z.max(axis=2, keepdims=True)
    z = z - np.log(np.exp(z).sum(axis=2, keepdims=True))
    return np.where(counts, np.maximum(z, NEVER / 1e99), 0)
