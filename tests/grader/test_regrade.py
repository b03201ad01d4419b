"""Tests that change after hand-in: seen by everyone's points before and after, written only when asked to."""

import json
import shutil
import sqlite3

import pytest
from course import FULL, answers, gradebook, hand_in, make_course, settings, totals, with_answers

from birnn_grader.cli import main

pytestmark = pytest.mark.usefixtures("bwrap")
WRONG = {**answers(), "rnn_step": answers()["rnn_step"].replace(" + b_h", "")}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Two students, right and wrong, each with a mark and a comment by hand."""
    course = make_course(tmp_path_factory.mktemp("regrade") / "course")
    hand_in(course, "right", with_answers(answers()))
    hand_in(course, "wrong", with_answers(WRONG))
    assert main(["run", "ps1", "--workers", "1", "--course", str(course)]) == 0
    with sqlite3.connect(course / "gradebook.db") as book:
        book.execute("UPDATE grade SET manual_score = 1.5, needs_manual_grade = 0 WHERE auto_score IS NULL")
        book.execute("UPDATE comment SET manual_comment = 'well done'")
    return course


@pytest.fixture
def course(graded, tmp_path, monkeypatch):
    shutil.copytree(graded, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    return tmp_path / "course"


def _change(course, change):
    path = course / "solutions/ps1/ps1.ipynb"
    notebook = json.loads(path.read_text())
    change({settings(c).get("grade_id"): c for c in notebook["cells"]}, notebook["cells"])
    path.write_text(json.dumps(notebook))


def _split(by_id, cells):
    """The visible test's point becomes two of two tests, of which the second looks at the bias alone."""
    test = by_id["test_rnn_step_visible"]
    new = json.loads(json.dumps(test))
    new["id"] = settings(new)["grade_id"] = "test_rnn_step_bias"
    new["source"] = "assert rnn_step(*[np.zeros((1, 1))] * 4, np.ones(1)) > 0"
    settings(by_id["test_rnn_forward_hidden"])["points"] = 3
    test["source"] = "assert rnn_step(*[np.zeros((1, 1))] * 4, np.zeros(1)).shape == (1, 1)"
    cells.insert(cells.index(test) + 1, new)
    cells.remove(by_id["test_birnn_summary_visible"])


def _by_hand(by_id, cells):
    settings(by_id["rnn_step"]).update(grade=True, points=1)


def _twice(by_id, cells):
    test = json.loads(json.dumps(by_id["test_birnn_summary_hidden"]))
    test["id"] = settings(test)["grade_id"] = "test_birnn_summary_visible"
    cells.append(test)


def _regrade(capsys, *words):
    capsys.readouterr()
    status = main(["regrade", "ps1", "--workers", "1", *words])
    return status, capsys.readouterr()


def _everything(course):
    files = {
        path: path.read_bytes() for path in course.rglob("*") if path.is_file() and ".birnn-grade" not in path.parts
    }
    files.pop(course / "gradebook.db")
    return files, gradebook(course)


def test_a_changed_source_is_shown_written_when_asked_and_then_done(course, capsys):
    _change(course, _split)
    before = _everything(course)
    status, said = _regrade(capsys)
    lines = said.out.splitlines()
    assert status == 0
    assert lines[:5] == [
        "test_rnn_step_bias is new, 1 points",
        "test_birnn_summary_visible is gone, 1 points",
        "test_rnn_forward_hidden: 2 → 3 points",
        "test_rnn_step_visible has another text",
        "",
    ]
    assert lines[5].startswith("right                12.5 → 13.5 of 14   test_birnn_summary_visible: 1 → –")
    assert lines[6].startswith("wrong                9.5 → 10.5 of 14 ")
    assert "test_rnn_step_bias: – → 0; test_rnn_step_visible: 0 → 1" in lines[6]
    assert lines[-1] == "nothing was written: to write it, add --yes"
    assert _everything(course) == before

    assert _regrade(capsys, "--yes")[0] == 0
    assert totals(course) == {"right": FULL + 1, "wrong": FULL - 2}
    grades, comments = gradebook(course)
    assert [manual for *_, manual, _, _ in grades if manual is not None] == [1.5, 1.5]
    assert {comment for *_, comment in comments} == {"well done"}
    for path, data in before[0].items():
        if "submitted" in path.parts:
            assert path.read_bytes() == data
    text = (course / "exercises/ps1/ps1.ipynb").read_text()
    assert "test_rnn_step_bias" in text
    assert "HIDDEN TESTS" not in text

    assert "nothing changes" in _regrade(capsys)[1].out
    assert main(["run", "ps1", "--workers", "1"]) == 0
    assert "0 of them new in the gradebook" in capsys.readouterr().out
    text = (course / "autograded/wrong/ps1/ps1.ipynb").read_text()
    assert "test_rnn_step_bias" in text


def test_killed_between_gradebook_and_files_the_next_call_does_the_rest(course, capsys, monkeypatch):
    from birnn_grader import regrade

    _change(course, _split)
    with monkeypatch.context() as patch:
        patch.setattr(regrade, "save", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        status, said = _regrade(capsys, "--yes")
    assert (status, "No space left" in said.err) == (2, True)
    assert totals(course) == {"right": FULL + 1, "wrong": FULL - 2}
    assert "test_rnn_step_bias" not in (course / "exercises/ps1/ps1.ipynb").read_text()
    assert _regrade(capsys, "--yes")[0] == 0
    assert main(["run", "ps1", "--workers", "1"]) == 0
    assert "0 of them new in the gradebook" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda by_id, cells: cells.remove(by_id["rnn_step"]), "answers can neither come nor go"),
        (_by_hand, "nor change their kind once work is handed in: rnn_step"),
        (lambda by_id, cells: by_id["test_rnn_step_visible"].update(source="scratch"), "uses scratch, which neither"),
    ],
)
def test_what_would_lose_work_is_refused_in_a_line(course, capsys, change, said):
    _change(course, change)
    before = _everything(course)
    status, found = _regrade(capsys, "--yes")
    assert status == 2
    assert said in found.err
    assert len(found.err.splitlines()) == 1
    assert _everything(course) == before


def test_a_test_that_people_marked_cannot_go_and_a_mark_above_the_new_points_is_said(course, capsys):
    with sqlite3.connect(course / "gradebook.db") as book:
        id_ = "(SELECT id FROM base_cell WHERE name = 'test_birnn_summary_visible')"
        book.execute(f"UPDATE grade SET manual_score = 0.5 WHERE cell_id = {id_}")
    _change(course, _split)
    assert "test_birnn_summary_visible cannot go, people gave marks on it" in _regrade(capsys, "--yes")[1].err
    _change(course, lambda by_id, cells: settings(by_id["explain_last_output"]).update(points=1))
    _change(course, _twice)
    assert "explain_last_output: 1.5 given by hand, and it bears 1 now" in _regrade(capsys)[1].out
