"""From sentences of words and tags to a data set's padded arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Int
from birnn_ref.datasets.splits import Split
from birnn_ref.datasets.vocabulary import Vocabulary


class Sentence(NamedTuple):
    """The words of a sentence, a tag for each, and the sentence's own label, where there is one."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    label: str = ""


def padded(rows: Sequence[Int]) -> tuple[Int, Int]:
    """Return rows of numbers as one array ``(count, time)`` with zeros behind, and their lengths ``(count,)``.

    Examples
    --------
    >>> padded([np.array([5, 6]), np.array([7])])
    (array([[5, 6],
           [7, 0]], dtype=int32), array([2, 1], dtype=int32))
    """
    lengths = np.array([len(row) for row in rows], dtype=np.int32)
    ids = np.zeros((len(rows), max(1, lengths.max(initial=0))), dtype=np.int32)
    for row, given in zip(ids, rows, strict=True):
        row[: len(given)] = given
    return ids, lengths


def tagged_splits(
    parts: Mapping[str, Sequence[Sentence]], vocabulary: Vocabulary, tag_names: Sequence[str],
    label_names: Sequence[str] = (),
) -> dict[str, Split]:  # fmt: skip
    """Return each part as a `Split`: ids, tags, lengths and words, and labels where ``label_names`` are given.

    Raises
    ------
    KeyError
        If a tag or a label is none of the names.
    """
    tag_ids = {name: i for i, name in enumerate(tag_names)}
    label_ids = {name: i for i, name in enumerate(label_names)}
    splits = {}
    for name, sentences in parts.items():
        ids, lengths = padded([vocabulary.encode(s.words) for s in sentences])
        tags, _ = padded([np.array([tag_ids[tag] for tag in s.tags], dtype=np.int32) for s in sentences])
        labels = np.array([label_ids[s.label] for s in sentences], dtype=np.int32) if label_names else None
        words = tuple(s.words for s in sentences)
        splits[name] = Split(lengths=lengths, ids=ids, labels=labels, tags=tags, words=words)
    return splits
