"""Pairs of sentences, each the other's translation, as a data set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from birnn_ref._checks import Int
from birnn_ref.datasets.splits import SequenceData, Split
from birnn_ref.datasets.tagged import padded
from birnn_ref.datasets.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

Pair = tuple[tuple[str, ...], tuple[str, ...]]
"""The words of a sentence and those of its translation."""


class PairData(SequenceData):
    """Sentences (``ids``) and their translations (``targets``: `START`, the words' ids, `END`)."""

    @classmethod
    def of(cls, name: str, parts: Mapping[str, Sequence[Pair]], source: str, *, min_count: int = 1) -> PairData:
        """Number both sides' words by the training part; words rarer there than ``min_count`` are unknown."""
        vocabulary = Vocabulary.of((read for read, _ in parts["train"]), min_count=min_count)
        letters = Vocabulary.of(word for read, _ in parts["train"] for word in read)
        written = Vocabulary.of(
            (said for _, said in parts["train"]), min_count=min_count, special=(PAD, UNKNOWN, START, END)
        )
        splits = {}
        for part, pairs in parts.items():
            ids, lengths = padded([vocabulary.encode(read) for read, _ in pairs])
            targets, target_lengths = padded([written.encode((START, *said, END)) for _, said in pairs])
            splits[part] = Split(
                lengths=lengths, ids=ids, targets=targets, target_lengths=target_lengths,
                words=tuple(read for read, _ in pairs), target_words=tuple(said for _, said in pairs),
            )  # fmt: skip
        return cls(
            name=name, splits=splits, source=source, vocabulary=vocabulary, letters=letters, target_vocabulary=written
        )

    def decode_target(self, ids: Iterable[int]) -> str:
        """Turn ids of the translations' vocabulary into text: what stands between `START` and the first `END`."""
        assert self.target_vocabulary is not None
        words = self.target_vocabulary.decode(ids)
        words = words[: words.index(END)] if END in words else words
        return " ".join(word for word in words if word != START)

    def example(self, split: str, i: int) -> str:
        """Return pair ``i`` of a split."""
        part = self[split]
        assert part.words is not None
        assert part.target_words is not None
        return f"{' '.join(part.words[i])} → {' '.join(part.target_words[i])}"


def related(pairs: Sequence[Pair]) -> list[list[int]]:
    """Group pairs that share a sentence, directly or through others: no two groups have one in common.

    Returns
    -------
    list of lists of int
        Places in ``pairs``.

    Examples
    --------
    >>> related([(("va",), ("go",)), (("cours",), ("run",)), (("file",), ("go",)), (("file",), ("run",))])
    [[0, 1, 2, 3]]
    """
    parent: dict[tuple[int, tuple[str, ...]], tuple[int, tuple[str, ...]]] = {}

    def root(node: tuple[int, tuple[str, ...]]) -> tuple[int, tuple[str, ...]]:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for read, said in pairs:
        parent[root((0, read))] = root((1, said))
    groups: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for i, (read, _) in enumerate(pairs):
        groups.setdefault(root((0, read)), []).append(i)
    return list(groups.values())


def text_numbers(pairs: Sequence[Pair], groups: Sequence[Sequence[int]]) -> Int:
    """Return two numbers for each group, ``(groups, 2)``, uniform from 0 to 2^32 - 1 and decided by its text alone."""
    first = (min(" ".join(pairs[i][1]) for i in group) for group in groups)
    digests = b"".join(hashlib.sha256(text.encode()).digest()[:8] for text in first)
    return np.frombuffer(digests, dtype=">u4").astype(np.int64).reshape(-1, 2)
