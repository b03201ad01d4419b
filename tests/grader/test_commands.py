"""The instructor's five commands, as the README shows them, on a course folder of its own."""

import csv
import shutil

import nbformat
import pytest
from support import ROOT, run

pytestmark = pytest.mark.usefixtures("bwrap")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder with one problem set, handed in as the solution and as a blank."""
    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    shutil.copytree(ROOT / "solutions" / "ps1", course / "solutions" / "ps1")
    run(["nbgrader", "generate_assignment", "ps1", "--create"], cwd=course)
    shutil.copytree(course / "solutions" / "ps1", course / "submitted" / "right" / "ps1")
    shutil.copytree(course / "exercises" / "ps1", course / "submitted" / "blank" / "ps1")
    own = nbformat.read(course / "submitted" / "blank" / "ps1" / "ps1.ipynb", 4)
    own.cells.append(nbformat.v4.new_code_cell("def helper():\n    pass"))
    nbformat.write(own, course / "submitted" / "blank" / "ps1" / "ps1.ipynb")
    return course


def test_run_feedback_and_export(course):
    done = run(["birnn-grade", "run", "ps1", "--workers", "2"], cwd=course)
    assert "2 graded, 2 of them new in the gradebook, 0 failed" in done.stdout
    run(["nbgrader", "generate_feedback", "ps1"], cwd=course)
    right, blank = ((course / "feedback" / who / "ps1" / "ps1.html").read_text() for who in ("right", "blank"))
    assert "1 added code cell(s) left out" in blank
    assert "Unusual in what you handed in" not in right
    run(["birnn-grade", "export", "--to", "grades.csv"], cwd=course)
    with (course / "grades.csv").open() as stream:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}
    assert scores["blank"] == 0 < scores["right"]


def test_a_second_run_changes_nothing(course):
    done = run(["birnn-grade", "run", "ps1", "--workers", "2"], cwd=course)
    assert "0 of them new in the gradebook, 0 failed" in done.stdout


@pytest.mark.slow
def test_demo_shows_a_class(tmp_path):
    done = run(["birnn-grade", "demo", "--folder", tmp_path / "demo", "--workers", "2"])
    assert "mallory" in done.stdout
