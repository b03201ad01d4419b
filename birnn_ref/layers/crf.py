"""The linear-chain conditional random field: a whole tagging is scored, not each tag by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int, check_input, check_lengths, check_rng, check_sizes, within
from birnn_ref.layers._chain import (
    Transitions,
    backward_scores,
    best_paths,
    forward_scores,
    log_sum_exp,
    pair_probabilities,
    path_scores,
    tag_probabilities,
)
from birnn_ref.layers._padding import Mask
from birnn_ref.layers.base import Layer
from birnn_ref.layers.bio import bio_rules, first_break


class CRF(Layer):
    r"""Score a tagging as a whole, and compare it with every other one.

    .. math::

        s(x, y) = a_{y_1} + \sum_{t=1}^{T} P_{t y_t} + \sum_{t=2}^{T} A_{y_{t-1} y_t} + b_{y_T}, \qquad
        \log p(y \mid x) = s(x, y) - \log \sum_{y'} e^{s(x, y')}

    P are the emissions, one score for each tag at each step, which a network gives; A, a and b are learned here. The
    sum over all taggings is taken by the forward algorithm, its gradient by the backward one: it is the probability of
    each tag at each step, :math:`p(y_t = j \mid x)`, and of each pair of neighbours. All sums are taken in float64.

    Parameters
    ----------
    tags : int
    names : sequence of str, optional
        The tags' names; then a tagging that `bio_rules` forbids has no chance, in training and in decoding.
    rng : numpy.random.Generator
        Draws the parameters from U(-0.1, 0.1).
    dtype : dtype
        Of the parameters, and of every array that comes in and goes out.

    Attributes
    ----------
    params : dict
        ``transitions (tags, tags)``, A, from the row's tag to the column's; ``start (tags,)``, a; ``end (tags,)``, b.
    rules : pair of bool arrays, ``(tags,)`` and ``(tags, tags)``
        Which tags may begin, and which may follow which; all of them without names.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    J. Lafferty, A. McCallum and F. Pereira, "Conditional random fields", ICML 2001. On top of a bidirectional LSTM: Z.
    Huang, W. Xu and K. Yu, "Bidirectional LSTM-CRF models for sequence tagging", arXiv 1508.01991 (2015).

    Examples
    --------
    Two steps, three tags, and no preference at all: one tagging of nine.

    >>> crf = CRF(3, rng=np.random.default_rng(0), dtype=np.float64)
    >>> for array in crf.params.values():
    ...     array[...] = 0
    >>> np.exp(crf.forward(np.zeros((1, 2, 3)), np.array([[2, 0]]))) * 9
    array([1.])
    """

    def __init__(
        self, tags: int, names: Sequence[str] | None = None, *, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        check_sizes(tags=tags)
        if names is not None and len(names) != tags:
            raise ValueError(f"names must hold a name for each of the {tags} tags, got {len(names)}")
        self.names = None if names is None else tuple(names)
        everything = np.ones(tags, bool), np.ones((tags, tags), bool)
        self.rules = everything if names is None else bio_rules(names)
        for name, shape in (("transitions", (tags, tags)), ("start", (tags,)), ("end", (tags,))):
            self.params[name] = check_rng(rng).uniform(-0.1, 0.1, shape).astype(dtype)

    def forward(
        self, emissions: Float, tags: Int, lengths: Any = None, *, rng: np.random.Generator | None = None
    ) -> Float:
        """Return the log-likelihood of each tagging.

        Parameters
        ----------
        emissions : array, ``(batch, time, tags)``
        tags : integer array, ``(batch, time)``
            The true tags, from 0.
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        array, ``(batch,)``
            0 for a sequence of no steps.

        Raises
        ------
        TypeError, ValueError
            If an argument does not fit, or a tagging is forbidden.
        """
        scores, lengths, (A, start, end) = self._prepare(emissions, lengths)
        y, counts = self._check_tags(tags, emissions, lengths)
        transitions = Transitions(A)
        alpha = forward_scores(scores, transitions, start, lengths)
        last = alpha[-1] if len(alpha) else np.zeros((len(y), len(A)))
        log_Z = log_sum_exp(last + end, axis=1)
        score = path_scores(scores, transitions, start, end, y.T, lengths)
        if self.names and np.isneginf(score).any():
            row = np.isneginf(score).argmax()
            found = first_break([self.names[k] for k in y[row, : lengths[row]]])
            raise ValueError(f"tags of sequence {row} are not a BIO tagging, {found}: build without names")
        self._keep(scores, alpha, log_Z, transitions, end, y, counts, lengths)
        return np.where(lengths > 0, score - log_Z, 0).astype(emissions.dtype)

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient with respect to the emissions; store those of the parameters.

        Parameters
        ----------
        d_outputs : array, ``(batch,)``
            The loss's gradient with respect to the log-likelihoods.
        """
        scores, alpha, log_Z, transitions, end, y, counts, lengths = self._take()
        dtype = self.params["start"].dtype
        check_input("d_outputs", d_outputs, (len(y),), dtype)
        d = np.where(lengths > 0, d_outputs, 0).astype(np.float64)
        beta = backward_scores(scores, transitions, end, lengths)
        marginals = tag_probabilities(alpha, beta, log_Z, counts)
        d_emissions = -d[:, None, None] * marginals
        b, t = np.nonzero(counts)
        d_emissions[b, t, y[b, t]] += d[b]
        d_transitions = -pair_probabilities(scores, alpha, beta, log_Z, transitions, counts, d)
        b, t = np.nonzero(counts[:, 1:])
        np.add.at(d_transitions, (y[b, t], y[b, t + 1]), d[b])
        rows = np.flatnonzero(lengths)
        d_start, d_end = (d_emissions[rows, at].sum(axis=0) for at in (0 * rows, lengths[rows] - 1))
        found = {"transitions": d_transitions, "start": d_start, "end": d_end}
        self.grads = {name: gradient.astype(dtype) for name, gradient in found.items()}
        return d_emissions.astype(dtype)

    def loss(self, emissions: Float, tags: Int, lengths: Any = None) -> tuple[float, Float]:
        """Score emissions as `softmax_cross_entropy` scores logits, and store the parameters' gradients.

        Parameters
        ----------
        emissions, tags, lengths
            As in `forward`.

        Returns
        -------
        loss : float
            The negative log-likelihood of all taggings together, divided by the number of steps.
        d_emissions : array of the emissions' shape

        Raises
        ------
        TypeError, ValueError
            As in `forward`, or if no step counts.
        """
        log_likelihood = self.forward(emissions, tags, lengths)
        steps = int(check_lengths(lengths, *emissions.shape[:2]).sum())
        if not steps:
            raise ValueError("lengths leaves no step that counts: there is nothing to average")
        d_outputs = np.full(len(log_likelihood), -1 / steps, emissions.dtype)
        return float(-log_likelihood.sum(dtype=np.float64) / steps), self.backward(d_outputs)

    def marginals(self, emissions: Float, lengths: Any = None) -> Float:
        r"""Return :math:`p(y_t = j \mid x)`, ``(batch, time, tags)``, by forward–backward; 0 past a sequence's length.

        Parameters
        ----------
        emissions, lengths
            As in `forward`.
        """
        scores, lengths, (A, start, end) = self._prepare(emissions, lengths)
        transitions = Transitions(A)
        alpha = forward_scores(scores, transitions, start, lengths)
        beta = backward_scores(scores, transitions, end, lengths)
        log_Z = log_sum_exp(alpha[0] + beta[0], axis=1) if len(alpha) else np.zeros(len(lengths))
        return tag_probabilities(alpha, beta, log_Z, within(lengths, len(scores))).astype(emissions.dtype)

    def decode(self, emissions: Float, lengths: Any = None) -> Int:
        """Return the tagging of the highest score, ``(batch, time)``, by Viterbi's algorithm; 0 at padded steps.

        Parameters
        ----------
        emissions, lengths
            As in `forward`.
        """
        return self.k_best(emissions, 1, lengths)[0][:, 0]

    def k_best(self, emissions: Float, k: int, lengths: Any = None) -> tuple[Int, Float]:
        """Return the k taggings of the highest scores.

        Parameters
        ----------
        emissions, lengths
            As in `forward`.
        k : int

        Returns
        -------
        tags : integer array, ``(batch, k, time)``
            The best first; 0 at padded steps.
        scores : array, ``(batch, k)``
            Minus infinity where a sequence has fewer taggings than k.
        """
        check_sizes(k=k)
        scores, lengths, (A, start, end) = self._prepare(emissions, lengths)
        paths, found = best_paths(scores, Transitions(A), start, end, lengths, k)
        return paths, found.astype(emissions.dtype)

    def _prepare(self, emissions: Float, lengths: Any) -> tuple[Float, Int, tuple[Float, Float, Float]]:
        """Check; return the emissions as ``(time, batch, tags)`` without padding, the lengths, and A, a and b."""
        A, start, end = (self.params[name].astype(np.float64) for name in ("transitions", "start", "end"))
        check_input("emissions", emissions, ("batch", "time", len(end)), self.params["end"].dtype)
        lengths = check_lengths(lengths, *emissions.shape[:2], what="steps of emissions")
        may_start, allowed = self.rules
        start, A = np.where(may_start, start, -np.inf), np.where(allowed, A, -np.inf)
        counts = np.arange(emissions.shape[1])[:, None] < lengths  # (time, batch)
        return np.where(counts[:, :, None], emissions.swapaxes(0, 1), 0).astype(np.float64), lengths, (A, start, end)

    def _check_tags(self, tags: Int, emissions: Float, lengths: Int) -> tuple[Int, Mask]:
        y = np.asarray(tags)
        if not np.issubdtype(y.dtype, np.integer):
            raise TypeError(f"tags must be integers, got dtype {y.dtype}")
        if y.shape != emissions.shape[:2]:
            raise ValueError(f"tags has shape {y.shape}, expected {emissions.shape[:2]}: one for each step")
        counts = within(lengths, y.shape[1])
        y = np.where(counts, y, 0)
        if y.size and (y.min() < 0 or y.max() >= emissions.shape[2]):
            raise ValueError(f"tags must lie between 0 and {emissions.shape[2] - 1}, got {y.min()} to {y.max()}")
        return y, counts
