"""From sequences as they are given to what a model reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Int
from birnn_ref.layers import Spelt


class Reading:
    """Turns sequences into padded arrays, by what it has seen in training.

    Parameters
    ----------
    scale : bool
        Whether vectors are brought to mean 0 and standard deviation 1, feature by feature, by the training data.
    min_count : int
        Words that occur less often in training are unknown.
    letters : bool
        Whether words come with their letters.
    dtype : dtype
        Of vectors.

    Attributes
    ----------
    features : int or None
        Of a step; None for words.
    mean, spread : arrays ``(features,)``, or None
    words, letters_known : Vocabulary, or None
    """

    def __init__(self, *, scale: bool, min_count: int, letters: bool, dtype: npt.DTypeLike) -> None:
        self.scale, self.min_count, self.letters, self.dtype = scale, min_count, letters, np.dtype(dtype)
        self.features: int | None = None
        self.mean: Any = None
        self.spread: Any = None
        self.words: Any = None
        self.letters_known: Any = None

    def fit(self, X: Any) -> None:
        """Learn what words there are, or the features' means and spreads."""
        from birnn_ref.datasets.vocabulary import Vocabulary

        sequences = as_sequences(X)
        if isinstance(sequences[0], list):
            self.words = Vocabulary.of(sequences, min_count=self.min_count)
            self.letters_known = Vocabulary.of(word for words in sequences for word in words) if self.letters else None
            return
        if self.letters:
            raise ValueError("chars=True reads the letters of words, and X holds numbers: give lists of words")
        self.features = sequences[0].shape[1]
        if self.scale:
            steps = np.concatenate(sequences)
            self.mean, self.spread = steps.mean(axis=0), steps.std(axis=0)
            self.spread[self.spread == 0] = 1  # a feature that never changes

    def read(self, X: Any, who: str) -> tuple[Any, Int]:
        """Return what a model's ``forward`` takes, and the lengths; messages call the estimator ``who``."""
        sequences = as_sequences(X)
        lengths = np.array([len(sequence) for sequence in sequences])
        if isinstance(sequences[0], list) != (self.words is not None):
            kinds = ("numbers", "words") if self.words is None else ("words", "numbers")
            raise TypeError(f"X holds {kinds[1]}, and {who} was fitted on sequences of {kinds[0]}")
        if self.words is not None:
            ids = np.zeros((len(sequences), lengths.max()), np.intp)
            for row, words in zip(ids, sequences, strict=True):
                row[: len(words)] = self.words.encode(words)
            if self.letters_known is None:
                return ids, lengths
            return (ids, Spelt.of(sequences, self.letters_known.encode)), lengths
        if sequences[0].shape[1] != self.features:
            had = sequences[0].shape[1]
            raise ValueError(f"X has {had} features, but {who} is expecting {self.features} features as input")
        x = np.zeros((len(sequences), lengths.max(), sequences[0].shape[1]), self.dtype)
        for row, steps in zip(x, sequences, strict=True):
            row[: len(steps)] = (steps - self.mean) / self.spread if self.scale else steps
        return x, lengths


def as_sequences(X: Any) -> list[Any]:
    """Return a list of arrays ``(time, features)`` in float64, or of lists of words.

    Raises
    ------
    TypeError
        If X is sparse, or neither numbers nor words.
    ValueError
        If there are no sequences, one has no steps or another number of features, or a number is NaN or infinite.
    """
    if hasattr(X, "tocsr"):
        raise TypeError("X is sparse, and sequences are dense: give an array, or a list with one entry a sequence")
    if not hasattr(X, "__len__") or isinstance(X, str):
        X = np.asarray(X)
        if not X.ndim:
            raise ValueError(f"X must be a list with one entry a sequence, or an array, got {X.dtype} alone")
    if not len(X):
        raise ValueError("X holds 0 sequences (samples) while a minimum of 1 is required")
    if _are_words(X[0] if not hasattr(X, "iloc") else np.asarray(X)[0]):
        return [_words(sequence, i) for i, sequence in enumerate(X)]
    if isinstance(X, (list, tuple)) and len({np.shape(sequence) for sequence in X}) > 1:
        return [_steps(sequence, i, _width(X[0])) for i, sequence in enumerate(X)]
    array = np.asarray(X)
    if array.dtype == object and array.ndim == 1:  # an array of arrays
        return [_steps(sequence, i, _width(array[0])) for i, sequence in enumerate(array)]
    if array.ndim not in (2, 3):
        raise ValueError(
            f"X has shape {array.shape}: expected a list with one entry a sequence, or an array (count, time) or "
            "(count, time, features). Reshape your data: X.reshape(1, -1) is one sequence, X.reshape(-1, 1) are many"
        )
    if 0 in array.shape:
        raise ValueError(f"X has {array.shape[-1]} feature(s) (shape={array.shape}) while a minimum of 1 is required.")
    numbers = _numbers(array, "X")
    return list(numbers[..., None] if numbers.ndim == 2 else numbers)


def _are_words(sequence: Any) -> bool:
    if isinstance(sequence, str):
        raise TypeError("a sequence of X is one text: cut it into words first, as text.split() does")
    return isinstance(sequence, (list, tuple, np.ndarray)) and len(sequence) > 0 and isinstance(sequence[0], str)


def _words(sequence: Any, i: int) -> list[str]:
    if not len(sequence):
        raise ValueError(f"sequence {i} of X has no steps")
    if not all(isinstance(word, str) for word in sequence):
        raise TypeError(f"sequence {i} of X holds something that is not a word, and sequence 0 words")
    return [str(word) for word in sequence]


def _width(sequence: Any) -> int | None:
    return np.shape(sequence)[1] if np.ndim(sequence) == 2 else None


def _steps(sequence: Any, i: int, width: int | None) -> Any:
    array = np.asarray(sequence)
    where = f"sequence {i} of X"
    if array.ndim not in (1, 2):
        raise ValueError(f"{where} has shape {array.shape}, expected (time,) or (time, features)")
    if not len(array):
        raise ValueError(f"{where} has no steps")
    own = array.shape[1] if array.ndim == 2 else None
    if own != width:
        said = ["numbers" if n is None else f"{n} features a step" for n in (own, width)]
        raise ValueError(f"{where} has {said[0]}, and sequence 0 {said[1]}")
    steps = _numbers(array, where)
    return steps[:, None] if steps.ndim == 1 else steps


def _numbers(array: Any, where: str) -> Any:
    """Return finite numbers in float64."""
    if np.iscomplexobj(array):
        raise ValueError(f"Complex data not supported: {where} is {array.dtype}")
    try:
        numbers = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{where} must hold numbers, or lists of words, argument must be a string or a number: {error}"
        ) from error
    if not np.isfinite(numbers).all():
        at = tuple(int(k) for k in np.argwhere(~np.isfinite(numbers))[0])
        what = "NaN" if np.isnan(numbers[at]) else "inf"
        names = ("sequence", "step", "feature") if where == "X" else ("step", "feature")
        place = ", ".join(f"{name} {k}" for name, k in zip(names, at, strict=False))
        raise ValueError(f"{where} contains {what} at {place}: fill gaps, or cut them out, before")
    return numbers


def padded(rows: Sequence[Any], fill: Any = 0) -> Any:
    """Return rows ``(time, ...)`` as one array, ``fill`` behind."""
    first = np.asarray(rows[0])
    array = np.full((len(rows), max(map(len, rows)), *first.shape[1:]), fill, first.dtype)
    for row, own in zip(array, rows, strict=True):
        row[: len(own)] = own
    return array
