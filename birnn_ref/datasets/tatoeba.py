"""French sentences and their English translations, from Tatoeba."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from birnn_ref._checks import check_choice, check_sizes
from birnn_ref.datasets.locate import DAMAGED, DataError, RemoteFile, locate
from birnn_ref.datasets.pairs import Pair, PairData, related, text_numbers
from birnn_ref.datasets.shipped import shipped

WHOLE = RemoteFile(
    "tatoeba/fra-eng.zip",
    "https://raw.githubusercontent.com/genimind/seq2seq/4f3f8eb0adde54fcc8b89394336b002e7961244c/fra-eng.zip",
    "sha256:16c4f7d0df9e7c5e6c54cdb0447f3f4a18a55052ff5e2e0b27dd4a06c0e49d04",
    3,
)
PAIRS = 142_787
"""What the whole set holds."""
SHORT = "tatoeba/short.tsv"
WORDS = {"english": re.compile(r"\w+(?:[-'’.]\w+)*|[^\w\s]"), "french": re.compile(r"\w+['’]|\w+(?:-\w+)*|[^\w\s]")}
"""An English word keeps its apostrophe (*don't*); a French one ends with it (*j' espère*); a sign is a word."""
HELD_OUT = 0.05
"""The share of all sentences that is in validation, and the share that is in test."""


def load_tatoeba(
    reads: str = "french", *, whole: bool = False, max_words: int | None = None, min_count: int = 1,
    progress: bool = True,
) -> PairData:  # fmt: skip
    """Load French–English pairs: 20,000 short ones that lie in the package, or all 142,787 (3 MB to download, once).

    Many sentences have several translations. Pairs that share a sentence, directly or through others, are in the same
    part, so that no sentence of test, in either language, occurs in train. Train, validation and test hold 90, 5 and
    5 % of all such groups, chosen by a checksum of their text.

    Parameters
    ----------
    reads : {"french", "english"}
        The language of ``ids``; that of ``targets`` is the other.
    whole : bool
        Load all pairs, not the short ones of the package, which have six words and signs at most on either side.
    max_words : int, optional
        Leave out pairs with more words and signs than this on either side.
    min_count : int
        Words that occur less often than this in train are unknown.
    progress : bool
        Show a progress bar while downloading.

    Returns
    -------
    PairData
        Splits with ``ids``, ``lengths``, ``targets``, ``target_lengths``, ``words`` and ``target_words``, in lower
        case. Groups are in an order unrelated to their content; a group's pairs are neighbours.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or leaves no pair.
    DataError
        If a file is missing, cannot be downloaded, or is damaged.

    Notes
    -----
    Sentences by the contributors of https://tatoeba.org, CC BY 2.0 FR, gathered in pairs by
    https://www.manythings.org/anki.

    Examples
    --------
    >>> data = load_tatoeba()
    >>> data.show(2)
    rome est une ville ancienne . → rome is an old city .
    j' ai mangé des pommes . → i ate apples .
    >>> data["test"].ids.shape, data["test"].targets.shape
    ((1075, 6), (1075, 8))
    >>> data.target_vocabulary.decode(data["train"].targets[1])
    ['<start>', 'i', 'ate', 'apples', '.', '<end>']
    """
    check_choice("reads", reads, tuple(WORDS))
    if max_words is not None:
        check_sizes(max_words=max_words)
    source = "package"
    if whole:
        found = locate(WHOLE, progress)
        source, lines = found.source, read_whole(found.path)
    else:
        lines = shipped(SHORT).decode().removesuffix("\n").split("\n")
    pairs = [pair for pair in words_of(lines) if max_words is None or max(map(len, pair)) <= max_words]
    if not pairs:
        raise ValueError(f"max_words={max_words} leaves no pair")
    groups = related(pairs)
    parts: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    numbers = text_numbers(pairs, groups)
    for place in numbers[:, 0].argsort(kind="stable"):
        share = numbers[place, 1] / 2**32
        part = "test" if share < HELD_OUT else "validation" if share < 2 * HELD_OUT else "train"
        parts[part] += [pairs[i] if reads == "french" else pairs[i][::-1] for i in groups[place]]
    name = "Tatoeba, French to English" if reads == "french" else "Tatoeba, English to French"
    return PairData.of(name, parts, source, min_count=min_count)


def words_of(lines: Iterable[str]) -> list[Pair]:
    """Return the words of each line's French and English, in lower case, each pair once."""
    pairs: dict[Pair, None] = {}
    for line in lines:
        english, french = line.lower().split("\t")
        pairs[tuple(WORDS["french"].findall(french)), tuple(WORDS["english"].findall(english))] = None
    return list(pairs)


def read_whole(path: Path) -> list[str]:
    """Return the published file's lines: English, a tab, French.

    Raises
    ------
    DataError
        If it is not the published file, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            lines = archive.read("fra.txt").decode("utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: fra.txt is not UTF-8 text ({error}). Fetch {WHOLE.url} again.") from error
    except DAMAGED as error:
        raise DataError(f"{path} is damaged or is not fra-eng.zip: {error}. Fetch {WHOLE.url} again.") from error
    for number, line in enumerate(lines, start=1):
        if line.count("\t") != 1:
            raise DataError(
                f"{path}: line {number} of fra.txt has {line.count(chr(9)) + 1} columns, not English and French: "
                f"{line[:60]!r}. Newer files of manythings.org have a third one; fetch {WHOLE.url}."
            )
    if len(lines) != PAIRS:
        raise DataError(f"{path} holds {len(lines):,} pairs, not {PAIRS:,}. Fetch {WHOLE.url} again.")
    return lines
