"""After nbgrader's Success a student reads what it cannot see."""

import sys

import mutants as tool
import nbformat
from support import ROOT, run

from birnn_grader.nbgrader.validate import unseen


def test_success_is_followed_by_how_far_it_reaches(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    notebook = nbformat.read(ROOT / "exercises/ps1/ps1.ipynb", as_version=4)
    answers = {**tool.solution(tool.code_cells("ps1")), "explain_last_output": "It has read a single word."}
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    nbformat.write(notebook, tmp_path / "ps1.ipynb")
    done = run([sys.executable, "-m", "nbgrader", "validate", "ps1.ipynb"], cwd=tmp_path)
    assert done.stdout == (
        "Success! Your notebook passes all the tests.\n"
        "That is 4 of 13 points. 7 are given by tests that are not in this notebook, and try your answers on other "
        "numbers; 2 more are given by people, who read what you wrote.\n"
    )


def test_nothing_is_added_where_the_notebook_has_every_test():
    test = {"cell_type": "code", "metadata": {"nbgrader": {"grade": True, "points": 2}}, "source": "assert f(1) == 2"}
    assert unseen([test, {"cell_type": "markdown", "metadata": {}, "source": "text"}]) == ""
