"""Under each chapter's title: how long it takes to read, and the exercise that goes with it."""

from __future__ import annotations

import math
import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

WORDS_A_MINUTE, LINES_A_MINUTE = 180, 20
"""Of prose, and of code; outputs, figures, formulas and folded code are not counted."""
PASSED_OVER = {"cell_output", "tag_hide-input", "tag_hide-cell"}
CHAPTER = re.compile(r"part\d_")
EXERCISE = re.compile(r"(?:problem set |exercises/ps)(\d+)", re.IGNORECASE)

logger = logging.getLogger(__name__)


def minutes(document: nodes.document) -> int:
    """Minutes of reading, rounded up."""
    words = lines = 0
    for text in document.findall(nodes.Text):
        inside = {type(node) for node in _ancestors(text)}
        if nodes.literal_block in inside:
            lines += sum(bool(line.strip()) for line in text.splitlines()) if not _is_passed_over(text) else 0
        elif not inside & {nodes.raw, nodes.math, nodes.math_block, nodes.comment}:
            words += len(text.split())
    return max(1, math.ceil(words / WORDS_A_MINUTE + lines / LINES_A_MINUTE))


def _ancestors(node: nodes.Node) -> list[nodes.Node]:
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def _is_passed_over(node: nodes.Node) -> bool:
    return any(PASSED_OVER & set(parent.get("classes", [])) for parent in _ancestors(node))


def add_facts(app: Sphinx, document: nodes.document) -> None:
    """Put the line after a chapter's title; a chapter without an exercise is an error."""
    page = app.env.docname
    title = next(document.findall(nodes.title), None)
    if title is None or not CHAPTER.match(page):
        return
    section = next((s for s in document.findall(nodes.section) if "exercise" in s["ids"]), None)
    sets = sorted(set(EXERCISE.findall(section.astext()))) if section else []
    if not sets:
        logger.warning("%s: no section Exercise that names a problem set", page)
        return
    sets_named = f"problem set{'s' * (len(sets) > 1)} {' and '.join(sets)}"
    link = nodes.reference("", sets_named, internal=True, refid=section["ids"][0])
    line = nodes.paragraph("", f"Reading time: {minutes(document)} min. Exercise: ", link, classes=["chapter-facts"])
    title.parent.insert(title.parent.index(title) + 1, line)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the line as each page is read."""
    app.connect("doctree-read", add_facts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
