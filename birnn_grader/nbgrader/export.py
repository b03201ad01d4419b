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

from birnn_grader.nbgrader.platforms import NO_GRADE, platform

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
FORMULA = tuple("=+-@＝＋－＠")
"""What begins a formula in a spreadsheet, the wide forms of an East Asian keyboard too."""
ABSENT, WAITING, GRADED = "not handed in", "not graded yet", "graded"


def harmless(value: Any) -> Any:
    r"""Return a text that no spreadsheet takes for a formula, on one line; a number as people write it.

    Examples
    --------
    >>> harmless("=1+1"), harmless("Zoë"), harmless(-1.0), harmless(0.1 + 0.2), harmless("a\nb")
    ("'=1+1", 'Zoë', -1.0, 0.3, 'a b')
    """
    if not isinstance(value, str):
        return round(value, 6) if isinstance(value, float) else value
    text_ = "".join(sign if sign.isprintable() else " " for sign in value)
    return f"'{text_}" if text_.lstrip()[:1] in FORMULA and text_ != NO_GRADE and text_.strip() else text_


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


def write(kept: list[dict[str, Any]], path: str | Path, form: str = "nbgrader", column: str = "") -> int:
    """Write the rows of `choose`; return the number of lines, headings left out.

    Parameters
    ----------
    kept : list of dict
    path : path
    form : {"nbgrader", "moodle", "canvas", "blackboard"}
        The platforms get a line for each student and a column for each assignment, headed as their import expects.
    column : str
        As of `platforms.platform`.
    """
    if form not in FORMATS:
        raise ValueError(f"form is {form!r}, expected one of {', '.join(FORMATS)}")
    with open(path, "w", newline="", encoding="utf-8") as stream:
        if form == "nbgrader":
            table = csv.DictWriter(stream, HEADER.split(), lineterminator="\n")
            table.writeheader()
            table.writerows({name: harmless(value) for name, value in row.items()} for row in kept)
            return len(kept)
        how = platform(form, kept, column)
        full = {row["assignment"]: row["max_score"] for row in kept}
        by_student: dict[str, dict[str, Any]] = {}
        for row in kept:
            score = how.blank if row["score"] == "" else row["score"]
            by_student.setdefault(row["student_id"], {"row": row})[row["assignment"]] = score
        plain = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL if how.quoted else csv.QUOTE_MINIMAL)
        plain.writerow([*how.head, *full])
        if how.points:
            plain.writerow([*how.points, *full.values()])
        for entry in by_student.values():
            scores = [entry.get(title, how.blank) for title in full]
            plain.writerow([harmless(value) for value in (*how.lead(entry["row"]), *scores)])
        return len(by_student)


class FastCsv(ExportPlugin):
    """`nbgrader export` with the columns of nbgrader's own plug-in."""

    def export(self, gradebook: Any) -> None:
        """Write ``grades.csv``, or what ``--to`` names."""
        path = self.to or "grades.csv"
        self.log.info("Exporting grades to %s", path)
        write(choose(gradebook, [str(s) for s in self.student], [str(a) for a in self.assignment]), path)
