"""A chapter of Part III runs when it is copied out of its page: block after block, into one file in an empty folder.

A reader copies every block, folded ones too. What works in Jupyter alone (a magic, ``display``), a path that leads out
of the notebook's folder or a name that no earlier block defines is found here. The two scripts that one page shows are
run by ``test_at_work``. That every name is defined is looked at for all of them at once, which takes a second.
"""

import json
import re
import sys

import nbformat
import pytest
from chapters import cells_of, chapters
from support import run

PART = [path for path in chapters(("part3_",)) if path.suffix == ".ipynb"]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
UNDEFINED = "E9,F821"
"""Ruff's rules: what cannot be parsed, and names that nothing before defines."""


def copied(cells):
    """Return what a reader copies: cells of code, and blocks of Python in the text, in the page's order."""
    blocks = [[cell.source] if cell.cell_type == "code" else BLOCK.findall(cell.source) for cell in cells]
    return "\n\n".join(block.rstrip("\n") for found in blocks for block in found) + "\n"


def run_copied(cells, folder):
    """Run what was copied as a file of its own, on the stand-in, in a process that knows no notebook."""
    empty = folder / "empty"
    empty.mkdir()
    (empty / "copied.py").write_text(copied(cells), encoding="utf-8")
    return run(
        [sys.executable, "copied.py"], cwd=empty, check=False, BIRNN_DATA="embedded", BIRNN_CACHE=folder / "no-cache",
        MPLBACKEND="agg", TF_CPP_MIN_LOG_LEVEL="3", IPYTHONDIR=folder / "ipython", PYTHONPATH=None,
    )  # fmt: skip


def undefined(folder, pages):
    """Return what is wrong with the files copied from pages, by their name."""
    for name, cells in pages.items():
        (folder / f"{name}.py").write_text(copied(cells), encoding="utf-8")
    done = run(
        ["ruff", "check", "--isolated", "--select", UNDEFINED, "--output-format", "json", folder], cwd=folder,
        check=False,
    )  # fmt: skip
    return [f"{fault['filename'].split('/')[-1]}: {fault['message']}" for fault in json.loads(done.stdout)]


@pytest.mark.parametrize("path", PART, ids=lambda path: path.stem)
def test_copied_into_an_empty_folder_it_runs(path, tmp_path):
    done = run_copied(cells_of(path), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("all checks hold\n")


def test_no_block_uses_a_name_that_none_before_it_defines(tmp_path):
    assert undefined(tmp_path, {path.stem: cells_of(path) for path in PART}) == []


class TestPlanted:
    first = nbformat.v4.new_code_cell("import numpy as np\n\nx = np.ones(3)")
    text = nbformat.v4.new_markdown_cell("Then:\n\n```python\ny = x + 1\n```\n\nand so on.")
    last = nbformat.v4.new_code_cell("assert y.sum() == 6\nprint('all checks hold')")

    def test_all_blocks_in_their_order_run(self, tmp_path):
        done = run_copied([self.first, self.text, self.last], tmp_path)
        assert (done.returncode, done.stdout) == (0, "all checks hold\n"), done.stderr
        assert undefined(tmp_path, {"page": [self.first, self.text, self.last]}) == []

    @pytest.mark.parametrize(("left_out", "name"), [(0, "np"), (1, "y")], ids=["the imports", "a block in the text"])
    def test_a_block_that_is_missing_is_found(self, left_out, name, tmp_path):
        cells = [self.first, self.text, self.last]
        if left_out == 0:
            cells[0] = nbformat.v4.new_code_cell("x = np.ones(3)")
        else:
            del cells[1]
        done = run_copied(cells, tmp_path)
        assert done.returncode == 1
        assert f"NameError: name '{name}' is not defined" in done.stderr
        assert undefined(tmp_path / "empty", {"copied": cells}) == [f"copied.py: Undefined name `{name}`"]

    @pytest.mark.parametrize("source", ["display(x)", "%matplotlib inline", "get_ipython()"])
    def test_what_works_in_jupyter_alone_is_found(self, source, tmp_path):
        cells = [self.first, nbformat.v4.new_code_cell(source)]
        assert undefined(tmp_path, {"page": cells}) != []
        assert run_copied(cells, tmp_path).returncode == 1
