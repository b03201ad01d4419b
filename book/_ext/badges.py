"""Verdicts of the claims ledger as badges: the word that a row's finding begins with."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

PAGE = "back/claims"
KINDS = {"shown": "shown", "measured": "measured", "corrected": "corrected", "settled": "open", "not": "open"}
VERDICT = re.compile(
    r"(shown|measured|corrected|settled in part|not (?:built|settled|yet measured))\b[:.,]?\s*", re.IGNORECASE
)


def badge(text: str) -> tuple[nodes.inline, str] | None:
    """Return a text's first word as a badge, and the rest; None if it is no verdict.

    >>> badge("measured: hardly")[1]
    'hardly'
    >>> badge("hardly") is None
    True
    """
    found = VERDICT.match(text)
    if not found:
        return None
    verdict = found[1].lower()
    classes = ["verdict", f"verdict-{KINDS[verdict.split()[0]]}"]
    return nodes.inline("", verdict, classes=classes), text[found.end() :]


def mark(app: Sphinx, doctree: Any) -> None:
    """Put a badge before each row's finding."""
    if app.env.docname != PAGE:
        return
    for row in doctree.findall(nodes.row):
        finding = row.children[2] if len(row.children) > 2 else None
        text = next(finding.findall(nodes.Text), None) if finding else None
        made = badge(str(text)) if text is not None else None
        if made is not None:
            marked, rest = made
            parent = text.parent
            at = parent.index(text)
            parent[at : at + 1] = [marked, nodes.Text(f" {rest}")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Mark as the page is read."""
    app.connect("doctree-read", mark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
