"""Every assignment: generated, free of solutions, and graded as it should be by nbgrader's own commands."""

import csv
import re
import shutil
import sys

import mutants
import nbformat
import pytest
from support import ROOT, run

ASSIGNMENTS = mutants.assignments()
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")

# The folders of this course and else nbgrader as it comes: tests/grader has the course's own way of grading.
STOCK = """
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.ExecutePreprocessor.timeout = 1800  # a busy machine
c.ExecutePreprocessor.startup_timeout = 300
"""
each_assignment = pytest.mark.parametrize("name", ASSIGNMENTS)


def _cells(path):
    return nbformat.read(path, as_version=4).cells


def _nbgrader(course, *arguments, check=True):
    return run([sys.executable, "-m", "nbgrader", *arguments], cwd=course, check=check)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    run([sys.executable, ROOT / "tools/exercises.py", "--into", folder])
    return folder


@pytest.mark.parametrize("name", mutants.published())
def test_exercises_is_what_solutions_generate(name, generated):
    found = {path.name: path.read_text() for path in (ROOT / "exercises" / name).iterdir() if path.is_file()}
    expected = {path.name: path.read_text() for path in (generated / name).iterdir() if path.is_file()}
    assert found == expected, "exercises/ is not what solutions/ generate: run `make exercises`"


@each_assignment
def test_exercises_hold_no_solution_no_hidden_test_and_no_output(name):
    for path in (ROOT / "exercises" / name).glob("*.ipynb"):
        text = path.read_text()
        assert not any(mark in text for mark in ("BEGIN SOLUTION", "HIDDEN TEST", "birnn_ref"))
        assert not any(cell.get("outputs") for cell in _cells(path))
        released = {cell.id: cell.source for cell in _cells(path)}
        for cell in _cells(ROOT / "solutions" / name / path.name):
            if cell.metadata.get("nbgrader", {}).get("solution"):
                assert released[cell.id] != cell.source


@each_assignment
def test_links_lead_to_built_pages_of_chapters_that_exist(name):
    for path in (ROOT / "exercises" / name).glob("*.ipynb"):
        for cell in _cells(path):
            for target in LINK.findall(cell.source) if cell.cell_type == "markdown" else ():
                page = (path.parent / target).resolve().relative_to(ROOT / "_build" / "html")
                assert page.suffix == ".html"
                assert any((ROOT / "book" / page).with_suffix(source).is_file() for source in (".ipynb", ".md")), target


def _points(name, manual):
    cells = (c for path in (ROOT / "solutions" / name).glob("*.ipynb") for c in _cells(path))
    settings = (cell.metadata.get("nbgrader", {}) for cell in cells)
    return {s["grade_id"]: s["points"] for s in settings if s.get("grade") and bool(s.get("solution")) == manual}


def _hand_in(course, student, name, answers):
    """Hand in the solution with these answers in place of its own."""
    folder = course / "submitted" / student / name
    shutil.copytree(course / "solutions" / name, folder)
    notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    nbformat.write(notebook, folder / f"{name}.ipynb")


def _scores(course):
    with (course / "grades.csv").open() as stream:
        return {row["student_id"]: row for row in csv.DictReader(stream)}


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n != "ps1" else []) for n in ASSIGNMENTS])
def test_nbgrader_marks_as_it_should(name, tmp_path):
    """Its own commands: the solution gets all, the blank nothing, each mutant what the quick marking says."""
    course, notebook = tmp_path, f"{name}.ipynb"
    (course / "nbgrader_config.py").write_text(STOCK)
    shutil.copytree(ROOT / "solutions" / name, course / "solutions" / name)
    _nbgrader(course, "generate_assignment", name, "--create")
    shutil.copytree(course / "exercises" / name, course / "submitted" / "blank" / name)
    shutil.copytree(course / "solutions" / name, course / "submitted" / "right" / name)
    cells, points = mutants.code_cells(name), _points(name, manual=False)
    full, total = sum(points.values()), sum(points.values()) + sum(_points(name, manual=True).values())
    expected = {"right": full, "blank": 0}
    for i, mutant in enumerate(m for kind in mutants.mutants(name) for m in kind if m.nbgrader):
        _hand_in(course, f"mutant{i}", name, mutant.answers(mutants.solution(cells)))
        expected[f"mutant{i}"] = full - sum(points[test] for test in mutant.fails)
    _nbgrader(course, "autograde", name)
    _nbgrader(course, "generate_feedback", name, "--student", "blank")
    _nbgrader(course, "export")
    scores = _scores(course)
    assert {student: float(row["score"]) for student, row in scores.items()} == expected
    assert {float(row["max_score"]) for row in scores.values()} == {total}

    graded = _cells(course / "autograded" / "blank" / name / notebook)
    assert all(c.execution_count for c in graded if c.cell_type == "code"), "the blank did not run to its end"
    assert (course / "feedback" / "blank" / name / f"{name}.html").is_file()

    blank = _nbgrader(course, "validate", course / "exercises" / name / notebook)
    assert "FAILED" in blank.stdout
    solved = _nbgrader(course, "validate", course / "solutions" / name / notebook)
    assert "Success" in solved.stdout
