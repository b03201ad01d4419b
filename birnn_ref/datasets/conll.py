"""Sentences from column files, as tagged text is mostly published: one word per line, a blank line after a sentence.

CoNLL-U, the form of Universal Dependencies, is one of them: its words are in the second column.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from pathlib import Path

from birnn_ref.datasets.locate import DAMAGED, DataError
from birnn_ref.datasets.tagged import OUTSIDE, Sentence, TaggedData

UPOS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ",
    "SYM", "VERB", "X",
)  # fmt: skip
"""The universal parts of speech."""

SKIPPED = ["#"]
"""Stands for a line that is not a word and does not end a sentence."""


def load_conll(
    train: str | Path, validation: str | Path, test: str | Path, *, word: int = 0, tag: int = -1, bio: bool = True,
    min_count: int = 1,
) -> TaggedData:  # fmt: skip
    """Load your own tagged sentences from three column files.

    Parameters
    ----------
    train, validation, test : str or Path
        Files in UTF-8, packed by gzip or not: one word per line with its columns, a blank line after each
        sentence; CoNLL's ``-DOCSTART-`` ends a sentence too.
    word, tag : int
        The columns of the word and of its tag; -1 is the last.
    bio : bool
        Whether the tags must be BIO: O, B-x, or I-x after a B-x or an I-x.
    min_count : int
        Words that occur less often than this in train are unknown.

    Returns
    -------
    TaggedData
        Splits with ``ids``, ``lengths``, ``tags`` and ``words``.

    Raises
    ------
    DataError
        If a file is missing or damaged, a column is missing, or a tag cannot be; the message names file and line.
    """
    files = {"train": train, "validation": validation, "test": test}
    parts = {name: read_conll(path, word=word, tag=tag, bio=bio) for name, path in files.items()}
    known = {name for sentence in parts["train"] for name in sentence.tags}
    for name, sentences in parts.items():
        if new := {name for sentence in sentences for name in sentence.tags} - known:
            raise DataError(f"{files[name]} has tags that {train} lacks: {', '.join(sorted(new))}")
    return TaggedData.of(Path(train).name, parts, "folder", min_count=min_count)


def read_conll(path: str | Path, *, word: int = 0, tag: int = -1, bio: bool = True) -> list[Sentence]:
    """Read the sentences of one column file; arguments and errors are those of `load_conll`."""
    rows = ([] if line.startswith("-DOCSTART-") else line.split() for line in _lines(Path(path)))
    width = max(2, *(-column if column < 0 else column + 1 for column in (word, tag)))
    return _sentences(path, rows, width, word, tag, _is_bio if bio else lambda before, tag: "")


def read_conllu(path: str | Path, tags: tuple[str, ...] = UPOS) -> list[Sentence]:
    """Read the words and universal parts of speech of a CoNLL-U file.

    Comments are left out, and so are the words that stand for two (``don't`` beside ``do`` and ``n't``) or for none.

    Parameters
    ----------
    path : str or Path
    tags : tuple of str
        All tags there may be.

    Raises
    ------
    DataError
        If the file is missing or damaged, lacks a column, or has another tag; the message names file and line.
    """

    def rows() -> Iterable[list[str]]:
        for line in _lines(Path(path)):
            number = line.partition("\t")[0]
            if not (line.startswith("#") or "-" in number or "." in number):
                yield line.split("\t") if line else []
            else:
                yield SKIPPED

    return _sentences(path, rows(), 10, 1, 3, lambda _, tag: "" if tag in tags else f"none of {', '.join(tags)}")


def _sentences(
    path: str | Path, rows: Iterable[list[str]], width: int, word: int, tag: int, fault: Callable[[str, str], str]
) -> list[Sentence]:
    """Gather rows of columns, empty between sentences; ``fault`` tells what is wrong with a tag after the last."""
    sentences: list[Sentence] = []
    words: list[str] = []
    tags: list[str] = []
    for number, columns in enumerate((*rows, []), start=1):
        if columns is SKIPPED:
            continue
        if not columns:
            if words:
                sentences.append(Sentence(tuple(words), tuple(tags)))
                words, tags = [], []
            continue
        if len(columns) < width:
            raise DataError(
                f"{path}, line {number}: a word needs {width} columns, and there are {len(columns)}: {columns}. "
                f"Is the file cut off, or are its columns separated by something else?"
            )
        if wrong := fault(tags[-1] if tags else OUTSIDE, columns[tag]):
            raise DataError(f"{path}, line {number}: the tag {columns[tag]!r} of {columns[word]!r} is {wrong}")
        words.append(columns[word])
        tags.append(columns[tag])
    if not sentences:
        raise DataError(f"{path} holds no sentence. Is it the right file?")
    return sentences


def _is_bio(before: str, tag: str) -> str:
    goes_on = tag[:2] == "I-" and before != OUTSIDE and before[2:] == tag[2:]
    if tag == OUTSIDE or goes_on or (tag[:2] == "B-" and tag[2:]):
        return ""
    return f"not BIO after {before!r}: it must be O, B-x, or I-x right after B-x or I-x. bio=False takes any tags"


def _lines(path: Path) -> list[str]:
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        return raw.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text ({error}): save it as UTF-8.") from error
    except DAMAGED as error:
        raise DataError(f"{path} cannot be read, or is damaged: {error}. Fetch it again.") from error
