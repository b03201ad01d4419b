"""Feedback that students may see: hidden tests stay hidden, no script survives, and the page needs no network."""

from __future__ import annotations

import re
from typing import Any

import bleach
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import GetGrades, NbGraderPreprocessor
from traitlets import default

from birnn_grader.nbgrader import formulas

HIDDEN = re.compile(r"^[ \t]*#+[ \t]*BEGIN HIDDEN TESTS.*?(?:^[ \t]*#+[ \t]*END HIDDEN TESTS[^\n]*|\Z)", re.M | re.S)
MAX_MESSAGE = 300
# What markdown yields, and nothing that runs, loads or sends: nbconvert's own list lacks paragraphs and headings.
BLOCKS = ("br", "del", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre", "span", "sub", "sup")
TAGS = {*bleach.ALLOWED_TAGS, *BLOCKS, "table", "tbody", "td", "th", "thead", "tr"}
ATTRIBUTES = {"*": ["class", "id"], "a": ["href", "title"]}


class SafeHTMLExporter(HTMLExporter):
    """nbconvert's HTML; every markdown text and every output passes a list of allowed tags."""

    @default("sanitize_html")
    def _sanitize_html_default(self) -> bool:
        return True

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Render markdown and clean it."""
        return formulas.render(source, lambda page: bleach.clean(page, tags=TAGS, attributes=ATTRIBUTES))


class Marks(GetGrades):
    """nbgrader's step that takes the marks from the gradebook; it also says which marks are not there yet."""

    def _get_score(self, cell: Any, resources: Any) -> None:
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(
            cell.metadata.nbgrader["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        cell.metadata.nbgrader["waiting"] = grade.auto_score is None and grade.manual_score is None


def title(cell: dict[str, Any]) -> str:
    r"""Return what a marked cell is called; a test is called by its first comment.

    Examples
    --------
    >>> title({"cell_type": "code", "source": "# On other sizes.\nf(1)", "metadata": {"nbgrader": {"grade_id": "t"}}})
    'On other sizes'
    """
    settings = cell["metadata"]["nbgrader"]
    if settings.get("task"):
        return "Task"
    if settings.get("solution"):
        return "Your answer"
    comment = re.match(r"\s*#+[ \t]*(?!BEGIN |END )(.+)", cell["source"])
    return comment[1].strip().rstrip(".") if comment else f"Test {settings['grade_id']}"


def contents(cells: list[Any]) -> list[dict[str, Any]]:
    """Return the page's index: under each heading the cells that are marked."""
    parts: list[dict[str, Any]] = []
    heading = ""
    for cell in cells:
        found = re.search(r"^#+ +(.+)$", cell.source, re.M) if cell.cell_type == "markdown" else None
        settings = cell.metadata.get("nbgrader", {})
        if found and not settings.get("solution"):
            heading = found[1].strip()
        if settings.get("grade") or settings.get("task") or settings.get("comment"):
            if not parts or parts[-1]["heading"] != heading:
                parts.append({"heading": heading, "cells": []})
            parts[-1]["cells"].append(settings)
    return parts


def hide(source: str) -> tuple[str, bool]:
    r"""Return a test's source without its hidden regions, and whether it had any.

    Examples
    --------
    >>> hide("# Your function on other sizes.\n### BEGIN HIDDEN TESTS\nassert f(3) == 9\n### END HIDDEN TESTS")
    ('# Your function on other sizes.', True)
    """
    left = HIDDEN.sub("", source)
    return (left.rstrip(), True) if left != source else (source, False)


class HideHiddenTests(NbGraderPreprocessor):
    """Take the hidden regions out of tests, and out of their outputs what a student's code could carry away.

    Of a hidden test stay the score and the test's own message; what the student's code printed or put in an error while
    the test called it is left out: it saw the hidden numbers. The grader says in its own words which call it was, the
    shapes of what it was given, and the line of the student's code.
    """

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Clean every cell; say at the top what was unusual in what was handed in."""
        notes = nb.metadata.pop("birnn_grader", {}).get("notes", [])
        nb, resources = super().preprocess(nb, resources)
        for cell in nb.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id"):
                cell.metadata.nbgrader["title"] = title(cell)
        resources["nbgrader"]["contents"] = contents(nb.cells)
        waiting = [c.metadata.nbgrader for c in nb.cells if c.metadata.get("nbgrader", {}).get("waiting")]
        resources["nbgrader"]["open"] = sum(settings["points"] for settings in waiting)
        if notes:
            lines = [f"- {note[:MAX_MESSAGE]}" for note in notes]
            told = new_markdown_cell("\n".join(["**Unusual in what you handed in**", "", *lines]))
            nb.cells.insert(0, told)
        return nb, resources

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> Any:
        """Hide one cell's hidden parts."""
        said = cell.metadata.pop("birnn_grader", {})
        if cell.cell_type != "code":
            return cell, resources
        cell.source, hidden = hide(cell.source)
        if hidden:
            cell.outputs = [output for output in cell.outputs if output.output_type != "stream"]
            for output in cell.outputs:
                if output.output_type == "error":
                    words = "raised by your function" if said.get("theirs") else output.evalue[:MAX_MESSAGE]
                    output.evalue = f"{words}, in {said['call']}" if said.get("call") else words
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources
