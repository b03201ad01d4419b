"""The grades as each platform imports them: whose columns, what an empty cell says, and who is meant by a line.

Sources: Canvas's and Moodle's own importers (`lib/gradebook_importer.rb` of canvas-lms, `grade/import/csv` of moodle),
Blackboard's help on working offline with grade data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
CANVAS_IDS = ("ID", "SIS User ID", "SIS Login ID")
NO_GRADE = "-"
"""For Moodle: an empty cell of a new column becomes a 0 there."""


@dataclass(frozen=True)
class Platform:
    """How one platform reads a table.

    Attributes
    ----------
    head : list of str
        The columns before the assignments'.
    lead : callable
        What stands in them for a student, from one of the student's rows.
    blank : str
        What says that there is no mark.
    points : list of str or None
        What begins the line of points, where there is one.
    quoted : bool
        Whether every cell is in quotation marks.
    """

    head: list[str]
    lead: Callable[[Row], list[Any]]
    blank: str = ""
    points: list[str] | None = None
    quoted: bool = False


def _name(row: Row) -> str:
    name = ", ".join(part for part in (row["last_name"], row["first_name"]) if part) or str(row["student_id"])
    return str(row["student_id"]) if "Points Possible" in name else name  # by these words Canvas knows its second line


def _canvas(row: Row, column: str) -> list[Any]:
    """Return Canvas's five columns, the student in one of them: Canvas takes the first that fits anyone.

    Unless one is named, a number is Canvas's own, as in its downloads, and anything else is a login.
    """
    student = str(row["student_id"])
    chosen = column or ("ID" if student.isdecimal() else "SIS Login ID")
    return [_name(row), *(student if name == chosen else "" for name in CANVAS_IDS), ""]


def platform(form: str, rows: list[Row], column: str = "") -> Platform:
    """Return how a platform reads a table of these rows.

    Parameters
    ----------
    form : {"canvas", "moodle", "blackboard"}
    rows : list of dict
        As of `export.choose`.
    column : str
        For Canvas, which of its columns the students' names are of.
    """
    if form == "canvas":
        head = ["Student", *CANVAS_IDS, "Section"]
        return Platform(head, lambda row: _canvas(row, column), points=["    Points Possible", "", "", "", ""])
    if form == "blackboard":
        head = ["Last Name", "First Name", "Username"]
        return Platform(head, lambda row: [row["last_name"], row["first_name"], row["student_id"]], quoted=True)
    # Moodle gives a line whose chosen column is empty to the student of the line before.
    if all(row["email"] for row in rows):
        head = ["ID number", "Email address"]
        return Platform(head, lambda row: [row["student_id"], row["email"]], blank=NO_GRADE)
    return Platform(["ID number"], lambda row: [row["student_id"]], blank=NO_GRADE)
