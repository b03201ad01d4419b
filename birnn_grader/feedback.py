"""Feedback that students may see: hidden tests stay hidden, and no script survives into the page."""

from __future__ import annotations

import re

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import clean_html
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import default

HIDDEN = re.compile(r"^[ \t]*#+[ \t]*BEGIN HIDDEN TESTS.*?(?:^[ \t]*#+[ \t]*END HIDDEN TESTS[^\n]*|\Z)", re.M | re.S)
MAX_MESSAGE = 300


class SafeHTMLExporter(HTMLExporter):
    """nbconvert's HTML; every markdown text and every output passes a list of allowed tags."""

    @default("sanitize_html")
    def _sanitize_html_default(self):
        return True

    @pass_context
    def markdown2html(self, context, source):
        """Render markdown and clean it."""
        return clean_html(super().markdown2html(context, source))


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
        """Clean every cell, and drop the notes for the instructor."""
        nb.metadata.pop("birnn_grader", None)
        return super().preprocess(nb, resources)

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
