"""A course folder for the grader's tests, made once: ps1 as it stands in `solutions/`, and notebooks made from it."""

import copy
import json
import shutil
import sys
from pathlib import Path

from support import ROOT, run

PS1 = json.loads((ROOT / "solutions/ps1/ps1.ipynb").read_text())
FULL, MANUAL = 11.0, 2.0  # what the tests give, and what a person gives


def make_course(folder, assignments=("ps1",)):
    """Generate the assignments in a new course folder with this repository's own configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for name in assignments:
        shutil.copytree(ROOT / "solutions" / name, folder / "solutions" / name)
        run([sys.executable, "-m", "nbgrader", "generate_assignment", name, "--create"], cwd=folder)
    return folder


def open_course(folder):
    """Return nbgrader's coursedir of a folder."""
    from nbgrader.coursedir import CourseDirectory

    settings = {"course_id": "birnn", "source_directory": "solutions", "release_directory": "exercises"}
    return CourseDirectory(root=str(folder), **settings)


def load(folder, name="ps1"):
    """Return the package of an assignment of one notebook."""
    from birnn_grader.nbgrader.course import load_package

    return load_package(open_course(folder), name, name)


def grade(package, notebook):
    """Grade a notebook in the sandbox; return the sum of its automatic scores, and all that grading gave."""
    from birnn_grader.judge.limits import Limits
    from birnn_grader.judge.sandbox import Bubblewrap
    from birnn_grader.tasks import task

    graded = task(package, json.dumps(notebook).encode(), "", Bubblewrap(), Limits(), checked=True)
    return sum(score for score in graded["scores"].values() if score is not None), graded


def released():
    return json.loads((ROOT / "exercises/ps1/ps1.ipynb").read_text())


def settings(cell):
    return cell["metadata"].get("nbgrader", {})


def answers(notebook=None):
    """The answers' sources by id, of the solution unless another notebook is given."""
    cells = (notebook or PS1)["cells"]
    return {settings(c)["grade_id"]: "".join(c["source"]) for c in cells if settings(c).get("solution")}


def with_answers(sources, notebook=None):
    """The released notebook, with these answers in place of its own."""
    notebook = copy.deepcopy(notebook or released())
    for cell in notebook["cells"]:
        name = settings(cell).get("grade_id")
        if name in sources and settings(cell).get("solution"):
            cell["source"] = sources[name].splitlines(True)
    return notebook


def hand_in(course, student, notebook=None, data=None, name="ps1.ipynb", assignment="ps1"):
    """Put a notebook, or bytes, where a student's work lies."""
    path = Path(course, "submitted", student, assignment, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(notebook).encode() if data is None else data)
    return path


def gradebook(course):
    """All that the gradebook says about submissions, without its random ids."""
    import sqlite3

    query = """
      SELECT s.student_id, s.timestamp, b.name, g.auto_score, g.manual_score, g.needs_manual_grade,
        n.late_submission_penalty
      FROM grade g JOIN submitted_notebook n ON n.id = g.notebook_id
      JOIN submitted_assignment s ON s.id = n.assignment_id JOIN base_cell b ON b.id = g.cell_id ORDER BY 1, 3"""
    comments = """
      SELECT s.student_id, b.name, c.auto_comment, c.manual_comment
      FROM comment c JOIN submitted_notebook n ON n.id = c.notebook_id JOIN submitted_assignment s
      ON s.id = n.assignment_id JOIN base_cell b ON b.id = c.cell_id ORDER BY 1, 2"""
    with sqlite3.connect(Path(course, "gradebook.db")) as connection:
        return connection.execute(query).fetchall(), connection.execute(comments).fetchall()


def totals(course):
    """Each student's automatic points."""
    found = {}
    for student, _, _, auto, *_ in gradebook(course)[0]:
        found[student] = found.get(student, 0.0) + (auto or 0.0)
    return found
