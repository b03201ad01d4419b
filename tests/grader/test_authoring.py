"""A problem set of a teacher's own: the one that is written works, and what is wrong with one is said in words."""

import json
import shutil
import sys

import pytest
from course import totals
from support import ROOT, run

from birnn_grader.checks import answers_problems, notebook_problems
from birnn_grader.cli import main
from birnn_grader.package import read
from birnn_grader.starter import TEMPLATE


@pytest.fixture
def course(tmp_path, monkeypatch):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["new", "ps11"]) == 0
    return tmp_path


def _try(capsys):
    capsys.readouterr()
    status = main(["try", "ps11", "--workers", "1"])
    return status, capsys.readouterr().out.splitlines()


def _edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_try_marks_each_answer_and_complains_of_tests_that_are_too_weak_or_too_strict(course, bwrap, capsys):
    status, lines = _try(capsys)
    assert (status, lines[-1]) == (0, "every answer gets what it should")
    assert "the solution                                   3 of 3" in lines
    assert "a blank                                        0 of 3" in lines
    _edit(course / "tests/exercises/mutants/ps11.toml", "[:length].mean", "[:length].sum")
    _edit(course / "solutions/ps11/ps11.ipynb", "[(1, 1, 1), (4, 6, 3), (5, 9, 2)]", "[(1, 1, 1)]")
    status, lines = _try(capsys)
    assert status == 1
    assert "no wrong answer fails test_masked_mean_hidden: would it notice one?" in lines
    assert "one sequence after another is right and fails test_masked_mean_visible: AssertionError: " in "\n".join(
        lines
    )
    assert "takes the first length for every sequence should fail test_masked_mean_hidden, and fails nothing" in lines


def test_try_grades_what_generate_assignment_releases(course):
    from birnn_grader.nbgrader.course import course as open_course
    from birnn_grader.nbgrader.course import load_package
    from birnn_grader.nbgrader.source import from_source

    run([sys.executable, "-m", "nbgrader", "generate_assignment", "ps11", "--create"], cwd=course)
    app = open_course(str(course))
    ours, theirs = from_source(app, "ps11", "ps11"), load_package(app.coursedir, "ps11", "ps11")
    assert ours == theirs
    assert ours.digest() == theirs.digest()


def _cells(change):
    cells = read(TEMPLATE / "problem_set.ipynb")["cells"]
    change({cell["id"]: cell for cell in cells}, cells)
    return cells


def _settings(**values):
    return lambda cells, _: cells["test_masked_mean_visible"]["metadata"]["nbgrader"].update(values)


def _replace(name, old, new):
    return lambda cells, _: cells[name].update(source=cells[name]["source"].replace(old, new))


def _without(*tests):
    return lambda cells, every: [every.remove(cells[f"test_masked_mean_{test}"]) for test in tests]


def _extra(cells, every):
    """The visible test becomes extra credit."""
    cells["test_masked_mean_visible"]["metadata"]["nbgrader"]["points"] = 0
    cells["test_masked_mean_visible"]["metadata"]["tags"] = ["extra-credit-1.5"]


def test_extra_credit_is_beyond_the_points(course, bwrap, capsys):
    path = course / "solutions/ps11/ps11.ipynb"
    notebook = json.loads(path.read_text())
    _extra({cell["id"]: cell for cell in notebook["cells"]}, notebook["cells"])
    path.write_text(json.dumps(notebook))
    status, lines = _try(capsys)
    assert status == 0
    assert "ps11/ps11: 2 points by 2 tests" in lines
    assert "the solution                                 3.5 of 2" in lines
    assert "takes the first length for every sequence    1.5 of 2" in lines
    assert "a blank                                        0 of 2" in lines


@pytest.mark.slow
def test_autograde_gives_extra_credit_too(course, bwrap):
    path = course / "solutions/ps11/ps11.ipynb"
    notebook = json.loads(path.read_text())
    _extra({cell["id"]: cell for cell in notebook["cells"]}, notebook["cells"])
    path.write_text(json.dumps(notebook))
    nbgrader = [sys.executable, "-m", "nbgrader"]
    run([*nbgrader, "generate_assignment", "ps11", "--create"], cwd=course)
    for student, folder in (("right", "solutions"), ("blank", "exercises")):
        shutil.copytree(course / folder / "ps11", course / "submitted" / student / "ps11")
    run([*nbgrader, "autograde", "ps11"], cwd=course)
    assert totals(course) == {"right": 3.5, "blank": 0.0}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cells, every: None, []),
        (_settings(grade_id="masked_mean"), ["2 cells have the id masked_mean: every cell needs its own"]),
        (_settings(grade_id="a test"), ["'a test' is not an id: letters, digits, - and _ are"]),
        (_settings(points=0), ["test_masked_mean_visible bears 0 points: is it extra credit?"]),
        (_extra, []),
        (_settings(points=None), ["test_masked_mean_visible has None points"]),
        (_settings(locked=False), ["is a test that is not locked"]),
        (_replace("masked_mean", "    ### END SOLUTION", ""), ['1 line(s) "BEGIN SOLUTION" and 0 "END SOLUTION"']),
        (_replace("masked_mean", " SOLUTION", ""), ['masked_mean has no line "### BEGIN SOLUTION"']),
        (_replace("masked_mean", "def masked_mean", "def average"), ["no test calls average, so its"]),
        (_replace("masked_mean", "def masked_mean(x, lengths)", "class masked_mean"), ["defines the class"]),
        (_replace("masked_mean", "def ", "dfe "), ["masked_mean is not Python"]),
        (_replace("setup", "import numpy as np", "### BEGIN SOLUTION"), ["not an answer cell", "uses np", "and 0"]),
        (_replace("test_masked_mean_hidden", " HIDDEN TESTS", ""), ["an answer made for the numbers in view"]),
        (_without("hidden"), ["an answer made for the numbers in view"]),
        (_without("hidden", "visible"), ["no test calls masked_mean", "there is no test"]),
    ],
)  # fmt: skip
def test_check_says_what_is_wrong_with_a_notebook(change, said):
    found = notebook_problems(_cells(change))
    assert all(any(words in problem for problem in found) for words in said), found
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", None),
        ('part = "masked_mean"', 'part = "mean"', "is of mean, which is not an answer's id: renamed?"),
        ("return total / lengths[:, None]", "return nothing", "stands 0 times in masked_mean, not once"),
        ("x.mean(axis=1)", "total / lengths[:, None]", "changes nothing in the solution"),
        ('fails = ["test_masked_mean_hidden"]', "", "does not say which tests fail it"),
        ("test_masked_mean_visible", "test_visible", "test_visible, which is not a test's id"),
        ('name = "', "name = ", "cannot be read"),
        ("says =", "tells =", "other entries than a wrong answer's"),
    ],
)
def test_check_says_what_is_wrong_with_the_wrong_answers(old, new, said, tmp_path):
    path = tmp_path / "mutants.toml"
    path.write_text(
        (TEMPLATE / "mutants.toml").read_text().replace(old, new) if old else (TEMPLATE / path.name).read_text()
    )
    found = answers_problems(path, read(TEMPLATE / "problem_set.ipynb")["cells"])
    assert any(said in problem for problem in found) if said else found == []


def test_a_missing_file_of_wrong_answers_is_named(tmp_path):
    (line,) = answers_problems(tmp_path / "ps1.toml", [])
    assert line.endswith("ps1.toml is missing: it holds the wrong answers that the tests must catch")


def test_check_of_the_courses_own_sets_finds_nothing(monkeypatch, capsys):  # the project is marked by hand alone
    monkeypatch.chdir(ROOT)
    assert main(["check", *sorted(path.parent.name for path in ROOT.glob("solutions/ps*/ps*.ipynb"))]) == 0
    assert capsys.readouterr().out == "nothing is wrong\n"


def test_wrong_answers_of_the_example_before_are_a_line_each(course, capsys):
    """An answer has been renamed in the notebook alone."""
    path = course / "solutions/ps11/ps11.ipynb"
    path.write_text(path.read_text().replace("masked_mean", "average"))
    capsys.readouterr()
    assert main(["check", "ps11"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 + 2, "one for each answer, one for each test that none fails now"
    assert main(["try", "ps11"]) == 2
    assert "changes masked_mean, which is not an answer's id" in capsys.readouterr().err


def test_what_nbgrader_refuses_is_a_line(course, capsys):
    path = course / "solutions/ps11/ps11.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][-1]["metadata"]["nbgrader"]["points"] = -1
    path.write_text(json.dumps(notebook))
    assert main(["try", "ps11"]) == 2
    assert "nbgrader refuses" in capsys.readouterr().err
