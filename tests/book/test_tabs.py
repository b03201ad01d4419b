"""Code that stands in tabs is not executed where it stands: each line of it is one of an executed cell."""

import re

import nbformat
import pytest
from support import ROOT

CHAPTERS = [path for path in sorted((ROOT / "book").glob("*/*.ipynb")) if "{tab-set}" in path.read_text("utf-8")]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def lines(source):
    return {line.strip() for line in source.splitlines()} - {""}


def not_executed(cells):
    """Return the lines in tabs that no executed cell has."""
    shown = [cell.source for cell in cells if cell.cell_type == "markdown" and "{tab-set}" in cell.source]
    executed = set().union(*(lines(cell.source) for cell in cells if cell.cell_type == "code"))
    return sorted(set().union(*(lines(block) for text in shown for block in BLOCK.findall(text))) - executed)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_what_tabs_show_is_executed(path):
    assert not_executed(nbformat.read(path, as_version=4).cells) == []


def test_a_line_that_is_not_is_found():
    tabs = nbformat.v4.new_markdown_cell("::::{tab-set}\n```python\na = 1\nb = 2\n```\n::::")
    assert not_executed([tabs, nbformat.v4.new_code_cell("a = 1")]) == ["b = 2"]
