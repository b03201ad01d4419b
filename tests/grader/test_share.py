"""A group's work is marked once: what one member is given by hand, all have."""

import shutil
import sqlite3

import pytest
from course import answers, hand_in, make_course, open_course, released, with_answers
from nbgrader.api import Gradebook

from birnn_grader.cli import main
from birnn_grader.collect import GROUP
from birnn_grader.nbgrader import share
from birnn_grader.nbgrader.course import course as open_app
from birnn_grader.nbgrader.merge import merge
from birnn_grader.report import Report

RED, BLUE = ["ana", "bo"], ["cy", "di", "eve"]
SCORES = {"test_rnn_step_visible": 1.0, "explain_last_output": None}


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("share") / "course")


@pytest.fixture
def course(empty, tmp_path):
    """Two groups, and one who works alone; all graded."""
    folder = tmp_path / "course"
    shutil.copytree(empty, folder)
    for members, made in ((RED, with_answers(answers())), (BLUE, released()), (["fay"], released())):
        for one in members:
            path = hand_in(folder, one, made).with_name(GROUP)
            if len(members) > 1:
                path.write_text("".join(f"{member}\n" for member in members))
    results = [
        {"student": one, "notebook": "ps1", "content": one, "scores": SCORES, "blank": [], "timestamp": None}
        for one in [*RED, *BLUE, "fay"]
    ]
    coursedir = open_course(folder)
    with Gradebook(coursedir.db_url, coursedir.course_id) as book:
        merge(book, "ps1", results)
    return folder


def _give(course, student, mark=None, extra=None, comment=None):
    coursedir = open_course(course)
    with Gradebook(coursedir.db_url, coursedir.course_id) as book:
        grade = book.find_grade("explain_last_output", "ps1", "ps1", student)
        grade.manual_score, grade.extra_credit = mark, extra
        book.find_comment("explain_last_output", "ps1", "ps1", student).manual_comment = comment
        book.db.commit()


def _given(course):
    query = """SELECT s.student_id, g.manual_score, g.extra_credit, g.needs_manual_grade FROM grade g
      JOIN base_cell b ON b.id = g.cell_id JOIN submitted_notebook n ON n.id = g.notebook_id
      JOIN submitted_assignment s ON s.id = n.assignment_id WHERE b.name = 'explain_last_output'"""
    comments = """SELECT s.student_id, c.manual_comment FROM comment c
      JOIN base_cell b ON b.id = c.cell_id JOIN submitted_notebook n ON n.id = c.notebook_id
      JOIN submitted_assignment s ON s.id = n.assignment_id WHERE b.name = 'explain_last_output'"""
    with sqlite3.connect(course / "gradebook.db") as book:
        said = dict(book.execute(comments).fetchall())
        return {student: (*rest, said[student]) for student, *rest in book.execute(query)}


def test_what_one_of_a_group_was_given_all_have(course, capsys, monkeypatch):
    monkeypatch.chdir(course)
    _give(course, "bo", 1.5, 0.5, "well said")
    assert main(["share", "ps1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "ana: explain_last_output as bo",
        "ana: explain_last_output, comment as bo",
        "2 groups",
    ]
    given = _given(course)
    assert given["ana"] == (1.5, 0.5, 0, "well said")
    assert given["bo"][:2] == (1.5, 0.5)
    assert {given[one][0] for one in [*BLUE, "fay"]} == {None}
    assert main(["share", "ps1"]) == 0
    assert capsys.readouterr().out == "2 groups, nothing to share\n"


def test_what_differs_is_left_to_a_person(course, capsys, monkeypatch):
    monkeypatch.chdir(course)
    _give(course, "cy", 1.0)
    _give(course, "di", 2.0)
    assert main(["share", "ps1"]) == 0
    assert "explain_last_output was given differently to cy and di; left as it is" in capsys.readouterr().out
    assert [_given(course)[one][0] for one in BLUE] == [1.0, 2.0, None]


@pytest.mark.parametrize(
    "lists",
    [
        {"fay": "fay\nbo\n"},
        {"fay": "ana\nbo\nfay\n"},
        {"fay": "ana\nbo\n"},
        {"fay": "fay\n../../gradebook.db\n" + "x" * 20_000},
        {"fay": "\n\n"},
        {"ana": "ana\nbo\nfay\n", "bo": "ana\nbo\nfay\n", "fay": "ana\nbo\nfay\n"},
    ],
    ids=["names_one", "joins", "names_others", "leads_elsewhere", "empty", "other_work"],
)
def test_no_list_of_a_students_own_makes_a_group(course, lists):
    for student, text in lists.items():
        (course / "submitted" / student / "ps1" / GROUP).write_text(text)
    folders = [(one, course / "submitted" / one / "ps1") for one in [*RED, *BLUE, "fay"]]
    assert not any("fay" in members for members in share.groups(folders, ["ps1"]))


def test_work_that_changed_since_is_no_longer_a_groups(course):
    folders = [(one, course / "submitted" / one / "ps1") for one in [*RED, *BLUE]]
    assert share.groups(folders, ["ps1"]) == [RED, BLUE]
    hand_in(course, "di", with_answers(answers()))
    assert share.groups(folders, ["ps1"]) == [RED]


def test_a_group_is_not_reported_as_alike(course, monkeypatch):
    """Its work is one; like another's it may be."""
    monkeypatch.chdir(course)
    report = Report(open_app(str(course)), "ps1")
    copied = {f"part{n}": f"def part{n}(x):\n    return [y ** 2 + {n} for y in x if y > 3]" for n in range(3)}
    others = {f"s{n}": dict.fromkeys(copied, f"x = {n}") for n in range(40)}
    report.sources = {**dict.fromkeys(RED, copied), **others}
    assert report._pairs() == []
    report.sources["fay"] = copied
    assert [pair["students"] for pair in report._pairs()] == [("ana", "fay")]
