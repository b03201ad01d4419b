"""What each problem set has beside its tests: guesses, a rubric for what people mark, something beyond the points."""

import re

import examples as tool
import mutants
import nbformat
import pytest
from support import ROOT

from birnn_student import session
from birnn_student.problem_set import read

NAMES = mutants.tested()
each_assignment = pytest.mark.parametrize("name", NAMES)
each_published = pytest.mark.parametrize("name", mutants.published())
READ_FIRST = re.compile(r"\]\(\.\./\.\./_build/html/([^)#]+)\.html\)")


def _cells(name, folder="solutions"):
    return nbformat.read(ROOT / folder / name / f"{name}.ipynb", as_version=4).cells


@each_assignment
def test_it_asks_for_a_guess_before_something_runs(name):
    cells = _cells(name, "exercises")
    at = [i for i, c in enumerate(cells) if c.cell_type == "markdown" and re.search(r"Before you run", c.source)]
    assert at
    assert all(cells[i + 1].cell_type == "code" for i in at)


@pytest.mark.parametrize("name", [n for n in NAMES if any(cell.id == "guess" for cell in _cells(n))])
def test_what_was_guessed_can_be_run(name, capsys):
    """The cell holds comments until a student takes the # away; with right functions it then prints figures."""
    (source,) = (cell.source for cell in _cells(name) if cell.id == "guess")
    assert all(line.startswith("#") for line in source.splitlines())
    names = tool.functions(name, {})
    session.start(read(name), names)
    exec(compile(re.sub(r"^# ?", "", source, flags=re.MULTILINE), "guess", "exec"), names)
    session.start(read(""), {})
    assert re.search(r"\d", capsys.readouterr().out)


@each_published
def test_what_people_mark_has_a_model_answer_and_a_rubric_of_all_its_points(name):
    written = [part for part in read(name).parts if part.written]
    assert written
    for part in written:
        (answer,) = (c.source for c in _cells(name) if c.metadata.get("nbgrader", {}).get("grade_id") == part.name)
        rubric = re.search(r"^\*(\d+) points?: .+\*$", answer, re.MULTILINE)
        assert rubric, f"{part.name} has no line such as *2 points: ...*"
        assert float(rubric[1]) == part.written
        assert len(answer[: rubric.start()].split()) > 40, f"{part.name} has no model answer"


@each_published
def test_there_is_something_beyond_the_points(name):
    (stretch,) = (cell for cell in _cells(name) if cell.source.startswith("**Beyond the points.**"))
    assert not stretch.metadata.get("nbgrader", {}).get("grade")
    assert "?" in stretch.source or "." in stretch.source.removeprefix("**Beyond the points.**")


@each_assignment
def test_the_chapters_to_read_first_name_the_set_in_their_exercise(name):
    number = name.removeprefix("ps")
    chapters = READ_FIRST.findall(_cells(name)[0].source)
    assert chapters
    for chapter in chapters:
        source = (ROOT / "book" / chapter).with_suffix(".ipynb")
        texts = (c.source for c in nbformat.read(source, as_version=4).cells if c.cell_type == "markdown")
        exercise = "\n".join(texts).split("\n## Exercise")[1].split("\n## ")[0]
        assert re.search(rf"[Pp]roblem set {number}\b", exercise), f"{chapter} does not name problem set {number}"
