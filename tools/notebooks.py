"""Normalise, check or execute notebooks: ``python tools/notebooks.py execute book/part1_fundamentals/*.ipynb``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import nbformat

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT_CELL_METADATA = ("nbgrader", "tags", "mystnb", "deletable", "editable")


def normalised(text: str) -> str:
    """Return a notebook's text without what changes from run to run: counts, timings, versions, widgets' state."""
    notebook = nbformat.reads(text, as_version=4)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    executed = any(cell.get("outputs") for cell in notebook.cells)
    count = 0
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: cell.metadata[k] for k in KEPT_CELL_METADATA if k in cell.metadata})
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count if executed else None  # nbval wants a number beside outputs
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count
                if "metadata" in output:
                    output.metadata = nbformat.from_dict({})
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)).rstrip("\n") + "\n"


def normalise(path: Path) -> bool:
    """Normalise a file in place; return whether it was already normal."""
    before = path.read_text(encoding="utf-8")
    after = normalised(before)
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after == before


def execute(path: Path, timeout: int = 600) -> None:
    """Run a notebook in a fresh kernel, in an empty folder, and store its outputs."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        NotebookClient(
            notebook, timeout=timeout, kernel_name="python3", resources=resources, coalesce_streams=True
        ).execute()
    path.write_text(normalised(nbformat.writes(notebook)), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("normalise", "check", "execute"))
    parser.add_argument("notebooks", nargs="+", type=Path)
    arguments = parser.parse_args()
    abnormal = 0
    for path in arguments.notebooks:
        if arguments.action == "execute":
            print(f"executing {path}", flush=True)
            execute(path)
        elif arguments.action == "check":
            if normalised(path.read_text(encoding="utf-8")) != path.read_text(encoding="utf-8"):
                print(f"{path} is not normalised: run `make format`")
                abnormal += 1
        elif not normalise(path):
            print(f"normalised {path}")
            abnormal += 1
    return int(abnormal > 0)


if __name__ == "__main__":
    sys.exit(main())
