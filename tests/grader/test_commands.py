"""The instructor's five commands, as the README shows them, on a course folder of its own."""

import csv
import os
import re
import shutil
import sqlite3
import subprocess
import sys

import nbformat
import pytest
from course import FULL
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
    run(["nbgrader", "generate_feedback", "ps1", "--force"], cwd=course)
    right, blank = ((course / "feedback" / who / "ps1" / "ps1.html").read_text() for who in ("right", "blank"))
    assert "1 added code cell(s), run where they stand: def helper():" in blank
    assert "Unusual in what you handed in" not in right
    done = run(["birnn-grade", "export", "ps1", "--to", "grades.csv"], cwd=course)
    assert done.stdout == "2 lines in grades.csv\nleft blank, not graded yet: right (ps1)\n"
    with sqlite3.connect(course / "gradebook.db") as book:
        book.execute("UPDATE grade SET manual_score = 1.5 WHERE auto_score IS NULL")
    run(["birnn-grade", "export", "--to", "grades.csv"], cwd=course)
    with (course / "grades.csv").open() as stream:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}
    assert scores == {"blank": 0.0, "right": FULL + 1.5}


def test_a_bar_shows_the_time_left_in_any_terminal():
    """One of no known width too, as in a container."""
    terminal, other_end = os.openpty()
    words = "import time; from birnn_grader.commands.shared import progress as bar\n"
    words += "for _ in bar()(range(20), 20): time.sleep(.05)"
    subprocess.run([sys.executable, "-c", words], stderr=other_end, check=True)
    os.close(other_end)
    bar = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert re.search(r"\d\d?%.*1?\d/20 \[00:0\d<00:0\d", bar), bar


def test_a_second_run_changes_nothing(course):
    done = run(["birnn-grade", "run", "ps1", "--workers", "2"], cwd=course)
    assert "0 of them new in the gradebook, 0 failed" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["birnn-grade", "run", "ps1"],
        pytest.param(["nbgrader", "autograde", "ps1", "--student", "blank"], marks=pytest.mark.slow),
    ],
    ids=["birnn-grade", "nbgrader"],
)
def test_work_handed_in_again_is_graded_again_and_its_feedback_renewed(course, tmp_path, words):
    folder = tmp_path / "course"
    shutil.copytree(course, folder, ignore=lambda path, names: {"autograded", "feedback", "right"} & set(names))
    handed, scores = folder / "submitted" / "blank" / "ps1", []
    for day, source in enumerate(("exercises", "solutions"), 1):
        shutil.copy(folder / source / "ps1" / "ps1.ipynb", handed)
        (handed / "timestamp.txt").write_text(f"2026-03-0{day} 12:00:00 UTC")
        run(words, cwd=folder)
        run(["nbgrader", "generate_feedback", "ps1"], cwd=folder)
        page = (folder / "feedback" / "blank" / "ps1" / "ps1.html").read_text()
        scores.append(float(re.search(r"Score: ([\d.]+) /", page)[1]))
    assert scores[0] == 0 < scores[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "ps9"], "ps9 is not in the gradebook: `nbgrader generate_assignment ps9 --force` puts it there"),
        (["run", "ps1", "--course", "nowhere"], "nowhere is not a course folder"),
        (["check", "nothing.ipynb"], "No such file"),
        (["check", "ps9"], "the course has no assignment ps9"),
        (["try", "ps9"], "the course has no assignment ps9"),
        (["new", "ps1"], "is there already, and stays as it is"),
        (["new", "../ps1"], "is not a name for an assignment"),
        (["export", "--to", "nowhere/grades.csv"], "No such file"),
        (["export", "ps9"], "the gradebook knows no assignment ps9"),
    ],
)
def test_what_is_not_there_is_named_in_a_line(course, words, message):
    done = run(["birnn-grade", *words], cwd=course, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_handed_in(course, tmp_path):
    folder = tmp_path / "course"
    shutil.copytree(course, folder, ignore=lambda path, names: {"submitted"} & set(names))
    done = run(["birnn-grade", "run", "ps1"], cwd=folder, check=False)
    assert (done.returncode, "nobody has handed in: there is no folder" in done.stderr) == (2, True)


@pytest.mark.slow
def test_demo_shows_a_class_from_anywhere(tmp_path):
    done = run(["birnn-grade", "demo", "--folder", tmp_path / "demo", "--workers", "2"], cwd=tmp_path)
    assert "mallory" in done.stdout
