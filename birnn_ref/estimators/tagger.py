"""One tag for each step of a sequence."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.estimators.base import Estimator, check_target
from birnn_ref.estimators.contract import tags
from birnn_ref.estimators.reading import padded
from birnn_ref.losses import softmax
from birnn_ref.models import CharTagger, Tagger

OUTSIDE = "O"


class BiRNNTagger(Estimator):
    """Tag every step of sequences: a `Tagger` or a `CharTagger` after scikit-learn's contract.

    Parameters
    ----------
    cell, hidden, depth, embedding, bidirectional, dropout, word_dropout, min_count, scale, epochs, batch_size, rate, \
clip, validation, patience, progress, dtype, random_state
        As in `Estimator`.
    crf : bool
        Whether taggings are scored as a whole; tags that are all BIO then keep its rules.
    chars : bool
        Whether words are read by their letters too.
    char_embedding, filters, width
        As in `CharTagger`.

    Attributes
    ----------
    classes_ : array, ``(tags,)``
        The tags, sorted, "O" before the others.
    model_, history_, n_features_in_
        As in `Estimator`.

    Examples
    --------
    >>> X = [["play", "yesterday"], ["play", "help", "again"], ["stop"]] * 20
    >>> y = [["O", "B-song"], ["O", "B-song", "O"], ["O"]] * 20
    >>> model = BiRNNTagger("gru", hidden=8, embedding=8, progress=False, random_state=0).fit(X, y)
    >>> model.predict([["play", "help"]])
    [['O', 'B-song']]
    """

    learned: ClassVar[tuple[str, ...]] = ("classes_",)
    classes_: Any

    def __init__(
        self, cell: str = "lstm", *, hidden: int = 32, depth: int = 1, embedding: int = 32, bidirectional: bool = True,
        crf: bool = True, chars: bool = False, char_embedding: int = 24, filters: int = 48, width: int | None = 3,
        dropout: float = 0.0, word_dropout: float = 0.0, min_count: int = 1, scale: bool = True, epochs: int = 50,
        batch_size: int = 32, rate: float = 0.01, clip: float | None = 5.0, validation: float = 0.0,
        patience: int | None = None, progress: bool = True, dtype: str = "float32", random_state: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            cell, hidden=hidden, depth=depth, embedding=embedding, bidirectional=bidirectional, dropout=dropout,
            word_dropout=word_dropout, min_count=min_count, scale=scale, epochs=epochs, batch_size=batch_size,
            rate=rate, clip=clip, validation=validation, patience=patience, progress=progress, dtype=dtype,
            random_state=random_state,
        )  # fmt: skip
        self.crf, self.chars, self.char_embedding = crf, chars, char_embedding
        self.filters, self.width = filters, width

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from sequences and their tags.

        Parameters
        ----------
        X : list of lists of words, or of arrays ``(time, features)`` or ``(time,)``; or one array for all
        y : list of lists of tags
            As many as there are steps: text or whole numbers.

        Returns
        -------
        BiRNNTagger
            Itself.

        Raises
        ------
        TypeError, ValueError
            If X or y is not as above, or a number is NaN or infinite.
        """
        reading = self._reading(self.chars)
        reading.fit(X)
        rows = self._check_tags(X, y)
        found = np.unique(np.concatenate(rows))
        self.classes_ = (
            np.concatenate([found[found == OUTSIDE], found[found != OUTSIDE]]) if found.dtype.kind == "U" else found
        )
        number = {tag: k for k, tag in enumerate(self.classes_.tolist())}
        numbers = padded([np.array([number[tag] for tag in row.tolist()], np.intp) for row in rows])
        names = tuple(map(str, self.classes_))
        bio = all(name == OUTSIDE or name[:2] in ("B-", "I-") for name in names)
        crf: Any = names if self.crf and bio else self.crf

        def make(num_words: int | None, features: int, **common: Any) -> Tagger | CharTagger:
            if reading.letters_known is None:
                return Tagger(self.cell, num_words, features, self.hidden, len(names), crf=crf, **common)
            assert num_words is not None
            return CharTagger(
                self.cell, num_words, features, self.hidden, len(names), num_chars=len(reading.letters_known),
                char_embedding=self.char_embedding, filters=self.filters, width=self.width, crf=crf, **common,
            )  # fmt: skip

        self._train(reading, X, make, numbers, per_step=True)
        return self

    def predict(self, X: Any) -> list[list[Any]]:
        """Return the tags of each sequence, as many as it has steps."""
        x, lengths = self._read(X)
        said = self.classes_[self.model_.predict(x, lengths)]
        return [row[:n].tolist() for row, n in zip(said, lengths, strict=True)]

    def predict_proba(self, X: Any) -> list[Float]:
        """Return for each sequence the probability of each tag at each step, ``(time, tags)``.

        With a CRF it is that of all taggings together that have the tag there.
        """
        x, lengths = self._read(X)
        logits = self.model_.logits(x, lengths)
        crf = self.model_.crf
        shares = softmax(logits) if crf is None else crf.marginals(logits, lengths)
        return [row[:n] for row, n in zip(shares, lengths, strict=True)]

    def score(self, X: Any, y: Any) -> float:
        """Return the share of steps whose tag is right; `span_f1` and `score_spans` score spans."""
        true, said = self._check_tags(X, y), self.predict(X)
        return float(np.mean(np.concatenate(true) == np.concatenate([np.array(row) for row in said])))

    def _check_tags(self, X: Any, y: Any) -> list[Any]:
        """Return the tags of each sequence as an array ``(time,)``."""
        rows = [np.asarray(row) for row in check_target(X, y, type(self).__name__)]
        for i, (row, sequence) in enumerate(zip(rows, X, strict=True)):
            if row.ndim != 1 or len(row) != len(sequence):
                raise ValueError(
                    f"target {i} of y has shape {row.shape}, expected a tag for each of {len(sequence)} steps"
                )
            if row.dtype.kind not in "biuUS":
                raise TypeError(f"target {i} of y has dtype {row.dtype}: tags are text or whole numbers")
        return rows

    def __sklearn_tags__(self) -> Any:
        return tags(self.kind)
