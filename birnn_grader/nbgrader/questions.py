"""The marks of every question as CSV: a column for each, and a line for each student."""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path
from typing import Any

from birnn_grader.nbgrader.cells import marks
from birnn_grader.nbgrader.export import ExportError, harmless


def write(gradebook: Any, path: str | Path, assignments: Collection[str] = (), students: Collection[str] = ()) -> int:
    """Write the marks; return the number of students.

    Under the headings stands a line with the points of each question. What is not marked yet is left blank, and so is
    the work of those who handed nothing in.

    Raises
    ------
    ExportError
        If a name is not in the gradebook.
    """
    known, everyone = [a.name for a in gradebook.assignments], sorted(s.id for s in gradebook.students)
    if missing := [n for n in assignments if n not in known] + [n for n in students if n not in everyone]:
        raise ExportError(f"the gradebook knows no {', '.join(missing)}")
    columns, points, given = list[tuple[str, tuple[str, str]]](), list[float](), {}
    for name in (n for n in known if not assignments or n in assignments):
        given[name] = marks(gradebook, name)
        for notebook in gradebook.find_assignment(name).notebooks:
            for cell in sorted([*notebook.grade_cells, *notebook.task_cells], key=lambda cell: cell.name):
                columns.append((name, (notebook.name, cell.name)))
                points.append(float(cell.max_score))
    chosen = [student for student in everyone if not students or student in students]
    with open(path, "w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["student", *(f"{name}/{cell[0]}/{cell[1]}" for name, cell in columns)])
        table.writerow(["points", *points])
        for student in chosen:
            own = {name: given[name].get(student) for name in given}
            scores = [mark.of(cell) if (mark := own[name]) is not None else None for name, cell in columns]
            table.writerow([harmless(student), *("" if score is None else score for score in scores)])
    return len(chosen)
