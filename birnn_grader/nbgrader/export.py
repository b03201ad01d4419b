"""The grades as CSV, by one query whatever the size of the class.

No number stands where there is none: work that was not handed in, or that a person has still to mark, is left blank,
and a column of its own says which it is. A 0 is a 0 that was given.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path
from typing import Any

from nbgrader.plugins import ExportPlugin
from sqlalchemy import text

_QUERY = """
WITH graded AS (
  SELECT notebook_id, SUM(CASE
    WHEN manual_score IS NOT NULL THEN manual_score + COALESCE(extra_credit, 0)
    WHEN auto_score IS NOT NULL THEN auto_score + COALESCE(extra_credit, 0)
    ELSE 0 END) AS score, SUM(manual_score IS NULL AND auto_score IS NULL) AS waiting
  FROM grade GROUP BY notebook_id
), submitted AS (
  SELECT n.assignment_id, SUM(COALESCE(graded.score, 0)) AS score, SUM(COALESCE(graded.waiting, 1)) AS waiting,
    SUM(COALESCE(n.late_submission_penalty, 0)) AS penalty
  FROM submitted_notebook AS n LEFT JOIN graded ON graded.notebook_id = n.id GROUP BY n.assignment_id
), points AS (
  SELECT b.notebook_id, COALESCE(g.max_score, t.max_score, 0) AS points FROM base_cell AS b
  LEFT JOIN grade_cells AS g ON g.id = b.id LEFT JOIN task_cells AS t ON t.id = b.id
), full_score AS (
  SELECT n.assignment_id, SUM(points.points) AS points
  FROM notebook AS n JOIN points ON points.notebook_id = n.id GROUP BY n.assignment_id
)
SELECT a.name, a.duedate, s.timestamp, t.id, t.last_name, t.first_name, t.email, submitted.score, submitted.penalty,
  full_score.points, submitted.waiting
FROM assignment AS a CROSS JOIN student AS t
LEFT JOIN submitted_assignment AS s ON s.assignment_id = a.id AND s.student_id = t.id
LEFT JOIN submitted ON submitted.assignment_id = s.id
LEFT JOIN full_score ON full_score.assignment_id = a.id
ORDER BY a.duedate, a.name, t.last_name, t.first_name, t.id
"""
HEADER = (
    "assignment duedate timestamp student_id last_name first_name email "
    "raw_score late_submission_penalty score max_score status"
)
FORMATS = ("nbgrader", "moodle", "canvas", "blackboard")
ABSENT, WAITING, GRADED = "not handed in", "not graded yet", "graded"


def harmless(value: Any) -> Any:
    """Return a text that no spreadsheet takes for a formula; a number as it is.

    Examples
    --------
    >>> harmless("=1+1"), harmless("Zoë"), harmless(-1.0)
    ("'=1+1", 'Zoë', -1.0)
    """
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else value


class ExportError(Exception):
    """What was asked for is not in the gradebook."""


def rows(gradebook: Any) -> list[dict[str, Any]]:
    """Return a row for every assignment and student: the columns of nbgrader's own export, and ``status``."""
    found = []
    for *known, raw, penalty, points, waiting in gradebook.db.execute(text(_QUERY)):
        scores: list[Any] = ["", "", ""]
        status = WAITING if waiting else ABSENT
        if waiting == 0:
            scores, status = [float(raw), float(penalty), max(0.0, float(raw) - float(penalty))], GRADED
        values = [*known, *scores, float(points or 0), status]
        found.append(dict(zip(HEADER.split(), ["" if v is None else v for v in values], strict=True)))
    return found


def choose(gradebook: Any, students: Collection[str] = (), assignments: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the rows of these students and assignments; of all where none is named.

    Raises
    ------
    ExportError
        If a name is not in the gradebook.
    """
    known = {"student": {s.id for s in gradebook.students}, "assignment": {a.name for a in gradebook.assignments}}
    for kind, names in (("student", students), ("assignment", assignments)):
        if missing := [name for name in names if name not in known[kind]]:
            raise ExportError(f"the gradebook knows no {kind} {', '.join(missing)}")
    kept = [r for r in rows(gradebook) if not students or r["student_id"] in students]
    return [r for r in kept if not assignments or r["assignment"] in assignments]


def write(kept: list[dict[str, Any]], path: str | Path, form: str = "nbgrader") -> int:
    """Write the rows of `choose`; return the number of lines, headings left out.

    Parameters
    ----------
    kept : list of dict
    path : path
    form : {"nbgrader", "moodle", "canvas", "blackboard"}
        The platforms get a line for each student and a column for each assignment, headed as their import expects.
    """
    if form not in FORMATS:
        raise ValueError(f"form is {form!r}, expected one of {', '.join(FORMATS)}")
    kept = [{name: harmless(value) for name, value in row.items()} for row in kept]
    with open(path, "w", newline="", encoding="utf-8") as stream:
        if form == "nbgrader":
            table = csv.DictWriter(stream, HEADER.split(), lineterminator="\n")
            table.writeheader()
            table.writerows(kept)
            return len(kept)
        full = {row["assignment"]: row["max_score"] for row in kept}
        by_student: dict[str, dict[str, Any]] = {}
        for row in kept:
            by_student.setdefault(row["student_id"], {"row": row})[row["assignment"]] = row["score"]
        plain = csv.writer(stream, lineterminator="\n")
        if form == "blackboard":
            plain = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
        if form == "moodle":
            plain.writerow(["ID number", "Email address", *full])
        elif form == "blackboard":
            plain.writerow(["Last Name", "First Name", "Username", *full])
        else:
            plain.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *full])
            plain.writerow(["    Points Possible", "", "", "", "", *full.values()])  # as Canvas's own export has it
        for student, entry in by_student.items():
            row, scores = entry["row"], [entry.get(title, "") for title in full]
            name = ", ".join(part for part in (row["last_name"], row["first_name"]) if part)
            lead = {
                "moodle": [student, row["email"]],
                "blackboard": [row["last_name"], row["first_name"], student],
                "canvas": [name or student, "", student, student, ""],
            }[form]
            plain.writerow([*lead, *scores])
        return len(by_student)


class FastCsv(ExportPlugin):
    """`nbgrader export` with the columns of nbgrader's own plug-in."""

    def export(self, gradebook: Any) -> None:
        """Write ``grades.csv``, or what ``--to`` names."""
        path = self.to or "grades.csv"
        self.log.info("Exporting grades to %s", path)
        write(choose(gradebook, [str(s) for s in self.student], [str(a) for a in self.assignment]), path)
