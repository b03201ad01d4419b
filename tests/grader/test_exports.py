"""The tables that platforms import, held to what their importers do.

Canvas: https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_importer.rb
Moodle: https://github.com/moodle/moodle/blob/main/grade/import/csv/classes/load_data.php
  and https://docs.moodle.org/311/en/Grade_import
Blackboard: https://help.blackboard.com/Learn/Instructor/Original/Grade/Grading_Tasks/Work_Offline_With_Grade_Data
  and http://library.blackboard.com/ref/3ea64795-6ecc-4abd-b595-0a9a8dfdec94/Content/_instructor_grade_center/
  grade_center_upload_download.htm
Gradescope: https://gradescope-autograders.readthedocs.io/en/latest/specs/
  and https://gradescope-autograders.readthedocs.io/en/latest/submission_metadata/
"""

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from course import FULL, PS1, make_course, open_course, settings
from nbgrader.api import Gradebook

from birnn_grader.nbgrader import gradescope, questions
from birnn_grader.nbgrader.export import ABSENT, FORMATS, GRADED, WAITING, ExportError, choose, rows, write
from birnn_grader.nbgrader.merge import merge

TESTS = [settings(cell)["grade_id"] for cell in PS1["cells"] if settings(cell).get("grade")]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("exports") / "course")


def _result(student, **scores):
    scores = dict.fromkeys(TESTS, 0.0) | {"test_rnn_step_visible": 1.0} | scores
    return {"student": student, "notebook": "ps1", "content": student, "scores": scores, "blank": [], "timestamp": None}


@pytest.fixture
def mixed(empty, tmp_path):
    """Two assignments, the second done by nobody; work that is graded, worth 0, half marked, not handed in."""
    folder = tmp_path / "course"
    shutil.copytree(empty, folder)
    coursedir = open_course(folder)
    with Gradebook(coursedir.db_url, coursedir.course_id) as book:
        nothing = _result("102", test_rnn_step_visible=0.0)
        merge(book, "ps1", [_result("101"), nothing, _result("103", explain_last_output=None)])
        book.add_student("away", first_name="A", last_name="Way")
        book.add_assignment("ps2")
        book.db.commit()
        yield book


def test_blank_zero_and_not_graded_yet_are_three_things(mixed):
    found = {(r["assignment"], r["student_id"]): (r["status"], r["raw_score"], r["score"]) for r in rows(mixed)}
    assert [found["ps1", s] for s in ("101", "102", "103", "away")] == [
        (GRADED, 1.0, 1.0),
        (GRADED, 0.0, 0.0),
        (WAITING, "", ""),
        (ABSENT, "", ""),
    ]
    assert {found["ps2", s] for s in ("101", "102", "103", "away")} == {(ABSENT, "", "")}


def test_a_mark_by_hand_is_graded_and_not_marked_again(mixed):
    mixed.find_grade("explain_last_output", "ps1", "ps1", "103").manual_score = 1.5
    mixed.db.commit()
    found = {r["student_id"]: (r["status"], r["score"]) for r in rows(mixed) if r["assignment"] == "ps1"}
    assert found["103"] == (GRADED, 2.5)


def test_assignments_and_students_are_chosen(mixed):
    assert {(r["student_id"], r["assignment"]) for r in choose(mixed, ["away"], ["ps2"])} == {("away", "ps2")}
    with pytest.raises(ExportError, match="the gradebook knows no assignment ps9"):
        choose(mixed, assignments=["ps9"])
    with pytest.raises(ExportError, match="the gradebook knows no student nobody"):
        choose(mixed, ["nobody"])


def _table(mixed, path, form, column=""):
    write(choose(mixed, assignments=["ps1"]), path, form, column)
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def canvas_imports(table, users):
    """What Canvas's importer takes from a table: by user number the grade, and the points; ``users`` by column."""
    head, *lines = table
    assert "Student" in head[0]
    assert "ID" in head[1]
    assert (head[2], head[3]) == ("SIS User ID", "SIS Login ID"), "it counts its columns by these"
    assert "Section" in head[4]
    points, grades = None, {}
    for line in lines:
        if "Points Possible" in line[0]:
            points = float(line[5])
            continue
        ways = [("ID", line[1]), ("SIS User ID", line[2]), ("SIS Login ID", line[3]), ("name", line[0])]
        known = [users[way][value] for way, value in ways if value and value in users.get(way, {})]
        grades[known[0] if known else None] = line[5]
    return points, grades


def test_canvas_finds_everyone_by_its_own_number_or_login(mixed, tmp_path):
    users = {"ID": {"101": 101, "102": 102, "103": 103}, "SIS Login ID": {"away": 7}}
    users["SIS User ID"] = {"101": 102, "102": 101, "103": 7, "away": 103}  # the office has numbers of its own
    points, grades = canvas_imports(_table(mixed, tmp_path / "out.csv", "canvas"), users)
    assert points == FULL + 2
    assert grades == {101: "1.0", 102: "0.0", 103: "", 7: ""}
    points, grades = canvas_imports(_table(mixed, tmp_path / "out.csv", "canvas", "SIS User ID"), users)
    assert grades == {102: "1.0", 101: "0.0", 7: "", 103: ""}


def test_a_name_does_not_make_canvas_read_a_line_as_the_points(mixed, tmp_path):
    mixed.update_or_create_student("101", last_name="Points Possible", first_name="\n;;;;;;\n")
    table = _table(mixed, tmp_path / "out.csv", "canvas")
    assert canvas_imports(table, {"ID": {"101": 101}})[0] == FULL + 2
    assert all("\n" not in cell for line in table for cell in line), "it tells the separator by the first lines"


def moodle_imports(table, column, users):
    """What Moodle's importer takes for a new column: an empty cell is a 0, an empty user is the one before."""
    head, *lines = table
    at, user, grades = head.index(column), None, {}
    for line in lines:
        if line[at]:
            assert line[at] in users, "it gives up the whole table"
            user = line[at]
        value = line[head.index("ps1")].strip()
        if value != "-":
            grades[user] = float(value or 0)
    return grades


def test_moodle_gets_no_zero_for_what_has_no_mark(mixed, tmp_path):
    table = _table(mixed, tmp_path / "out.csv", "moodle")
    assert moodle_imports(table, "ID number", {"101", "102", "103", "away"}) == {"101": 1.0, "102": 0.0}
    assert [line[-1] for line in table] == ["ps1", "1.0", "0.0", "-", "-"]


def test_moodle_never_sees_an_empty_address(mixed, tmp_path):
    """It would give the line's mark to the student of the line before."""
    assert "Email address" not in _table(mixed, tmp_path / "out.csv", "moodle")[0]
    for student in ("101", "102", "103", "away"):
        mixed.update_or_create_student(student, email=f"{student}@uni.edu")
    table = _table(mixed, tmp_path / "out.csv", "moodle")
    users = {f"{student}@uni.edu" for student in ("101", "102", "103", "away")}
    assert moodle_imports(table, "Email address", users) == {"101@uni.edu": 1.0, "102@uni.edu": 0.0}


def test_blackboard_gets_every_cell_quoted_and_a_user_name_in_each_line(mixed, tmp_path):
    assert _table(mixed, tmp_path / "out.csv", "blackboard") == [
        ["Last Name", "First Name", "Username", "ps1"],
        ["", "", "101", "1.0"],
        ["", "", "102", "0.0"],
        ["", "", "103", ""],
        ["Way", "A", "away", ""],
    ]
    for line in (tmp_path / "out.csv").read_text().splitlines():
        assert re.fullmatch(r'"[^"]*"(,"[^"]*")*', line)


HOSTILE = ["=cmd()", "@SUM(A1)", "+1", "-1@uni.edu", "\t=1", " =1", "\n=1", "＝1", "\r\n-1", "\u202e=1"]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_cell_begins_a_formula(text, mixed, tmp_path):
    mixed.add_student(f"{text}id", first_name=text, last_name=text, email=text)
    for form in FORMATS:
        cells = [cell for line in _table(mixed, tmp_path / "out.csv", form) for cell in line]
        assert any("id" in cell and cell.startswith("'") for cell in cells)
        begin = [cell for cell in cells if cell.strip() and cell.strip()[0] in "=+-@＝＋－＠" and cell != "-"]
        assert begin == []
        assert all(cell.isprintable() for cell in cells)
    questions.write(mixed, tmp_path / "out.csv", ["ps1"])
    assert f"\n{text}id" not in (tmp_path / "out.csv").read_text()


def test_a_sum_of_decimals_is_written_as_people_do(mixed, tmp_path):
    mixed.find_grade("test_rnn_step_visible", "ps1", "ps1", "101").auto_score = 0.1
    mixed.find_grade("test_rnn_step_hidden", "ps1", "ps1", "101").auto_score = 0.2
    mixed.db.commit()
    assert _table(mixed, tmp_path / "out.csv", "moodle")[1][-1] == "0.3"


def test_each_question_has_a_column_and_its_points(mixed, tmp_path):
    assert questions.write(mixed, tmp_path / "out.csv", ["ps1"]) == 4
    with (tmp_path / "out.csv").open(newline="") as stream:
        points, *students = csv.DictReader(stream)
    assert sum(float(value) for name, value in points.items() if name != "student") == FULL + 2
    shown = "ps1/ps1/test_rnn_step_visible", "ps1/ps1/explain_last_output"
    found = {row["student"]: tuple(row[name] for name in shown) for row in students}
    assert found == {"101": ("1.0", "0.0"), "102": ("0.0", "0.0"), "103": ("1.0", ""), "away": ("", "")}
    with pytest.raises(ExportError, match="the gradebook knows no ps9"):
        questions.write(mixed, tmp_path / "out.csv", ["ps9"])


@pytest.fixture
def autograder(mixed, tmp_path):
    """Upload the autograder, and hand in as these users; return what it leaves for Gradescope."""
    mixed.update_or_create_student("102", email="Bob@uni.edu")
    mixed.update_or_create_student("103", email="ana@uni.edu")
    assert gradescope.write(mixed, choose(mixed, assignments=["ps1"]), tmp_path / "autograder.zip") == 2
    root = tmp_path / "autograder"
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        assert {"setup.sh", "run_autograder"} <= set(archive.namelist()), "at the root of the archive"
        assert archive.getinfo("run_autograder").external_attr >> 16 & 0o111
        archive.extractall(root / "source")
    subprocess.run(["bash", "-n", root / "source" / "setup.sh"], check=True)

    def hand_in(*users):
        (root / "submission_metadata.json").write_text(json.dumps({"id": 1, "users": users}))
        (root / "results" / "results.json").unlink(missing_ok=True)
        words = [sys.executable, root / "source" / "run_autograder"]
        done = subprocess.run(words, env={"AUTOGRADER": str(root)}, capture_output=True, text=True, check=False)
        path = root / "results" / "results.json"
        return done.returncode, json.loads(path.read_text()) if path.exists() else done.stderr

    return hand_in


def test_gradescope_gets_the_marks_of_each_question(autograder):
    status, result = autograder({"email": "bob@uni.edu", "id": 1, "name": "Bob"})
    assert (status, result["score"]) == (0, 0.0)
    status, result = autograder({"email": "", "sid": "101", "id": 2, "name": "Jane"})
    assert (status, result["score"]) == (0, 1.0)
    assert sum(test["max_score"] for test in result["tests"]) == FULL + 2
    assert sum(test["score"] for test in result["tests"]) == 1.0
    assert {type(test["score"]) for test in result["tests"]} == {float}


@pytest.mark.parametrize(
    "users",
    [
        [{"email": "ana@uni.edu", "name": "waits for a mark by hand"}],
        [{"email": "no@uni.edu", "name": "101"}],
        [{"email": "", "name": "bob@uni.edu"}],
        [{"email": "bob@uni.edu", "name": "two"}, {"email": "", "sid": "101", "name": "who differ"}],
        [{"email": "bob@uni.edu", "name": "one"}, {"email": "no@uni.edu", "name": "and a stranger"}],
        [],
    ],
    ids=["waiting", "called_as_another", "called_by_anothers_address", "two_who_differ", "a_stranger", "nobody"],
)
def test_gradescope_gets_no_mark_where_there_is_none(autograder, users):
    status, said = autograder(*users)
    assert status == 1
    assert "no mark yet" in said
