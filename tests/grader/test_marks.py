"""On honest submissions of every assignment the marks are nbgrader's own, to the point."""

import csv
import json
import shutil
import sys

import mutants as tool
import pytest
from course import answers, hand_in, make_course, open_course, with_answers
from support import ROOT, run

from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Bubblewrap
from birnn_grader.nbgrader.course import load_package
from birnn_grader.package import problems, read
from birnn_grader.tasks import task

ASSIGNMENTS = tool.tested()
each_assignment = pytest.mark.parametrize("name", ASSIGNMENTS)
pytestmark = pytest.mark.timeout(7200)
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "birnn"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
"""


def _released(name):
    return json.loads((ROOT / "exercises" / name / f"{name}.ipynb").read_text())


def _submission(name, mutant=None):
    return with_answers(
        mutant.answers(tool.solution(tool.code_cells(name))) if mutant else _solution(name), _released(name)
    )


def _solution(name):
    return answers(json.loads((ROOT / "solutions" / name / f"{name}.ipynb").read_text()))


def _partial(name):
    """Every second answer."""
    return with_answers(dict(list(_solution(name).items())[::2]), _released(name))


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("marks") / "course", ASSIGNMENTS)


@each_assignment
def test_every_test_uses_only_what_is_defined(name):
    assert problems(read(ROOT / "solutions" / name / f"{name}.ipynb")["cells"]) == []


@each_assignment
@pytest.mark.slow
def test_every_mutant_loses_its_points_and_only_those(name, course, bwrap):
    package = load_package(open_course(course), name, name)
    wrong, right = tool.mutants(name)
    for mutant in [*wrong[::3], *right]:
        data = json.dumps(_submission(name, mutant)).encode()
        graded = task(package, data, "", Bubblewrap(), Limits(), checked=True)
        automatic = {test: score for test, score in graded["scores"].items() if score is not None}
        lost = sorted(test for test, score in automatic.items() if not score and test not in graded["blank"])
        assert lost == sorted(mutant.fails), (mutant.name, graded["notes"])
        points = package.points()
        assert all(score in (0, points[test]) for test, score in automatic.items())


@pytest.fixture(scope="module")
def both(course, bwrap, tmp_path_factory):
    """The same honest class, graded by nbgrader as it is and by this repository's configuration."""
    stock = tmp_path_factory.mktemp("stock") / "course"
    shutil.copytree(course, stock)
    (stock / "nbgrader_config.py").write_text(STOCK)
    found = []
    for folder in (course, stock):
        for name in ASSIGNMENTS:
            made = {"right": _submission(name), "blank": _released(name), "partial": _partial(name)}
            wrong, right = tool.mutants(name)
            made["wrong"] = _submission(name, next((m for m in wrong if m.nbgrader), wrong[0]))
            made["other"] = _submission(name, right[0])
            for student, notebook in made.items():
                hand_in(folder, student, notebook, name=f"{name}.ipynb", assignment=name)
            run([sys.executable, "-m", "nbgrader", "autograde", name], cwd=folder)
        run([sys.executable, "-m", "nbgrader", "export", "--exporter=nbgrader.plugins.CsvExportPlugin"], cwd=folder)
        with (folder / "grades.csv").open() as stream:
            found.append({(row["student_id"], row["assignment"]): row for row in csv.DictReader(stream)})
    return found


@pytest.mark.slow
def test_the_marks_equal_stock_nbgraders_on_an_honest_class(both):
    ours, stock = both
    assert len(ours) >= 4 * len(ASSIGNMENTS)
    assert ours == stock
    assert len({row["score"] for row in ours.values()}) > 3, "the class is too uniform to tell"
