"""Which words made a decision: three ways of naming them, held to what happens when a word is taken out.

Classifiers of equal size, of both directions and of the forward one, read the mean of their states or the final ones.
Every word of every review is removed in turn, so that the words whose removal moves the logit most are known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.reviews import Fitting, fit_reviews, reviews
from birnn_ref.experiments.study import Study
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import evaluate


@dataclass(frozen=True)
class Settings(Fitting):
    """What a run uses."""

    embedding: int = 32
    hidden: int = 32
    equal_hidden: int = 50
    epochs: int = 2
    rate: float = 0.004
    clip: float = 0.5
    reviews: int = 1000
    poolings: tuple[str, ...] = ("mean", "final")


SETTINGS = Settings()
WAYS = ("state", "step", "gradient")
"""How a word is scored: by the state at its place, by the step that the state took there, by gradient times input."""


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train the classifiers; return how well each way names the words that matter, on held-out reviews."""
    data, splits = reviews(seed, settings)
    held_out = splits["validation"]
    x, lengths = held_out.x[: settings.reviews], data["validation"].lengths[: settings.reviews]
    found: dict[str, Any] = {"source": data.source}
    for pooling in settings.poolings:
        found[pooling] = {}
        for name, width in (("both", settings.hidden), ("forward", settings.equal_hidden)):
            rng = np.random.default_rng(seed)
            model = classifier(
                settings.num_words, settings.embedding, width, pooling, bidirectional=name == "both", rng=rng
            )  # fmt: skip
            fit_reviews(model, splits["train"], settings.rate, settings, rng)
            moves = deletion_moves(model, x, lengths)
            parts = attributions(model, x, lengths)
            found[pooling][name] = {
                "parameters": parameter_count(model) - parameter_count(model.words),
                "accuracy": round(evaluate(model, held_out, loss=binary_cross_entropy)["accuracy"], 5),
                "random_move": round(float(np.mean(np.abs(moves).sum(axis=1) / lengths)), 5),
                "largest_move": round(float(np.mean(np.abs(moves).max(axis=1))), 5),
                **{way: agreement(part.sum(axis=1), moves, lengths) for way, part in parts.items()},
            }
            if name == "both":
                forward, backward = parts["step"].sum(axis=2).T
                found[pooling][name]["opposed"] = round(float(np.mean(forward * backward < 0)), 5)
    return found


def classifier(
    num_words: int, embedding: int, hidden: int, pooling: str = "mean", *, bidirectional: bool = True,
    rng: np.random.Generator,
) -> Classifier:  # fmt: skip
    """Return a classifier whose logit is linear in its states: in their mean, or in the final ones."""
    return Classifier("rnn", num_words, embedding, hidden, pooling=pooling, bidirectional=bidirectional, rng=rng)


def attributions(model: Classifier, ids: Int, lengths: Int) -> dict[str, Float]:
    r"""Score every word by each direction, in three ways.

    With T the length, :math:`W_f` and :math:`W_b` the halves of the readout:

    - ``state``: :math:`h^f_t W_f / T` and :math:`h^b_t W_b / T`, which add up to the logit without its bias;
    - ``step``: :math:`(h^f_t - h^f_{t-1}) W_f (T - t + 1) / T` and :math:`(h^b_t - h^b_{t+1}) W_b\, t / T`, the same
      sum in another order: what reading the word changed, times the share of positions that keep it;
    - ``gradient``: :math:`x_t \cdot \partial z / \partial x_t` by the paths through each direction, which add up to
      nothing in particular.

    Of final states all of ``state`` lies at the ends, so it is left out, and a step counts whole.

    Parameters
    ----------
    model : Classifier
        With one recurrent layer, a merge by ``concat``, pooling ``"mean"`` or ``"final"``, and one output.
    ids : integer array, ``(batch, time)``
    lengths : integer array, ``(batch,)``

    Returns
    -------
    dict
        For each way an array ``(batch, directions, time)``, 0 at padded steps; forward first.

    Examples
    --------
    >>> model = classifier(9, 4, 3, rng=np.random.default_rng(0))
    >>> ids, lengths = np.array([[5, 6, 7, 8]]), np.array([4])
    >>> parts = attributions(model, ids, lengths)
    >>> z = model.forward(ids, lengths)
    >>> [bool(np.allclose(parts[way].sum() + model.readout.params["b"], z)) for way in WAYS]
    [True, True, False]
    """
    hidden = model.summary.stack.hidden
    halves = [slice(start, start + hidden) for start in range(0, model.summary.features, hidden)]
    W = model.readout.params["W"][:, 0]
    x = model.words.forward(ids, lengths)
    states, _ = model.summary.stack.forward(x, lengths)
    y = np.stack([states[:, :, half] @ W[half] for half in halves], axis=1)  # 0 past a sequence's length
    T, place = lengths[:, None], np.arange(1, ids.shape[1] + 1)
    step = np.zeros_like(y)
    step[:, 0] = np.where(place <= T, np.diff(y[:, 0], axis=1, prepend=0), 0)
    if len(halves) == 2:
        step[:, 1] = -np.diff(y[:, 1], axis=1, append=0)
    parts = {"step": step}
    if model.summary.pooling == "mean":
        step[:, 0] *= (T - place + 1) / T
        step[:, 1:] *= (place / T)[:, None]
        parts["state"] = y / T[:, None].astype(y.dtype)
    parts["gradient"] = np.zeros_like(y)
    for d, half in enumerate(halves):
        through = np.zeros_like(W)
        through[half] = W[half]
        model.summary.forward(x, lengths)
        dx = model.summary.backward(np.tile(through, (len(ids), 1)))
        parts["gradient"][:, d] = (x * dx).sum(axis=2)
    return parts


def deletion_moves(model: Classifier, ids: Int, lengths: Int) -> Float:
    """Return by how much each word raises the logit: the logit with it less that of the sequence without it.

    Parameters
    ----------
    model : Classifier
        With one output.
    ids : integer array, ``(batch, time)``
    lengths : integer array, ``(batch,)``

    Returns
    -------
    array, ``(batch, time)``
        0 at padded steps.

    Examples
    --------
    >>> model = classifier(9, 4, 3, rng=np.random.default_rng(0))
    >>> whole, shorter = np.array([[5, 6, 7]]), np.array([[5, 7]])
    >>> z = model.forward(whole, np.array([3])) - model.forward(shorter, np.array([2]))
    >>> bool(np.isclose(deletion_moves(model, whole, np.array([3]))[0, 1], z.item()))
    True
    """
    whole = model.forward(ids, lengths)[:, 0]
    moves = np.zeros(ids.shape, whole.dtype)
    for t in range(ids.shape[1]):
        rows = np.flatnonzero(t < lengths)
        if len(rows):
            shorter = np.delete(ids[rows], t, axis=1)
            moves[rows, t] = whole[rows] - model.forward(shorter, lengths[rows] - 1)[:, 0]
    return moves


def agreement(scores: Float, moves: Float, lengths: Int) -> dict[str, float]:
    """Say how well scores predict moves, both ``(batch, time)``.

    Returns
    -------
    dict
        ``named_move``: the mean size of the move when the word with the largest score (in size) is removed;
        ``times_random``: the same as a multiple of a random word's; ``share_of_largest``: as a share of the largest
        that any one word of the review gives; ``hits``: how often it is that word; ``rank_correlation``: Spearman's,
        of scores and moves with their signs, for one review at a time, on average.

    Examples
    --------
    >>> moves = np.array([[4.0, -1.0, 1.0, 0.0]])
    >>> agreement(moves, moves, np.array([3]))
    {'named_move': 4.0, 'times_random': 2.0, 'share_of_largest': 1.0, 'hits': 1.0, 'rank_correlation': 1.0}
    """
    everyone, size = np.arange(len(scores)), np.abs(moves)
    named = np.abs(scores).argmax(axis=1)
    named_move = np.mean(size[everyone, named])
    correlations = [
        np.corrcoef(_ranks(score[:length]), _ranks(move[:length]))[0, 1]
        for score, move, length in zip(scores, moves, lengths, strict=True)
        if length > 2
    ]
    figures = {
        "named_move": named_move,
        "times_random": named_move / np.mean(size.sum(axis=1) / lengths),
        "share_of_largest": named_move / np.mean(size.max(axis=1)),
        "hits": np.mean(named == size.argmax(axis=1)),
        "rank_correlation": np.mean(correlations),
    }
    return {name: round(float(value), 5) for name, value in figures.items()}


def _ranks(values: Float) -> Int:
    ranks: Int = np.argsort(np.argsort(values))
    return ranks


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Every figure over the seeds, and the paired differences, both directions less one."""
    first = runs[0]
    summary: dict[str, Any] = {}
    for pooling in SETTINGS.poolings:
        ways = [way for way in WAYS if way in first[pooling]["both"]]
        summary[pooling] = {"difference": {}}
        for name in ("both", "forward"):
            entry: dict[str, Any] = {"parameters": first[pooling][name]["parameters"]}
            for key in ("accuracy", "random_move", "largest_move", "opposed"):
                if key in first[pooling][name]:
                    entry[key] = mean_and_interval([run[pooling][name][key] for run in runs])
            for way in ways:
                figures = first[pooling][name][way]
                entry[way] = {k: mean_and_interval([run[pooling][name][way][k] for run in runs]) for k in figures}
            summary[pooling][name] = entry
        for way in ways:
            summary[pooling]["difference"][way] = {
                key: mean_and_interval(
                    [run[pooling]["both"][way][key] - run[pooling]["forward"][way][key] for run in runs]
                )
                for key in first[pooling]["both"][way]
            }
    return summary


STUDY = Study(
    "decision", SETTINGS, run, summarise, tolerance=0.05,
    check={"epochs": 1, "train_reviews": 1000, "reviews": 50},
)  # fmt: skip
