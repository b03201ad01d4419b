"""Generated sequences of blocks of three letters, two of them motifs: one question is which of them stands first.

Sequences come in twins. Between any two blocks stand at least two blanks, so no window of three steps touches two
blocks. Twins that differ in the order of their blocks therefore hold exactly the same windows, equally often.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Int, check_choice, check_rng, check_sizes

SYMBOLS = ("", "·", "a", "b", "c")
"""A symbol's number is its place; 0 is padding, "·" the blank between blocks."""
FIRST, SECOND = "abc", "cba"
"""The two motifs."""
OTHERS = tuple(p + q + r for p in "abc" for q in "abc" for r in "abc" if p + q + r not in (FIRST, SECOND))
"""Every other block of three letters."""
QUESTIONS = ("order", "presence")


class Motifs(NamedTuple):
    """Sequences, twins side by side.

    Attributes
    ----------
    x : integer array ``(count, time)``
        Symbol numbers, 0 after each sequence's end.
    lengths : integer array ``(count,)``
    y : integer array ``(count,)``
        The answers: 0 for sequence 2i, 1 for its twin 2i + 1.
    """

    x: Int
    lengths: Int
    y: Int

    def text(self, i: int) -> str:
        """Return sequence ``i`` in symbols."""
        return "".join(SYMBOLS[number] for number in self.x[i, : self.lengths[i]])


def motif_sequences(question: str, twins: int, rng: np.random.Generator, most_blocks: int = 6) -> Motifs:
    """Draw pairs of sequences that differ in the answer alone.

    Parameters
    ----------
    question : {"order", "presence"}
        ``"order"``: both motifs are there, and in the twin they have changed places; the answer is 1 where the second
        motif comes first. ``"presence"``: the twin has the first motif in place of another block; the answer is 1
        where it is there.
    twins : int
        Pairs.
    rng : numpy.random.Generator
    most_blocks : int
        A sequence has 3 to this many blocks, with 2 to 4 blanks before, between and after them.

    Raises
    ------
    ValueError
        If the question is unknown, there are no twins, or fewer than 3 blocks.

    Examples
    --------
    >>> data = motif_sequences("order", 1, np.random.default_rng(0), most_blocks=3)
    >>> data.text(0), data.text(1)
    ('··abc··bcb··cba··', '··cba··bcb··abc··')
    """
    check_choice("question", question, QUESTIONS)
    check_sizes(twins=twins, most_blocks=most_blocks)
    check_rng(rng)
    if most_blocks < 3:
        raise ValueError(f"most_blocks must be at least 3, got {most_blocks}")
    number = {symbol: i for i, symbol in enumerate(SYMBOLS)}
    rows = []
    for count in rng.integers(3, most_blocks + 1, size=twins):
        blocks = [OTHERS[i] for i in rng.integers(len(OTHERS), size=count)]
        gaps = ["·" * k for k in rng.integers(2, 5, size=count + 1)]
        early, late = np.sort(rng.choice(count, 2, replace=False))
        other = blocks[early]
        for answer in range(2):
            if question == "order":
                blocks[early], blocks[late] = (SECOND, FIRST) if answer else (FIRST, SECOND)
            else:
                blocks[early] = FIRST if answer else other
            text = gaps[0] + "".join(block + gap for block, gap in zip(blocks, gaps[1:], strict=True))
            rows.append([number[symbol] for symbol in text])
    lengths = np.array([len(row) for row in rows])
    x = np.zeros((len(rows), lengths.max()), dtype=np.intp)
    for target, row in zip(x, rows, strict=True):
        target[: len(row)] = row
    return Motifs(x, lengths, np.tile([0, 1], twins))
