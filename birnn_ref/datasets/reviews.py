"""Labelled reviews as token ids, in the form that Keras gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import check_probability, check_sizes
from birnn_ref.datasets import vocabulary
from birnn_ref.datasets.batching import IntArray, check_side, pad_sequences
from birnn_ref.datasets.splits import SequenceData, Split

PAD, START, UNKNOWN, INDEX_FROM = 0, 1, 2, 3
"""Keras's reserved ids: padding, start of a review, a word outside the vocabulary; ranks are shifted by 3."""

Ragged = Sequence[IntArray]


def words(text: str) -> list[str]:
    """Split a text into its words: lower case, letters and digits, an apostrophe inside a word.

    The page of the book that reads a review splits it by the same rule.

    Examples
    --------
    >>> words("It isn’t BAD; it's “great”!")
    ['it', "isn't", 'bad', "it's", 'great']
    """
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", re.sub("[’‘]", "'", text.lower()))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReviewData(SequenceData):
    """Reviews: ``labels`` are 1 for a positive one and 0 for a negative one, ``ids`` those of Keras.

    ``source`` says where the reviews came from (``"folder"``, ``"cache"``, ``"download"`` or ``"embedded"``), and
    ``note`` is the line that any figure or table made from them must carry: empty for real data.
    """

    word_ids: Mapping[str, int]
    num_words: int
    label_names: tuple[str, ...] = ("negative", "positive")

    @property
    def note(self) -> str:
        """What a figure drawn from these reviews must say; empty for real data."""
        return "made on the embedded corpus: generated sentences, not real reviews" if self.source == "embedded" else ""

    def decode(self, tokens: Iterable[int]) -> str:
        """Turn token ids back into words, padding left out; ``<start>`` and ``<unknown>`` stand for ids 1 and 2."""
        special = {START: vocabulary.START, UNKNOWN: vocabulary.UNKNOWN}
        known = {id_: word for word, id_ in self.word_ids.items()}
        return " ".join(special.get(t) or known.get(t, vocabulary.UNKNOWN) for t in map(int, tokens) if t != PAD)

    def encode(self, text: str) -> IntArray:
        """Turn the `words` of a text into token ids ``(time,)``, the start id in front."""
        ids = [self.word_ids.get(word, UNKNOWN) for word in words(text)]
        return np.array([START] + [i if i < self.num_words else UNKNOWN for i in ids], dtype=np.int32)

    def example(self, split: str, i: int) -> str:
        """Return review ``i`` of a split: its label and what is kept of its words."""
        part = self[split]
        assert part.labels is not None
        return f"{self.label_names[part.labels[i]]}: {self.decode(part.x[i])}"


@dataclass(frozen=True)
class Recipe:
    """How raw reviews become arrays; each loader takes these as its arguments and checks them here."""

    num_words: int | None
    maxlen: int | None
    padding: str
    truncating: str
    validation: float

    def __post_init__(self) -> None:
        whole = isinstance(self.num_words, int | np.integer)
        if self.num_words is not None and whole and self.num_words <= INDEX_FROM:
            raise ValueError(
                f"num_words must be at least {INDEX_FROM + 1} (smaller ids are reserved), got {self.num_words}"
            )
        check_sizes(**{name: n for name in ("num_words", "maxlen") if (n := getattr(self, name)) is not None})
        check_probability("validation", self.validation)
        check_side("padding", self.padding)
        check_side("truncating", self.truncating)

    def split(self, sequences: Ragged, labels: npt.ArrayLike) -> Split:
        """Limit the vocabulary, cut and pad."""
        limit = self.num_words or np.iinfo(np.int32).max
        known: list[IntArray] = [np.where(s < limit, s, UNKNOWN).astype(np.int32) for s in map(np.asarray, sequences)]
        if self.maxlen is not None:
            known = [s[-self.maxlen :] if self.truncating == "pre" else s[: self.maxlen] for s in known]
        lengths = np.array([len(s) for s in known], dtype=np.int32)
        x: IntArray | list[IntArray] = known
        if self.maxlen is not None:
            x = pad_sequences(known, self.maxlen, padding=self.padding)
        return Split(ids=x, labels=np.asarray(labels, dtype=np.int32), lengths=lengths)  # type: ignore[arg-type]

    def data(
        self,
        train: tuple[Ragged, npt.ArrayLike],
        test: tuple[Ragged, npt.ArrayLike],
        word_ids: Mapping[str, int],
        source: str,
        rng: np.random.Generator,
    ) -> ReviewData:
        """Shuffle, because the files are sorted by label, and hold some training reviews out for validation."""
        order = rng.permutation(len(train[0]))
        held_out = round(self.validation * len(order))
        parts = {
            "train": (train, order[held_out:]),
            "validation": (train, order[:held_out]),
            "test": (test, rng.permutation(len(test[0]))),
        }
        splits = {
            name: self.split([sequences[i] for i in part], np.asarray(labels)[part])
            for name, ((sequences, labels), part) in parts.items()
            if len(part)
        }
        num_words = self.num_words or max(word_ids.values()) + 1
        entries = [vocabulary.PAD, vocabulary.START, vocabulary.UNKNOWN, "<unused>"]
        entries += [""] * (num_words - len(entries))
        for word, id_ in word_ids.items():
            if id_ < num_words:
                entries[id_] = word
        return ReviewData(
            name="embedded reviews" if source == "embedded" else "IMDb", splits=splits, source=source,
            vocabulary=vocabulary.Vocabulary(tuple(entries)), word_ids=word_ids, num_words=num_words,
        )  # fmt: skip
