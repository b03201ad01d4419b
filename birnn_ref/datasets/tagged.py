"""Sentences with a tag for each word, as a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Int
from birnn_ref.datasets.splits import SequenceData, Split
from birnn_ref.datasets.vocabulary import Vocabulary

OUTSIDE = "O"
"""The tag of a word in no span; ``B-x`` begins a span of x, and ``I-x`` goes on with it."""


class Sentence(NamedTuple):
    """The words of a sentence, a tag for each, and the sentence's own label, where there is one."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    label: str = ""


class TaggedData(SequenceData):
    """Sentences of words with a tag each; where the tags are BIO, they are read as spans."""

    @classmethod
    def of(
        cls, name: str, parts: Mapping[str, Sequence[Sentence]], source: str, *, tag_names: Sequence[str] = (),
        min_count: int = 1,
    ) -> TaggedData:  # fmt: skip
        """Number the words, letters, tags and labels of the parts' sentences by their training part.

        Parameters
        ----------
        name, source
            As in `SequenceData`.
        parts : mapping of str to sequences of Sentence
        tag_names : sequence of str, optional
            All tags there are; those of the training part when left out.
        min_count : int
            Words that occur less often in the training part are unknown.
        """
        train = parts["train"]
        vocabulary = Vocabulary.of((s.words for s in train), min_count=min_count)
        letters = Vocabulary.of(word for s in train for word in s.words)
        # "O" comes first: 0 also stands behind each sentence.
        tags = tag_names or sorted({tag for s in train for tag in s.tags}, key=lambda t: (t != OUTSIDE, t))
        labels = sorted({s.label for s in train} - {""})
        tag_ids, label_ids = ({n: i for i, n in enumerate(names)} for names in (tags, labels))
        splits = {}
        for part, sentences in parts.items():
            ids, lengths = padded([vocabulary.encode(s.words) for s in sentences])
            numbers, _ = padded([np.array([tag_ids[tag] for tag in s.tags], dtype=np.int32) for s in sentences])
            own = np.array([label_ids[s.label] for s in sentences], dtype=np.int32) if labels else None
            words = tuple(s.words for s in sentences)
            splits[part] = Split(lengths=lengths, ids=ids, labels=own, tags=numbers, words=words)
        return cls(
            name=name, splits=splits, source=source, vocabulary=vocabulary, letters=letters,
            label_names=tuple(labels), tag_names=tuple(tags),
        )  # fmt: skip

    def example(self, split: str, i: int) -> str:
        """Return sentence ``i`` of a split: its label, if it has one, and its words with their tags."""
        part = self[split]
        assert part.words is not None
        assert part.tags is not None
        tags = [self.tag_names[tag] for tag in part.tags[i, : part.lengths[i]]]
        label = "" if part.labels is None else f"{self.label_names[part.labels[i]]}: "
        if OUTSIDE in self.tag_names:
            return label + bracketed(part.words[i], tags)
        return label + " ".join(f"{word}/{tag}" for word, tag in zip(part.words[i], tags, strict=True))


def bracketed(words: Sequence[str], tags: Sequence[str]) -> str:
    """Return words as one line, each span of BIO tags in brackets with its name.

    Examples
    --------
    >>> bracketed(["play", "let", "it", "be"], ["O", "B-track", "I-track", "I-track"])
    'play [let it be: track]'
    """
    line: list[str] = []
    for i, (word, tag) in enumerate(zip(words, tags, strict=True)):
        ends = tag != OUTSIDE and (i + 1 == len(tags) or tags[i + 1] != f"I-{tag[2:]}")
        line.append(("[" if tag.startswith("B-") else "") + word + (f": {tag[2:]}]" if ends else ""))
    return " ".join(line)


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
