"""The picture "where a translator looks": what two networks write for some sentences, and the weights of each word.

For pages without scripts the first sentence's weights stand there as tables.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FILE = Path(__file__).parents[1] / "reader" / "attention.json"
WAYS = {"both": "The encoder reads both ways", "forward": "The encoder reads forward only"}


def stored() -> dict[str, Any]:
    """Return what the networks write and where they look, as `tools/translator_looks.py` has written it."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def table(sentence: dict[str, Any], way: str) -> str:
    """Return a network's weights in hundredths, a row for each written word, a column for each read one."""
    head = "".join(f'<th scope="col">{html.escape(word)}</th>' for word in ("written", *sentence["read"]))
    rows = "".join(
        f'<tr><th scope="row">{html.escape(word)}</th>{"".join(f"<td>{weight}</td>" for weight in weights)}</tr>'
        for word, weights in zip(sentence[way]["written"], sentence[way]["alpha"], strict=True)
    )
    caption = f"<caption>{WAYS[way]}: weights in hundredths</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


class AttentionLines(SphinxDirective):
    """The place on the page, which a script takes over; without scripts the tables stand there."""

    def run(self) -> list[nodes.Node]:
        """Return the markup."""
        self.env.note_dependency(str(FILE))
        sentences = stored()["sentences"]
        tables = "".join(table(sentences[0], way) for way in WAYS)
        numbers = html.escape(json.dumps(sentences, ensure_ascii=False, separators=(",", ":")))
        markup = f'<div class="attention-lines picture" data-attention="{numbers}"><noscript>{tables}</noscript></div>'
        return [nodes.raw("", markup, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("attention-lines", AttentionLines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
