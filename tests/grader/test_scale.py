"""A class of five hundred takes ten times what one of fifty takes, and no more, at every step but grading.

Counted in calls of functions, which are the same on a busy machine.
"""

import itertools
import json
import os
import shutil
import sys
import zipfile

import pytest
from course import PS1, answers, make_course, open_course, settings, with_answers
from nbgrader.api import Gradebook

from birnn_grader.collect import GROUP, collect
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Bubblewrap
from birnn_grader.nbgrader import gradescope, questions, share
from birnn_grader.nbgrader.course import course as open_app
from birnn_grader.nbgrader.export import choose, write
from birnn_grader.nbgrader.merge import merge
from birnn_grader.pool import Run
from birnn_grader.report import Report

TESTS = [settings(cell)["grade_id"] for cell in PS1["cells"] if settings(cell).get("grade")]
SMALL, LARGE = 50, 500
pytestmark = pytest.mark.slow


def _steps(course, students):
    """From the download to the page about the class, grading itself left out: the calls of each step."""
    found = {}

    def step(name, action):
        calls = itertools.count()
        sys.setprofile(lambda frame, event, argument: next(calls) if event in ("call", "c_call") else None)
        try:
            return action()
        finally:
            sys.setprofile(None)
            found[name] = next(calls)

    data = json.dumps(with_answers(answers())).encode()
    with zipfile.ZipFile(course / "ps1.zip", "w") as archive:
        for n in range(students):
            archive.writestr(f"name{n}_{n + 1000}_{n}_ps1.ipynb", data + b" " * (n % 9))
    step("collect", lambda: collect(course / "ps1.zip", course / "submitted", "ps1", ["ps1"]))
    coursedir = open_course(course)
    run = Run(coursedir, "ps1", Bubblewrap(), Limits())
    folders = {student: course / "submitted" / student / "ps1" for student in run.shelf.students()}
    for student, folder in folders.items():
        (folder / GROUP).write_text(f"{student}\n{int(student) ^ 1}\n")
    digests = step("see what is new", lambda: [run._submitted(student, "ps1")[2] for student in folders])
    scores = dict.fromkeys(TESTS, 1.0) | {"explain_last_output": None, "test_rnn_step_hidden": 0.0}
    graded = {"notebook": json.loads(data), "scores": scores, "blank": [], "notes": ["unusual"], "seconds": 1.0}
    results = step("keep", lambda: [run.shelf.keep(s, "ps1", d, graded) for s, d in zip(folders, digests, strict=True)])
    again = step("load", lambda: [run.shelf.load(s, "ps1", d) for s, d in zip(folders, digests, strict=True)])
    assert [result["content"] for result in again] == digests
    with Gradebook(coursedir.db_url, coursedir.course_id) as book:
        assert step("merge", lambda: merge(book, "ps1", results)) == students
        assert step("merge again", lambda: merge(book, "ps1", results)) == 0
        step("export", lambda: write(choose(book), course / "canvas.csv", "canvas"))
        step("export questions", lambda: questions.write(book, course / "questions.csv"))
        step("export for gradescope", lambda: gradescope.write(book, choose(book), course / "autograder.zip"))
        step("find groups", lambda: share.groups(folders.items(), ["ps1"]))
    here = os.getcwd()
    step("report", lambda: Report(open_app(str(course)), "ps1").write(course / "report.html"))
    os.chdir(here)
    return found


def test_no_step_grows_faster_than_the_class(tmp_path):
    seed = make_course(tmp_path / "seed")
    calls = {}
    for students in (SMALL, LARGE):
        course = tmp_path / str(students)
        shutil.copytree(seed, course)
        calls[students] = _steps(course, students)
    grown = {name: calls[LARGE][name] / small for name, small in calls[SMALL].items()}
    assert {name: times for name, times in grown.items() if times > 1.2 * LARGE / SMALL} == {}
    assert grown["report"] > 2, "something was counted"
