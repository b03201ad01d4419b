"""A class at once: workers, a cluster, one merge, and going on after a kill."""

import concurrent.futures as futures
import contextlib
import csv
import datetime
import functools
import multiprocessing
import random
import shutil
import sqlite3
import time

import killed
import pytest
from course import (
    FULL,
    PS1,
    answers,
    gradebook,
    hand_in,
    make_course,
    open_course,
    released,
    settings,
    totals,
    with_answers,
)
from nbgrader.api import Gradebook

from birnn_grader import pool
from birnn_grader import results as results_
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Bubblewrap
from birnn_grader.nbgrader.export import choose, write
from birnn_grader.nbgrader.merge import merge

LIMITS = Limits(cell=20)
RIGHT = answers()
pytestmark = pytest.mark.timeout(7200)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("pool") / "course")


@pytest.fixture
def course(empty, tmp_path):
    folder = tmp_path / "course"
    shutil.copytree(empty, folder)
    for n in range(3):
        hand_in(folder, f"right{n}", with_answers(RIGHT))
        hand_in(folder, f"part{n}", with_answers({"rnn_step": RIGHT["rnn_step"]}))
    hand_in(folder, "broken", data=b"{")
    hand_in(folder, "blank", released())
    (folder / "submitted/right0/ps1/timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    return folder


EXPECTED = {**{f"right{n}": FULL for n in range(3)}, **{f"part{n}": 3.0 for n in range(3)}, "broken": 0.0, "blank": 0.0}


def _run(course):
    return pool.Run(open_course(course), "ps1", Bubblewrap(), LIMITS)


def _open(course):
    coursedir = open_course(course)
    return Gradebook(coursedir.db_url, coursedir.course_id)


def test_two_workers_grade_a_class_and_a_second_run_has_nothing_to_do(course, bwrap):
    run = _run(course)
    results = run.grade(workers=2)
    assert run.merge(results) == len(EXPECTED)
    assert totals(course) == EXPECTED
    before = gradebook(course)
    finished = []
    again = run.grade(progress=lambda stream, total: finished.append(1) or stream)
    assert finished == []
    assert run.merge(again) == 0
    assert gradebook(course) == before


def test_another_content_is_graded_again(course, bwrap):
    run = _run(course)
    run.merge(run.grade(workers=2))
    hand_in(course, "blank", with_answers(RIGHT))
    assert run.merge(run.grade()) == 1
    assert totals(course) == {**EXPECTED, "blank": FULL}


def test_what_another_version_graded_is_graded_again(course, bwrap, monkeypatch):
    run = _run(course)
    run.merge(run.grade(workers=2))
    monkeypatch.setattr(results_, "__version__", "0.0.1")
    monkeypatch.setattr(pool, "executor", _threads)
    graded = []
    again = run.grade(progress=lambda stream, total: (graded.append(total) or (key, result) for key, result in stream))
    assert graded == [len(EXPECTED)] * len(EXPECTED), "the bar knows how many there are"
    assert run.merge(again) == len(EXPECTED)


def test_the_gradebook_is_the_one_that_autograde_makes(course, bwrap, tmp_path):
    import sys

    from support import run as command

    other = tmp_path / "other"
    shutil.copytree(course, other)
    run = _run(course)
    run.merge(run.grade(workers=2))
    command([sys.executable, "-m", "nbgrader", "autograde", "ps1"], cwd=other)
    assert gradebook(course) == gradebook(other)


def test_people_s_marks_are_kept_and_the_cell_is_shown_to_them_again(course, bwrap):
    run = _run(course)
    run.merge(run.grade(workers=2))
    with sqlite3.connect(course / "gradebook.db") as book:
        book.execute("UPDATE grade SET manual_score = 1, needs_manual_grade = 0")
        book.execute("UPDATE comment SET manual_comment = 'well done'")
    before = gradebook(course)
    assert run.merge(run.grade()) == 0
    assert gradebook(course) == before
    hand_in(course, "blank", with_answers(RIGHT))
    run.merge(run.grade())
    grades, comments = gradebook(course)
    assert all(manual == 1 for *_, manual, _, _ in grades)
    assert all(bool(needs) == (student == "blank") for student, *_, needs, _ in grades)
    assert all(comment == "well done" for *_, comment in comments)


def test_late_work_pays_what_the_plug_in_says(course, bwrap):
    with _open(course) as book:
        book.find_assignment("ps1").duedate = datetime.datetime(2026, 3, 1, 11, 0)
        book.db.commit()
    run = _run(course)

    def merged():
        return run.merge(run.grade(workers=2), penalty=lambda student, score, when, due: (when - due).seconds / 1800)

    def penalty(student):
        with _open(course) as book:
            return book.find_submission("ps1", student).late_submission_penalty or 0.0

    merged()
    assert (penalty("right0"), penalty("right1")) == (2.0, 0.0)
    (course / "submitted/right0/ps1/timestamp.txt").write_text("2026-03-01 11:30:00 UTC")
    assert merged() == 1, "a time that was put right"
    assert penalty("right0") == 1.0
    with _open(course) as book:
        book.find_assignment("ps1").duedate = datetime.datetime(2026, 3, 2)
        book.db.commit()
    assert merged() == len(EXPECTED), "another due date"
    assert penalty("right0") == 0.0


@contextlib.contextmanager
def _threads(workers, scheduler=""):
    with futures.ThreadPoolExecutor(workers) as executor:
        yield executor


def _whole(course):
    pool.executor = _threads  # this process is a fork: its workers are threads, so that a kill takes all at once
    run = _run(course)
    run.merge(run.grade(workers=2))


@pytest.mark.slow
def test_a_run_killed_fifty_times_ends_in_the_same_gradebook(course, bwrap, tmp_path):
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(course, undisturbed)
    fork = multiprocessing.get_context("fork")
    began = time.monotonic()
    calm = fork.Process(target=_whole, args=(undisturbed,))
    calm.start()
    calm.join()
    assert calm.exitcode == 0
    whole = time.monotonic() - began
    kills, draw = 0, random.Random(20)
    while kills < 50:
        if kills % 7 == 6:  # begin again, so that early moments are hit too
            shutil.rmtree(course / results_.STATE, ignore_errors=True)
        one = fork.Process(target=_whole, args=(course,))
        one.start()
        one.join(draw.uniform(0.02, 0.5 * whole))
        if one.exitcode is None:
            one.kill()
            one.join()
        else:  # it was done before: nothing was left to kill
            shutil.rmtree(course / results_.STATE, ignore_errors=True)
        kills += 1
    last = fork.Process(target=_whole, args=(course,))
    last.start()
    last.join()
    assert last.exitcode == 0
    assert gradebook(course) == gradebook(undisturbed)
    for path in (undisturbed / "autograded").rglob("*.ipynb"):
        assert (course / path.relative_to(undisturbed)).read_text() == path.read_text()


def test_a_notebook_under_another_name_is_told(course, bwrap):
    path = course / "submitted/blank/ps1/ps1.ipynb"
    path.rename(path.with_name("ps1 (1).ipynb"))
    (note,) = next(r for r in _run(course).grade(workers=2) if r["student"] == "blank")["notes"]
    assert note.endswith("the folder holds 'ps1 (1).ipynb': rename it to ps1.ipynb and grade again")


@pytest.mark.parametrize("which", [0, 1], ids=["judge", "fork"])
def test_a_judge_that_is_killed_costs_nobody_a_mark(course, bwrap, monkeypatch, which):
    monkeypatch.setattr(pool, "executor", _threads)
    monkeypatch.setattr(pool, "task", functools.partial(killed.kills_its_judge_once, course / "died", which))
    run = _run(course)
    results = run.grade(workers=1)
    assert (course / "died").exists()
    assert run.merge(results) == len(EXPECTED)
    assert not any("judging process" in note for result in results for note in result["notes"])
    assert totals(course) == EXPECTED


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nobody_a_mark(course, bwrap, monkeypatch):
    for n in range(20):  # more than are handed to the workers ahead of time
        hand_in(course, f"more{n}", data=b"{")
    monkeypatch.setattr(pool, "task", functools.partial(killed.dies_once, course / "died"))
    run = _run(course)
    assert run.merge(run.grade(workers=2)) == len(EXPECTED) + 20
    assert (course / "died").exists()
    assert totals(course) == {**EXPECTED, **{f"more{n}": 0.0 for n in range(20)}}


@pytest.mark.slow
def test_a_cluster_of_two_gives_the_same_marks(course, bwrap):
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster:
        run = _run(course)
        results = run.grade(scheduler=cluster.scheduler_address)
    assert run.merge(results) == len(EXPECTED)
    assert totals(course) == EXPECTED


@pytest.mark.slow
def test_a_cluster_of_three_of_which_one_dies_loses_nothing(course, bwrap, monkeypatch):
    """It dies with a task in hand, and stays away; the others take over what it had, and what it had done."""
    distributed = pytest.importorskip("distributed")
    for n in range(20):
        hand_in(course, f"more{n}", data=b"{")
    monkeypatch.setattr(pool, "task", functools.partial(killed.dies_once, course / "died"))
    with distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster:
        for nanny in cluster.workers.values():
            nanny.auto_restart = False
        run = _run(course)
        results = run.grade(scheduler=cluster.scheduler_address)
        left = len(cluster.scheduler.workers)
    assert ((course / "died").exists(), left) == (True, 2)
    assert [result["student"] for result in results if result.get("error")] == []
    assert run.merge(results) == len(EXPECTED) + 20
    assert totals(course) == {**EXPECTED, **{f"more{n}": 0.0 for n in range(20)}}


TESTS = [settings(cell)["grade_id"] for cell in PS1["cells"] if settings(cell).get("grade")]


def _results(count):
    scores = dict.fromkeys(TESTS, 0.0) | {"test_rnn_step_visible": 1.0, "explain_last_output": 0.0}
    for n in range(count):
        yield {"student": f"s{n:05}", "notebook": "ps1", "content": f"{n:064}", "scores": scores,
               "blank": ["rnn_step"], "timestamp": "2026-03-01T12:00:00"}  # fmt: skip


@pytest.mark.slow
def test_ten_thousand_students_are_merged_and_exported_in_ten_seconds(empty, tmp_path):
    folder = tmp_path / "course"
    shutil.copytree(empty, folder)
    began = time.process_time()
    with _open(folder) as book:
        assert merge(book, "ps1", list(_results(10_000))) == 10_000
        assert write(choose(book), tmp_path / "grades.csv") == 10_000
    assert time.process_time() - began < 10
    with (tmp_path / "grades.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 10_000
    assert {row["score"] for row in rows} == {"1.0"}


def test_what_a_student_wrote_moves_no_terminal():
    result = {"student": "s", "notebook": "ps1", "scores": {"t": 1.0}, "notes": ["x\x1b[2J\u202e\r"], "error": None}
    assert pool.summary([result], {"ps1": 1.0}).endswith("1 of 1\n    x?[2J??")
