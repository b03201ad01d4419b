"""A table as a notebook shows it: HTML with a header, plain columns where there is no HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any


class Table:
    """Rows under a header; the first entry of a row names it.

    Parameters
    ----------
    header : sequence of str
    rows : sequence of sequences
        As long as the header; each entry is shown by ``str``, so numbers come formatted.
    caption : str
        What the figures are, with the number of seeds and what a ± is over.

    Raises
    ------
    ValueError
        If a row is longer or shorter than the header.

    Examples
    --------
    >>> Table(["cell", "weights"], [["rnn", 620], ["lstm", "2,480"]])
    cell  weights
    rnn       620
    lstm    2,480
    """

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[Any]], caption: str = "") -> None:
        self.header, self.caption = list(header), caption
        self.rows = [[str(entry) for entry in row] for row in rows]
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(f"the header has {len(self.header)} entries, a row has {len(row)}: {row}")

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.header)
        body = "".join(
            f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(entry)}</td>" for entry in rest)}</tr>'
            for first, *rest in self.rows
        )
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return f'<table class="figures">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'

    def __repr__(self) -> str:
        lines = [self.header, *self.rows]
        first, *others = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = [
            row[0].ljust(first) + "".join(f"  {e:>{w}}" for e, w in zip(row[1:], others, strict=True)) for row in lines
        ]
        return "\n".join(([self.caption] if self.caption else []) + text)
