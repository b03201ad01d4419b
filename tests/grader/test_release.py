"""Once work is graded: what may still change in an assignment, and what a refusal leaves."""

import json
import shutil
import sqlite3
import sys

import pytest
from course import FULL, answers, gradebook, hand_in, make_course, settings, totals, with_answers
from support import run

pytestmark = pytest.mark.usefixtures("bwrap")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course with one graded submission."""
    course = make_course(tmp_path_factory.mktemp("released") / "course")
    hand_in(course, "right", with_answers(answers()))
    run(["birnn-grade", "run", "ps1", "--workers", "1"], cwd=course)
    return course


@pytest.fixture
def course(graded, tmp_path):
    shutil.copytree(graded, tmp_path / "course")
    return tmp_path / "course"


def _change(course, change):
    path = course / "solutions/ps1/ps1.ipynb"
    notebook = json.loads(path.read_text())
    (test,) = (c for c in notebook["cells"] if settings(c).get("grade_id") == "test_rnn_step_visible")
    change(notebook["cells"], test)
    path.write_text(json.dumps(notebook))


def _generate(course):
    words = [sys.executable, "-m", "nbgrader", "generate_assignment", "ps1", "--force"]
    return run(words, cwd=course, check=False)


def _files(course):
    return {path.name: path.read_bytes() for path in (course / "exercises/ps1").iterdir()}


def _add_a_test(cells, test):
    new = json.loads(json.dumps(test))
    new["id"], new["metadata"]["nbgrader"]["grade_id"] = "another", "test_another"
    cells.insert(cells.index(test), new)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_add_a_test, "test_another"),
        pytest.param(lambda cells, test: cells.remove(test), "test_rnn_step_visible", marks=pytest.mark.slow),
        pytest.param(lambda _, test: test["metadata"].pop("nbgrader"), "test_rnn_step_visible", marks=pytest.mark.slow),
    ],
    ids=["added", "removed", "no_test_any_more"],
)
def test_a_cell_that_comes_or_goes_is_refused_and_the_release_stays(course, change, named):
    before = _files(course)
    _change(course, change)
    done = _generate(course)
    assert done.returncode != 0
    assert f"neither come nor go: {named}. Nothing was changed." in done.stderr
    assert "Traceback" not in done.stderr
    assert _files(course) == before
    assert "1 graded" in run(["birnn-grade", "run", "ps1"], cwd=course).stdout


def test_points_and_texts_may_change_by_generate_assignment_too(course):
    with sqlite3.connect(course / "gradebook.db") as book:
        book.execute("UPDATE grade SET manual_score = 1.5 WHERE auto_score IS NULL")

    def harder(cells, test):
        test["source"] += "\nassert rnn_step(*[np.zeros((1, 1))] * 4, np.ones(1)).shape == (2, 2)"
        settings(test)["points"] = 2

    _change(course, harder)
    done = _generate(course)
    assert done.returncode == 0, done.stderr
    run(["birnn-grade", "run", "ps1"], cwd=course)
    assert totals(course) == {"right": FULL - 1}
    assert [manual for *_, manual, _, _ in gradebook(course)[0] if manual is not None] == [1.5]


def test_a_release_that_fails_leaves_the_one_before(course):
    before = _files(course)
    _change(course, lambda cells, test: test.update(source="assert no_such_name"))
    done = _generate(course)
    assert done.returncode != 0
    assert _files(course) == before


@pytest.mark.parametrize("words", [["birnn-grade", "run", "ps1"], ["nbgrader", "autograde", "ps1"]], ids=lambda w: w[0])
def test_a_locked_gradebook_is_told_in_a_line_without_marks_and_costs_nothing(course, words):
    hand_in(course, "new", with_answers(answers()))
    with sqlite3.connect(course / "gradebook.db", isolation_level=None) as book:
        book.execute("BEGIN IMMEDIATE")
        done = run(words, cwd=course, check=False)
        book.execute("ROLLBACK")
    assert done.returncode == (2 if words[0] == "birnn-grade" else 1)
    said = [line for line in done.stderr.splitlines() if "the gradebook could not be used" in line]
    assert len(said) == 1
    assert "another program is writing into it" in said[0]
    for words_of_a_traceback in ("Traceback", "File ", "INSERT", "UPDATE", "sqlalche.me"):
        assert words_of_a_traceback not in done.stderr
    assert not (course / "autograded" / "new").exists() or words[0] == "birnn-grade"
    run(words, cwd=course)
    assert totals(course) == {"right": FULL, "new": FULL}
