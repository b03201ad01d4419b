"""Chapters in reading order, and what of them is read: prose, and code that is not folded."""

import re

import nbformat
import yaml
from support import ROOT

BOOK = ROOT / "book"
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
PARTS = ("part1_", "part2_")


def chapters(parts=PARTS):
    """Return the paths of some parts' pages, those of Parts I and II if not told, in the order of the contents."""
    contents = yaml.safe_load((BOOK / "_toc.yml").read_text())["parts"]
    names = [page["file"] for part in contents for page in part["chapters"]]
    return [next(BOOK.glob(f"{name}.[im]*")) for name in names if name.startswith(parts)]


def cells_of(path):
    """Return a notebook's cells; a page of text is one cell of prose."""
    if path.suffix == ".md":
        return [nbformat.v4.new_markdown_cell(path.read_text(encoding="utf-8"))]
    return nbformat.read(path, as_version=4).cells


def prose(cells):
    """Return the text of prose cells, without formulas, code, roles and where links lead; a glossary's term is bold."""
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    text = re.sub(r"\{term\}`([^`]+)`", r"**\1**", text)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|(\{[\w:]+\})?`[^`]*`", " ", text, flags=re.DOTALL)
    return re.sub(r"\]\([^)]*\)|https?://\S+|^\([\w-]+\)=$", " ", text, flags=re.MULTILINE)


def shown_lines(cells):
    """Return how many lines of code a reader sees without opening anything; empty lines do not count."""
    code = [cell for cell in cells if cell.cell_type == "code" and not FOLDED & set(cell.metadata.get("tags", []))]
    return sum(bool(line.strip()) for cell in code for line in cell.source.splitlines())
