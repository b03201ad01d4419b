"""Word vectors that others have trained, from a text file: one word per line, followed by its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.locate import DataError


class WordVectors(NamedTuple):
    """Vectors of the words that a file has, by the words' numbers.

    Attributes
    ----------
    rows : integer array, ``(n,)``
        The numbers, increasing.
    vectors : array, ``(n, features)``
    """

    rows: Int
    vectors: Float


def load_vectors(path: str | Path, words: Sequence[str]) -> WordVectors:
    r"""Read the vectors of some words from a file in GloVe's text format, for an `Embedding`'s ``put``.

    Parameters
    ----------
    path : path
        A text file in UTF-8: on each line a word and its numbers, with single spaces between. A first line of two whole
        numbers, the counts of words and features with which word2vec's and fastText's files begin, is passed over.
    words : sequence of str
        The words wanted, in the order of their numbers: a `Vocabulary`'s ``entries``.

    Returns
    -------
    WordVectors

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DataError
        If a line has another number of numbers than the first, or something that is no finite number, the file is not
        text, or it has none of the words; the message names the line.

    Notes
    -----
    J. Pennington, R. Socher and C. D. Manning, "GloVe: global vectors for word representation", EMNLP 2014.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "two.txt"
    ...     _ = path.write_text("play 0.5 -1\nsong 0 2\n")
    ...     load_vectors(path, ["<pad>", "<unknown>", "song", "play"])
    WordVectors(rows=array([2, 3]), vectors=array([[ 0. ,  2. ],
           [ 0.5, -1. ]], dtype=float32))
    """
    numbers = {word: i for i, word in enumerate(words)}
    found: dict[int, Float] = {}
    features = 0
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            for n, line in enumerate(file, start=1):
                if n == 1 and _counts(line):
                    continue
                fields = line.rstrip("\r\n").rstrip(" ").split(" ")
                # Some of GloVe's words hold spaces; their numbers are the last of the line all the same.
                features = features or len(fields) - 1
                word = " ".join(fields[: len(fields) - features])
                if not features or not word:
                    had = f"{len(fields) - 1} numbers, and the first {features}" if features else "no numbers"
                    raise DataError(f"{path}, line {n}: it has {had}: expected a word and its numbers on each line")
                if word in numbers and numbers[word] not in found:
                    found[numbers[word]] = _vector(fields[-features:], path, n)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not text in UTF-8 ({error.reason}): is it still packed, or a binary file?"
        ) from error
    if not found:
        raise DataError(f"{path} has none of the {len(numbers):,} words: are they of another language, or upper case?")
    rows = np.array(sorted(found))
    return WordVectors(rows, np.stack([found[row] for row in rows]))


def _counts(line: str) -> bool:
    fields = line.split()
    return len(fields) == 2 and all(field.isdecimal() for field in fields)


def _vector(fields: list[str], path: str | Path, n: int) -> Float:
    try:
        vector = np.array(fields, np.float32)
    except ValueError as error:
        raise DataError(f"{path}, line {n}: {error}; expected {len(fields)} numbers behind a word") from error
    if not np.isfinite(vector).all():
        raise DataError(f"{path}, line {n}: a number is infinite or NaN")
    return vector
