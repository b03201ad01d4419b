"""Translators without a network: each word's most likely translation, and the nearest sentence that is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.pairs import PairData
from birnn_ref.datasets.splits import Split
from birnn_ref.train import Pairs

NULL = 0
"""What stands before every sentence that is read, for written words that come from none of it."""
COPIED = "*"
"""Stands before a word that was copied because no translation is known."""


def pairs_of(part: Split) -> Pairs:
    """Return a part's ids and targets as `Seq2Seq` learns them."""
    assert part.ids is not None
    assert part.targets is not None
    assert part.target_lengths is not None
    return Pairs(part.ids, part.lengths, part.targets, part.target_lengths)


def word_table(ids: Int, targets: Int, rounds: int = 5) -> Float:
    r"""Learn which word becomes which from whole sentences: IBM model 1, by expectation maximisation.

    Parameters
    ----------
    ids : integer array, ``(count, time)``
        What is read, padded with 0.
    targets : integer array, ``(count, target time)``
        Its translations, without start and end, padded with 0.
    rounds : int

    Returns
    -------
    array, ``(ids, target ids)``
        t(e | f), the chance that a read word f is written as e; row 0 is that of `NULL`.

    Notes
    -----
    P. F. Brown et al., "The mathematics of statistical machine translation", Computational Linguistics 19 (1993).

    Examples
    --------
    *das haus, das buch, ein buch* and *the house, the book, a book*: what occurs with what tells the words apart.

    >>> t = word_table(np.array([[1, 2], [1, 3], [4, 3]]), np.array([[1, 2], [1, 3], [4, 3]]), rounds=20)
    >>> t[1:].argmax(axis=1)
    array([1, 2, 3, 4])
    """
    read = np.pad(ids, ((0, 0), (1, 0)), constant_values=NULL)
    shape = int(read.max()) + 1, int(targets.max()) + 1
    linked = (np.pad(ids, ((0, 0), (1, 0)), constant_values=1) > 0)[:, :, None] & (targets > 0)[:, None]
    places = read[:, :, None] * shape[1] + targets[:, None]  # (count, time + 1, target time)
    known, entry = np.unique(places[linked], return_inverse=True)
    sentence, _, step = np.nonzero(linked)
    written = sentence * targets.shape[1] + step
    rows, chance = known // shape[1], np.ones(len(known))
    for _ in range(rounds):
        share = chance[entry]
        share /= np.bincount(written, share)[written]
        counts = np.bincount(entry, share)
        chance = counts / np.bincount(rows, counts)[rows]
    table = np.zeros(shape, np.float32)
    table.reshape(-1)[known] = chance
    return table


def word_for_word(data: PairData, part: Split) -> list[list[str]]:
    """Translate each word of a part by itself, in the order in which the words stand."""
    train = data["train"]
    assert train.ids is not None
    assert train.targets is not None
    assert train.target_lengths is not None
    assert part.ids is not None
    assert part.words is not None
    assert data.vocabulary is not None
    assert data.target_vocabulary is not None
    inner = np.arange(1, train.targets.shape[1]) < train.target_lengths[:, None] - 1
    best = word_table(train.ids, np.where(inner, train.targets[:, 1:], 0)).argmax(axis=1)
    words = ["".join(data.target_vocabulary.decode([i])) for i in best]
    unknown = data.vocabulary.encode([""])[0]
    return [
        [COPIED + word if i == unknown else words[i] for i, word in zip(row, read, strict=False)]
        for row, read in zip(part.ids, part.words, strict=True)
    ]


def nearest(train: Split, read: Sequence[Sequence[str]]) -> list[list[str]]:
    """Say what the known sentence says that has most in common: the cosine of word counts, rare words weighing more."""
    assert train.words is not None
    assert train.target_words is not None
    occurs: defaultdict[str, list[int]] = defaultdict(list)
    for i, known in enumerate(train.words):
        for word in set(known):
            occurs[word].append(i)
    places = {word: np.array(rows) for word, rows in occurs.items()}
    weight = {word: np.log(len(train.words) / len(rows)) ** 2 for word, rows in places.items()}
    norms = np.sqrt([sum(weight[word] for word in set(words)) + 1e-9 for words in train.words])
    said = []
    for words in read:
        shared = np.zeros(len(norms))
        for word in set(words) & places.keys():
            shared[places[word]] += weight[word]
        said.append(list(train.target_words[int((shared / norms).argmax())]))
    return said
