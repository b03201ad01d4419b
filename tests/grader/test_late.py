"""Late work: by the calendar of one place, with extensions, and with extra credit that people gave."""

import datetime

import pytest
from course import make_course, open_course
from nbgrader.api import Gradebook
from traitlets import TraitError

from birnn_grader.cli import main
from birnn_grader.nbgrader.course import course as open_app
from birnn_grader.nbgrader.course import late_penalty
from birnn_grader.nbgrader.export import choose
from birnn_grader.nbgrader.late import LatePenalty, days_late, in_utc
from birnn_grader.nbgrader.merge import merge

ZONE = "Europe/Berlin"
CONFIG = """
c.AssignLatePenalties.plugin_class = "birnn_grader.nbgrader.late.LatePenalty"
c.LatePenalty.timezone = "Europe/Berlin"
c.LatePenalty.per_day = 0.25
c.LatePenalty.grace_minutes = 10
"""


@pytest.mark.parametrize(
    ("due", "when", "days"),
    [
        ("2026-03-27 23:59", "2026-03-27 23:59", 0),
        ("2026-03-27 23:59", "2026-03-28 00:00", 1),
        ("2026-03-28 23:59", "2026-03-29 23:59", 1),  # 23 hours: summer time begins
        ("2026-03-28 23:59", "2026-03-30 00:00", 2),
        ("2026-10-24 23:59", "2026-10-25 23:59", 1),  # 25 hours: it ends
        ("2026-10-24 23:59", "2026-10-26 00:00", 2),
    ],
)
def test_a_day_late_is_a_day_of_the_calendar(due, when, days):
    assert days_late(in_utc(due, ZONE), in_utc(when, ZONE), ZONE) == days


def test_the_penalty_grows_by_the_day_up_to_its_most():
    plugin = LatePenalty(per_day=0.25, most=0.6, timezone=ZONE, grace_minutes=10)
    plugin.due = in_utc("2026-10-24 23:59", ZONE)
    hours = (0.1, 1, 25, 26, 60, 1000)
    assert [plugin.late_submission_penalty("s", 8.0, 3600 * h) for h in hours] == [None, 2.0, 2.0, 4.0, 4.8, 4.8]
    with pytest.raises(TraitError, match="is not a time zone"):
        LatePenalty(timezone="Berlin")


def test_due_extensions_and_extra_credit(tmp_path, monkeypatch, capsys):
    course = make_course(tmp_path / "course")
    with (course / "nbgrader_config.py").open("a") as stream:
        stream.write(CONFIG)
    monkeypatch.chdir(course)
    assert main(["due", "ps1", "2026-10-24 23:59"]) == 0
    assert capsys.readouterr().out == "ps1 is due 2026-10-24 23:59 in Europe/Berlin, 2026-10-24 21:59 UTC\n"
    assert main(["due", "ps1", "tomorrow"]) == 2
    scores = {"test_rnn_step_visible": 1.0, "test_rnn_step_hidden": 2.0, "explain_last_output": 0.0}
    times = {"punctual": "2026-10-24 23:00", "late": "2026-10-25 23:30", "extended": "2026-10-25 23:30"}
    results = [
        {"student": s, "notebook": "ps1", "content": s, "scores": scores, "blank": [],
         "timestamp": in_utc(when, ZONE).isoformat()}
        for s, when in times.items()
    ]  # fmt: skip
    coursedir = open_course(course)
    with Gradebook(coursedir.db_url, coursedir.course_id) as book:
        penalty = late_penalty(open_app(str(course)))
        assert merge(book, "ps1", results, penalty) == 3
        assert {r["student_id"]: r["late_submission_penalty"] for r in choose(book)} == {
            "punctual": "", "late": "", "extended": ""}  # fmt: skip
        book.find_submission("ps1", "extended").extension = datetime.timedelta(hours=25)  # that day has them
        for grade in book.find_submission_notebook("ps1", "ps1", "late").grades:
            if grade.name == "test_rnn_step_hidden":
                grade.extra_credit = 1.0
            if grade.auto_score is None:
                grade.auto_score = 0.0
        book.db.commit()
        assert merge(book, "ps1", [{**r, "content": f"{r['student']} again"} for r in results], penalty) == 3
        penalties = {s: book.find_submission("ps1", s).late_submission_penalty or 0.0 for s in times}
        assert penalties == {"punctual": 0.0, "late": 0.25 * 4, "extended": 0.0}
        (row,) = choose(book, ["late"])
        assert (row["raw_score"], row["score"]) == (4.0, 3.0), "the extra point counts, in the penalty too"
