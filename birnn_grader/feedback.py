"""Feedback that students may see: hidden tests stay hidden, and no script survives into the page."""

from __future__ import annotations

import re

import bleach
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import default

HIDDEN = re.compile(r"^[ \t]*#+[ \t]*BEGIN HIDDEN TESTS.*?(?:^[ \t]*#+[ \t]*END HIDDEN TESTS[^\n]*|\Z)", re.M | re.S)
MAX_MESSAGE = 300
# What markdown yields, and nothing that runs, loads or sends: nbconvert's own list lacks paragraphs and headings.
BLOCKS = ("br", "del", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre", "span", "sub", "sup")
TAGS = {*bleach.ALLOWED_TAGS, *BLOCKS, "table", "tbody", "td", "th", "thead", "tr"}
ATTRIBUTES = {"*": ["class", "id"], "a": ["href", "title"]}


class SafeHTMLExporter(HTMLExporter):
    """nbconvert's HTML; every markdown text and every output passes a list of allowed tags."""

    @default("sanitize_html")
    def _sanitize_html_default(self):
        return True

    @pass_context
    def markdown2html(self, context, source):
        """Render markdown and clean it."""
        return bleach.clean(super().markdown2html(context, source), tags=TAGS, attributes=ATTRIBUTES)


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
    the test called it is left out: it saw the hidden numbers.
    """

    def preprocess(self, nb, resources):
        """Clean every cell; say at the top what was unusual in what was handed in."""
        notes = nb.metadata.pop("birnn_grader", {}).get("notes", [])
        nb, resources = super().preprocess(nb, resources)
        if notes:
            lines = [f"- {note[:MAX_MESSAGE]}" for note in notes]
            told = new_markdown_cell("\n".join(["**Unusual in what you handed in**", "", *lines]))
            nb.cells.insert(0, told)
        return nb, resources

    def preprocess_cell(self, cell, resources, index):
        """Hide one cell's hidden parts."""
        theirs = cell.metadata.pop("birnn_grader", {}).get("theirs", False)
        if cell.cell_type != "code":
            return cell, resources
        cell.source, hidden = hide(cell.source)
        if hidden:
            cell.outputs = [output for output in cell.outputs if output.output_type != "stream"]
            for output in cell.outputs:
                if output.output_type == "error":
                    output.evalue = "raised by your function" if theirs else output.evalue[:MAX_MESSAGE]
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources
