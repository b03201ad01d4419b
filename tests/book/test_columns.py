"""Code on a page has at most 88 characters a line: what is longer scrolls, and on paper it breaks anywhere."""

import re

import nbformat
import pytest
from support import ROOT

WIDEST = 88
FOLDERS = ("book", "solutions", "exercises", "birnn_grader/template")
BLOCK = re.compile(r"^ *```(?:python|\{code-cell\}).*?\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
NOTEBOOKS = [
    path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.ipynb")) if "_build" not in path.parts
]
PAGES = sorted((ROOT / "book").rglob("*.md"))


def code(path):
    """Return a page's pieces of code: cells, and blocks of Python in its text."""
    if path.suffix == ".md":
        return BLOCK.findall(path.read_text(encoding="utf-8"))
    cells = nbformat.read(path, as_version=4).cells
    text = (block for cell in cells if cell.cell_type == "markdown" for block in BLOCK.findall(cell.source))
    return [*(cell.source for cell in cells if cell.cell_type == "code"), *text]


def too_wide(pieces):
    """Return the lines that are longer than a page shows."""
    return [line for piece in pieces for line in piece.splitlines() if len(line) > WIDEST]


@pytest.mark.parametrize("path", [*NOTEBOOKS, *PAGES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_code_fits_the_page(path):
    assert too_wide(code(path)) == []


def test_a_long_line_is_found_in_a_cell_and_in_a_text(tmp_path):
    long = f"x = {'1' * WIDEST}"
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell(f"y = 1\n{long}"),
        nbformat.v4.new_markdown_cell(f"A text.\n\n```python\n{long}\n```\n\n{'word ' * 30}"),
    ]
    nbformat.write(notebook, tmp_path / "wide.ipynb")
    assert too_wide(code(tmp_path / "wide.ipynb")) == [long, long]
