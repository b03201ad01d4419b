"""A table on a page is a `birnn_ref.tables.Table`: printed columns break on a phone, and nothing names them."""

import re

import nbformat
import pytest
from support import ROOT

CHAPTERS = [path for path in sorted((ROOT / "book").rglob("*.ipynb")) if "_build" not in path.parts]
LEAST = 3
ENTRY = re.compile(r"\S+(?: \S+)*")
DRAWN = re.compile(r"[▁-█░▒▓]")


def entries(line):
    """Return where the entries of a line begin and end: two blanks part them."""
    return [found.span() for found in ENTRY.finditer(line)]


def in_columns(above, below):
    """Whether two lines have as many entries, two at least, each of them flush left or right with the one above."""
    pairs = list(zip(entries(above), entries(below), strict=False))
    return len(entries(above)) == len(entries(below)) >= 2 and all(a == c or b == d for (a, b), (c, d) in pairs)


def tables(text):
    """Return the tables of a printed text; indented lines and bars of characters are none."""
    found, rows = [], []
    for line in [*text.splitlines(), ""]:
        stands = line[:1] != " " and not DRAWN.search(line)
        if rows and stands and in_columns(rows[-1], line):
            rows.append(line)
        else:
            found += [rows] if len(rows) >= LEAST else []
            rows = [line] if stands else []
    return found


def printed(notebook):
    """Return the tables that a chapter prints."""
    streams = (o for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type == "stream")
    return [table for output in streams for table in tables(output.text)]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_chapter_prints_no_table(path):
    assert printed(nbformat.read(path, as_version=4)) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("cell  weights\nrnn       620\nlstm    2,480\n", 1),
        ("forward 0.7  0.8\nboth    0.8  0.9\n", 0),
        ("a  b\nc  d\ne  f\n\na  b\nc  d\ne  f\n", 2),
        ("one thing is said\nand another\nand a third\n", 0),
        ("nine  |░▒▓|\ntwo   |▓▒░|\nsix   |▓▓░|\n", 0),
        ("SNIPS:\n  train       <20 of 2>\n  validation  <10 of 2>\n  test        <10 of 2>\n", 0),
    ],
    ids=["a table", "two lines", "two tables", "sentences", "a drawing", "what a set consists of"],
)
def test_a_printed_table_is_found(text, count):
    output = nbformat.v4.new_output("stream", name="stdout", text=text)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output])])
    assert len(printed(notebook)) == count
