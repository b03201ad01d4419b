"""Write a class's results into nbgrader's gradebook: one writer, one transaction, however large the class.

A result is merged once: a digest of its content, its time and the due date is kept in the same database, in a table of
our own. So merging again changes nothing, and a merge that is cut off leaves nothing behind. Marks and comments that
people gave are never touched.
"""

from __future__ import annotations

import datetime
import hashlib
from typing import Any
from uuid import uuid4

from nbgrader.api import (
    Assignment,
    Base,
    Comment,
    Grade,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import Column, MetaData, String, Table, bindparam, insert, select, update

MERGED = Table(
    "birnn_merged",
    MetaData(),
    Column("submitted_notebook_id", String(32), primary_key=True),
    Column("content", String(64), nullable=False),
)
_student, _assignment, _submission, _notebook, _grade, _comment = (
    Base.metadata.tables[cls.__tablename__]
    for cls in (Student, Assignment, SubmittedAssignment, SubmittedNotebook, Grade, Comment)
)


def _new() -> str:
    return uuid4().hex


class _Book:
    """What the gradebook holds of one assignment, read by a handful of queries."""

    def __init__(self, gradebook: Any, assignment: str) -> None:
        self.connection = gradebook.db.connection()
        run = self.connection.execute
        record = gradebook.find_assignment(assignment)
        self.id, self.duedate = record.id, record.duedate
        self.cells: dict[str, Any] = {}
        self.notebooks: dict[str, str] = {}
        for notebook in record.notebooks:
            graded = [*notebook.grade_cells, *notebook.task_cells]
            commented = [*notebook.solution_cells, *notebook.task_cells]
            self.notebooks[notebook.name] = notebook.id
            self.cells[notebook.name] = ({c.name: c.id for c in graded}, {c.name: c.id for c in commented})
        self.students = set(run(select(_student.c.id)).scalars())
        query = select(_submission.c.student_id, _submission.c.id, _submission.c.extension)
        rows = [tuple(row) for row in run(query.where(_submission.c.assignment_id == self.id))]
        self.submissions = {student: id_ for student, id_, _ in rows}
        self.extensions = {student: extension for student, _, extension in rows if extension is not None}
        mine = select(_submission.c.id).where(_submission.c.assignment_id == self.id)
        query = select(_notebook.c.assignment_id, _notebook.c.notebook_id, _notebook.c.id)
        query = query.where(_notebook.c.assignment_id.in_(mine))
        self.submitted = {(submission, notebook): id_ for submission, notebook, id_ in run(query)}
        ours = select(_notebook.c.id).where(_notebook.c.assignment_id.in_(mine))
        query = select(
            _grade.c.notebook_id, _grade.c.cell_id, _grade.c.id, _grade.c.manual_score, _grade.c.extra_credit
        )
        self.grades = {(n, c): rest for n, c, *rest in run(query.where(_grade.c.notebook_id.in_(ours)))}
        query = select(_comment.c.notebook_id, _comment.c.cell_id, _comment.c.id)
        self.comments = {(n, c): id_ for n, c, id_ in run(query.where(_comment.c.notebook_id.in_(ours)))}
        MERGED.create(self.connection, checkfirst=True)
        self.merged = dict(tuple(row) for row in run(select(MERGED)))

    def due(self, student: str) -> Any:
        """Return when a student's work is due, an extension counted; None where there is no due date."""
        return self.duedate + self.extensions.get(student, datetime.timedelta()) if self.duedate else None


def merge(gradebook: Any, assignment: str, results: list[dict[str, Any]], penalty: Any = None) -> int:
    """Merge results by `write`, and commit; return how many were new."""
    new = write(gradebook, assignment, results, penalty)
    gradebook.db.commit()
    return new


def write(gradebook: Any, assignment: str, results: list[dict[str, Any]], penalty: Any = None) -> int:
    """Write results within the transaction that is open; return how many were new.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
    assignment : str
    results : list of dict
        Each has ``student``, ``notebook``, ``content`` (a digest of all that decided the scores), ``scores`` and
        ``blank`` as in `engine.Graded`, and ``timestamp`` (ISO text or None).
    penalty : callable, optional
        ``penalty(student, score, when, due)``, as of `course.late_penalty`: the points that late work costs.
    """
    book = _Book(gradebook, assignment)
    new: dict[Table, list[dict[str, Any]]] = {t: [] for t in (_student, _submission, _notebook, _grade, _comment)}
    grades, comments, late, times, done = [], [], [], [], []
    for result in results:
        student, name = result["student"], result["notebook"]
        if student not in book.students:
            book.students.add(student)
            new[_student].append({"id": student})
        timestamp = datetime.datetime.fromisoformat(result["timestamp"]) if result.get("timestamp") else None
        submission = book.submissions.get(student)
        if submission is None:
            submission = book.submissions[student] = _new()
            row = {"id": submission, "assignment_id": book.id, "student_id": student, "timestamp": timestamp}
            new[_submission].append(row)
        for other, notebook_id in book.notebooks.items():  # as nbgrader does: all of an assignment's at once
            if (submission, notebook_id) not in book.submitted:
                id_ = book.submitted[submission, notebook_id] = _new()
                new[_notebook].append(
                    {"id": id_, "assignment_id": submission, "notebook_id": notebook_id, "flagged": False}
                )
                for cell in book.cells[other][0].values():
                    book.grades[id_, cell] = [_new(), None, None]
                    row = {
                        "id": book.grades[id_, cell][0],
                        "notebook_id": id_,
                        "cell_id": cell,
                        "needs_manual_grade": True,
                    }
                    new[_grade].append(row)
                for cell in book.cells[other][1].values():
                    book.comments[id_, cell] = _new()
                    new[_comment].append({"id": book.comments[id_, cell], "notebook_id": id_, "cell_id": cell})
        submitted = book.submitted[submission, book.notebooks[name]]
        # What decides the scores, and what decides the penalty.
        due = book.due(student)
        decided = hashlib.sha256(f"{result['content']} {timestamp} {due}".encode()).hexdigest()
        if book.merged.get(submitted) == decided:
            continue
        done.append({"submitted_notebook_id": submitted, "content": decided})
        times.append({"key": submission, "timestamp": timestamp})
        total = 0.0
        for cell, auto in result["scores"].items():
            id_, manual, extra = book.grades[submitted, book.cells[name][0][cell]]
            given = auto if manual is None else manual
            total += (given or 0.0) + ((extra or 0.0) if given is not None else 0.0)
            grades.append({"key": id_, "auto": auto, "needs": manual is not None or auto is None})
        for cell, cell_id in book.cells[name][1].items():
            text = "No response." if cell in result["blank"] else None
            comments.append({"key": book.comments[submitted, cell_id], "text": text})
        is_late = timestamp is not None and due is not None and timestamp > due
        cost = penalty(student, total, timestamp, due) if penalty and is_late else None
        late.append({"key": submitted, "penalty": None if cost is None else min(max(cost, 0.0), total)})
    _write(book, new, grades, comments, late, times, done)
    return len(done)


def _write(book: _Book, new: Any, grades: Any, comments: Any, late: Any, times: Any, done: Any) -> None:
    run = book.connection.execute
    for table, rows in new.items():
        if rows:
            run(insert(table), rows)

    def change(table: Table, rows: list[dict[str, Any]], **columns: Any) -> None:
        if rows:
            run(update(table).where(table.c.id == bindparam("key")).values(**columns), rows)

    change(_grade, grades, auto_score=bindparam("auto"), needs_manual_grade=bindparam("needs"))
    change(_comment, comments, auto_comment=bindparam("text"))
    change(_notebook, late, late_submission_penalty=bindparam("penalty"))
    change(_submission, [row for row in times if row["timestamp"]], timestamp=bindparam("timestamp"))
    known = [row for row in done if row["submitted_notebook_id"] in book.merged]
    fresh = {row["submitted_notebook_id"]: row for row in done if row["submitted_notebook_id"] not in book.merged}
    if known:
        rows = [{"key": row["submitted_notebook_id"], "value": row["content"]} for row in known]
        where = MERGED.c.submitted_notebook_id == bindparam("key")
        run(update(MERGED).where(where).values(content=bindparam("value")), rows)
    if fresh:
        run(insert(MERGED), list(fresh.values()))
