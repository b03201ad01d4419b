"""SNIPS: what people say to an assistant, with the intent of each utterance and the slots of its words."""

from __future__ import annotations

import re

from birnn_ref.datasets.shipped import shipped
from birnn_ref.datasets.tagged import Sentence, TaggedData

PIECE = re.compile(r"([^[]*)(?:\[([^]]*)\]\((\w+)\))?")
"""Text outside of any slot and, unless the utterance ends there, ``[words](slot)``."""

DROPPED = str.maketrans(dict.fromkeys("!',.;?", " "))
"""What the usual form of these utterances leaves out; every other sign stays in its word."""


def load_snips(*, min_count: int = 1) -> TaggedData:
    """Load the SNIPS utterances, which lie in the package: no network is needed.

    The split is the usual one, 13,084 / 700 / 700, as Goo et al. made it: validation is SNIPS's own validation files,
    a hundred for each of the seven intents; test is 700 utterances of its training files, drawn at random; train is the
    rest of these. The words are theirs too: in lower case, without the signs ``! ' , . ; ?``.
    Of the test utterances 26 occur in train, word for word.

    Parameters
    ----------
    min_count : int
        Words that occur less often than this in train are unknown.

    Returns
    -------
    TaggedData
        Splits with ``ids``, ``lengths``, ``tags`` (39 slots in BIO, "O" the first), ``labels`` (7 intents) and
        ``words``; sequences are in an order unrelated to their content.

    Raises
    ------
    DataError
        If the package's own file is damaged.

    Notes
    -----
    A. Coucke et al., "Snips Voice Platform", arXiv:1805.10190 (2018); CC0. The split: C.-W. Goo et al., "Slot-gated
    modeling for joint slot filling and intent prediction", NAACL 2018.

    Examples
    --------
    >>> data = load_snips()
    >>> data.show(2)
    GetWeather: tell me when it ll be [sunny: condition_description] in [ralls: city] [marshall islands: country]
    RateBook: rate [this current: object_select] [novel: object_type] [1: rating_value] out of [6: best_rating] \
[points: rating_unit]
    >>> data["test"].ids.shape, len(data.tag_names), len(data.label_names)
    ((700, 24), 72, 7)
    """
    parts = {name: _read(shipped(f"snips/{name}.txt").decode()) for name in ("train", "validation", "test")}
    return TaggedData.of("SNIPS", parts, "package", min_count=min_count)


def _read(text: str) -> list[Sentence]:
    sentences = []
    for line in text.removesuffix("\n").split("\n"):
        intent, utterance = line.split("\t")
        words: list[str] = []
        tags: list[str] = []
        for text, span, slot in PIECE.findall(utterance):
            outside, inside = _words(text), _words(span)
            words += outside + inside
            tags += ["O"] * len(outside) + [f"{'I' if n else 'B'}-{slot}" for n in range(len(inside))]
        sentences.append(Sentence(tuple(words), tuple(tags), intent))
    return sentences


def _words(text: str) -> list[str]:
    return text.lower().translate(DROPPED).split()
