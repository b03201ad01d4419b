"""Spans by the rules of CoNLL: a span counts as found where its kind, its start and its end are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Span = tuple[str, int, int]


class Scores(NamedTuple):
    r"""How many of the spans that were said are right, and how many of the true ones were said.

    Attributes
    ----------
    precision, recall : float
        The share of those said that are true, and of the true ones that were said; 0 where there are none.
    f1 : float
        :math:`2 \cdot \text{precision} \cdot \text{recall} / (\text{precision} + \text{recall})`.
    true, said, right : int
        Numbers of spans.
    """

    precision: float
    recall: float
    f1: float
    true: int
    said: int
    right: int


def find_spans(tags: Sequence[str]) -> list[Span]:
    """Return the spans of one tagging as (kind, first step, step after the last).

    A span of x begins at ``B-x``, and also at an ``I-x`` that continues no span of x: so a tagging that breaks the
    rules of BIO still has spans.

    Parameters
    ----------
    tags : sequence of str
        Each ``O``, ``B-x`` or ``I-x``.

    Raises
    ------
    ValueError
        If a tag is another.

    Examples
    --------
    >>> find_spans(["B-city", "I-city", "O", "I-day"])
    [('city', 0, 2), ('day', 3, 4)]
    """
    spans: list[Span] = []
    kind, start = "", 0  # of the span that is open
    for t, tag in enumerate([*tags, "O"]):
        place, _, own = tag.partition("-")
        if tag != "O" and (place not in ("B", "I") or not own):
            raise ValueError(f"tags must be O, B-x or I-x each, got {tag!r} at step {t}")
        if kind and (place != "I" or own != kind):
            spans.append((kind, start, t))
            kind = ""
        if own and not kind:
            kind, start = own, t
    return spans


def score_spans(true: Sequence[Sequence[str]], said: Sequence[Sequence[str]]) -> dict[str, Scores]:
    """Score taggings by their spans, for each kind and, under ``"all"``, together (micro-averaged).

    What ``conlleval`` computes, and ``seqeval`` with its default mode; neither is maintained any more.

    Parameters
    ----------
    true, said : sequences of sequences of str
        The taggings of the same sentences, padding left out.

    Raises
    ------
    ValueError
        If their sizes differ, or a tag is none.

    Notes
    -----
    E. F. Tjong Kim Sang and S. Buchholz, "Introduction to the CoNLL-2000 shared task: chunking", CoNLL 2000.

    Examples
    --------
    >>> score_spans([["B-x", "I-x", "O", "B-y"]], [["B-x", "O", "O", "B-y"]])["all"]
    Scores(precision=0.5, recall=0.5, f1=0.5, true=2, said=2, right=1)
    """
    _check_sizes(true, said)
    counts: dict[str, list[int]] = {}
    for own, theirs in zip(true, said, strict=True):
        spans = set(find_spans(own)), set(find_spans(theirs))
        for column, members in enumerate((*spans, spans[0] & spans[1])):
            for kind, _, _ in members:
                counts.setdefault(kind, [0, 0, 0])[column] += 1
    together = [sum(column) for column in zip(*counts.values(), strict=True)] or [0, 0, 0]
    return {"all": _scores(*together)} | {kind: _scores(*counts[kind]) for kind in sorted(counts)}


def span_f1(names: Sequence[str]) -> Callable[[Sequence[Any], Sequence[Any]], float]:
    """Return the metric that `fit` takes: the F1 of all spans, from arrays of tag numbers.

    Parameters
    ----------
    names : sequence of str
        The tags' names, by their numbers.

    Examples
    --------
    >>> metric = span_f1(["O", "B-x", "I-x"])
    >>> metric.__name__, metric([[1, 2, 0, 1]], [[1, 0, 0, 1]])
    ('span_f1', 0.5)
    """

    def score(true: Sequence[Any], said: Sequence[Any]) -> float:
        taggings = ([[names[k] for k in sequence] for sequence in part] for part in (true, said))
        return score_spans(*taggings)["all"].f1

    score.__name__ = "span_f1"
    return score


def _scores(true: int, said: int, right: int) -> Scores:
    # 2 p r / (p + r) is 2 right / (true + said), which needs no case of its own where one of them is 0.
    precision, recall, f1 = right / max(said, 1), right / max(true, 1), 2 * right / max(true + said, 1)
    return Scores(precision, recall, f1, true, said, right)


def _check_sizes(true: Sequence[Sequence[str]], said: Sequence[Sequence[str]]) -> None:
    if len(true) != len(said):
        raise ValueError(f"true and said must hold the same number of sequences, got {len(true)} and {len(said)}")
    for k, (own, theirs) in enumerate(zip(true, said, strict=True)):
        if len(own) != len(theirs):
            raise ValueError(
                f"true and said must have the same lengths: sequence {k} has {len(own)} and {len(theirs)} tags"
            )
