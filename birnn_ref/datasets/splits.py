"""The one shape of all sequence data: parts with padded arrays, and what their numbers mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Split:
    """One part of a data set; each array has one row per sequence, and what a set does not have is None.

    Attributes
    ----------
    lengths : integer array ``(count,)``
        Steps of each sequence; what stands behind them is padding.
    ids : integer array ``(count, time)``, optional
        Each step's number in the set's ``vocabulary``, 0 behind. (`load_imdb` pads in front unless told otherwise, as
        Keras does, and without a ``maxlen`` it gives a list of arrays ``(time,)``.)
    features : array ``(count, time, features)``, optional
        Each step's vector, 0 behind.
    labels : integer array ``(count,)``, optional
        One for a sequence: a place in the set's ``label_names``.
    tags : integer array ``(count, time)``, optional
        One for a step: a place in the set's ``tag_names``, 0 behind.
    targets, target_lengths : integer arrays ``(count, target time)`` and ``(count,)``, optional
        A sequence for a sequence: numbers in the set's ``target_vocabulary``.
    groups : integer array ``(count,)``, optional
        Who or what each sequence is from, such as its speaker: a place in the set's ``group_names``.
    words, target_words : tuples of tuples of str, optional
        What ``ids`` and ``targets`` stand for, words that the vocabulary does not know too.
    """

    lengths: Int
    ids: Int | None = None
    features: Float | None = None
    labels: Int | None = None
    tags: Int | None = None
    targets: Int | None = None
    target_lengths: Int | None = None
    groups: Int | None = None
    words: tuple[tuple[str, ...], ...] | None = None
    target_words: tuple[tuple[str, ...], ...] | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def x(self) -> Any:
        """What a model reads: ``features``, or else ``ids``."""
        return self.ids if self.features is None else self.features

    @property
    def y(self) -> Any:
        """What a model is asked for: ``tags``, or else ``targets``, or else ``labels``."""
        return next((a for a in (self.tags, self.targets, self.labels) if a is not None), None)

    def __repr__(self) -> str:
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        shapes = ", ".join(f"{name} {np.shape(a)}" for name, a in arrays.items() if isinstance(a, np.ndarray))
        return f"<{len(self):,} sequences of {_span(self.lengths)} steps: {shapes}>"

    def take(self, rows: Int | slice) -> Split:
        """Return the sequences of these rows as a split of their own, no wider than the longest of them needs."""
        rows = np.arange(len(self))[rows]
        time = {"targets": self.target_lengths}
        taken: dict[str, Any] = {}
        for field in fields(self):
            values = getattr(self, field.name)
            if values is None:
                continue
            if isinstance(values, tuple):
                taken[field.name] = tuple(values[i] for i in rows)
                continue
            taken[field.name] = values[rows]
            if values.ndim > 1 and len(rows):
                lengths = time.get(field.name, self.lengths)
                assert lengths is not None
                taken[field.name] = taken[field.name][:, : max(1, lengths[rows].max())]
        return Split(**taken)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SequenceData:
    """A data set: ``data["train"]``, ``data["validation"]`` and ``data["test"]``, and what their numbers mean.

    Attributes
    ----------
    name : str
    splits : mapping of str to Split
    source : str
        Where the data came from: ``"package"``, ``"folder"``, ``"cache"`` or ``"download"``.
    vocabulary : Vocabulary, optional
        Of the training part's words.
    letters : Vocabulary, optional
        Of the letters of the training part's words.
    target_vocabulary : Vocabulary, optional
        Of the training part's targets.
    label_names, tag_names, group_names : tuples of str
        By number; empty where there are none.
    """

    name: str
    splits: Mapping[str, Split]
    source: str
    vocabulary: Vocabulary | None = None
    letters: Vocabulary | None = None
    target_vocabulary: Vocabulary | None = None
    label_names: tuple[str, ...] = ()
    tag_names: tuple[str, ...] = ()
    group_names: tuple[str, ...] = ()

    def __getitem__(self, split: str) -> Split:
        if split not in self.splits:
            raise KeyError(f"no split {split!r}: choose one of {tuple(self.splits)}")
        return self.splits[split]

    def __repr__(self) -> str:
        sizes = {"words": self.vocabulary, "letters": self.letters, "target words": self.target_vocabulary}
        known = [f"{len(v):,} {name}" for name, v in sizes.items() if v is not None]
        names = {"labels": self.label_names, "tags": self.tag_names, "groups": self.group_names}
        known += [f"{len(n)} {name}" for name, n in names.items() if n]
        lines = [f"{self.name}, from the {self.source}: {', '.join(known)}".rstrip(": ")]
        width = max(map(len, self.splits))
        return "\n".join(lines + [f"  {name:{width}}  {split!r}" for name, split in self.splits.items()])

    def decode(self, ids: Iterable[int]) -> str:
        """Turn ids back into text, padding left out.

        Raises
        ------
        ValueError
            If the set's sequences are vectors.
        """
        if self.vocabulary is None:
            raise ValueError(f"{self.name} has features, not ids: there is nothing to decode")
        return " ".join(self.vocabulary.decode(ids))

    def example(self, split: str, i: int) -> str:
        """Return sequence ``i`` of a split as a person would read it."""
        raise NotImplementedError

    def show(self, k: int = 3, split: str = "train") -> None:
        """Print the first ``k`` examples of a split."""
        for i in range(min(k, len(self[split]))):
            print(self.example(split, i))


def _span(lengths: Int) -> str:
    if not len(lengths):
        return "0"
    low, high = int(lengths.min()), int(lengths.max())
    return f"{low}" if low == high else f"{low} to {high}"
