"""An assignment's cells in the gradebook: what a changed source changes in them, and the change itself.

Marks and comments that people gave stay; what would lose one is refused.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from nbgrader.api import Grade, GradeCell, SourceCell, SubmittedNotebook, TaskCell
from sqlalchemy import text

from birnn_grader.judge.cells import settings_of
from birnn_grader.package import Package, PackageError

_MARKS = text("""
SELECT s.student_id, b.notebook, b.name, g.auto_score, g.manual_score, g.extra_credit
FROM grade AS g JOIN submitted_notebook AS n ON n.id = g.notebook_id
JOIN submitted_assignment AS s ON s.id = n.assignment_id JOIN assignment AS a ON a.id = s.assignment_id
JOIN (SELECT c.id, c.name, k.name AS notebook FROM base_cell AS c JOIN notebook AS k ON k.id = c.notebook_id) AS b
ON b.id = g.cell_id WHERE a.name = :assignment ORDER BY s.student_id, b.name""")
_PENALTIES = text("""
SELECT s.student_id, SUM(COALESCE(n.late_submission_penalty, 0)) FROM submitted_notebook AS n
JOIN submitted_assignment AS s ON s.id = n.assignment_id JOIN assignment AS a ON a.id = s.assignment_id
WHERE a.name = :assignment GROUP BY s.student_id""")


@dataclasses.dataclass
class Marks:
    """One student's marks: by ``(notebook, cell)`` the automatic one, the one by hand and the extra credit."""

    cells: dict[tuple[str, str], tuple[float | None, float | None, float | None]]
    penalty: float = 0.0

    def of(self, cell: tuple[str, str]) -> float | None:
        """Return what a cell gives; None where it is not marked or not there."""
        auto, manual, extra = self.cells.get(cell, (None, None, None))
        given = auto if manual is None else manual
        return None if given is None else given + (extra or 0.0)

    def total(self) -> float:
        """Return the points, what is taken off for lateness subtracted."""
        return max(sum(self.of(cell) or 0.0 for cell in self.cells) - self.penalty, 0.0)


def marks(gradebook: Any, assignment: str) -> dict[str, Marks]:
    """Return everyone's marks as the gradebook has them now."""
    found: dict[str, Marks] = {}
    for student, notebook, name, auto, manual, extra in gradebook.db.execute(_MARKS, {"assignment": assignment}):
        found.setdefault(student, Marks({})).cells[notebook, name] = (auto, manual, extra)
    for student, penalty in gradebook.db.execute(_PENALTIES, {"assignment": assignment}):
        if student in found:
            found[student].penalty = float(penalty)
    return found


def changes(record: Any, package: Package) -> list[str]:
    """Return in words what the source of a notebook changes in what the gradebook holds of it (``record``).

    Raises
    ------
    PackageError
        If answers come, go or change their kind: there is work that was written for them.
    """
    settings = {s["grade_id"]: s for cell in package.released["cells"] if (s := settings_of(cell))}
    was = {cell.name for cell in record.solution_cells}, {cell.name for cell in record.task_cells}
    now = tuple({name for name, s in settings.items() if s.get(kind)} for kind in ("solution", "task"))
    by_hand = {cell.name for cell in record.grade_cells} & was[0], {n for n in now[0] if settings[n].get("grade")}
    if changed := sorted((was[0] ^ now[0]) | (was[1] ^ now[1]) | (by_hand[0] ^ by_hand[1])):
        raise PackageError(
            f"answers can neither come nor go nor change their kind once work is handed in: {', '.join(changed)}. "
            "Nothing was changed"
        )
    old = {cell.name: float(cell.max_score) for cell in [*record.grade_cells, *record.task_cells]}
    sources = {cell.name: cell.source for cell in record.source_cells}
    new, found = package.points(), []
    found += [f"{name} is new, {points:g} points" for name, points in new.items() if name not in old]
    found += [f"{name} is gone, {points:g} points" for name, points in old.items() if name not in new]
    found += [f"{name}: {old[name]:g} → {new[name]:g} points" for name in old if name in new and old[name] != new[name]]
    for cell in package.released["cells"]:
        name = settings_of(cell).get("grade_id")
        if name in sources and sources[name] != cell["source"]:
            found.append(f"{name} has another text")
    return found


def lost(record: Any, package: Package) -> list[str]:
    """Return the cells that would go though people gave marks on them."""
    kept = package.points()
    going = [cell for cell in record.grade_cells if cell.name not in kept]
    return [c.name for c in going if any(g.manual_score is not None or g.extra_credit for g in c.grades)]


def change(gradebook: Any, record: Any, package: Package) -> None:
    """Make the gradebook's cells those of the package, within the transaction that is open."""
    session = gradebook.db
    cells = {s["grade_id"]: (cell, s) for cell in package.released["cells"] if (s := settings_of(cell))}
    points = package.points()
    for known in [*record.grade_cells]:
        if known.name not in points:
            for grade in [*known.grades]:
                session.delete(grade)
            session.delete(known)
    for known in [*record.source_cells]:
        if known.name not in cells:
            session.delete(known)
    session.flush()
    session.expire(record)
    graded = {cell.name: cell for cell in [*record.grade_cells, *record.task_cells]}
    sources = {cell.name: cell for cell in record.source_cells}
    submissions = session.query(SubmittedNotebook).filter(SubmittedNotebook.notebook_id == record.id).all()
    for name, (cell, settings) in cells.items():
        if name in points:
            if name not in graded:
                kind = TaskCell if settings.get("task") else GradeCell
                graded[name] = kind(name=name, notebook=record, max_score=points[name], cell_type=cell["cell_type"])
                session.add(graded[name])
                session.add_all(Grade(cell=graded[name], notebook=submission) for submission in submissions)
            graded[name].max_score, graded[name].cell_type = points[name], cell["cell_type"]
        if name not in sources:
            sources[name] = SourceCell(name=name, notebook=record)
        one = sources[name]
        one.cell_type, one.source, one.checksum = cell["cell_type"], cell["source"], settings.get("checksum")
        one.locked = bool(settings.get("locked"))
        session.add(one)
    session.flush()
