"""`nbgrader generate_assignment` that loses nothing: what it refuses it refuses first, and a failure puts all back.

nbgrader removes the released folder, and looks then whether the new one may be made. Once work has been graded, cells
cannot come or go any more; their content and points can.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException

from birnn_grader.judge.cells import settings_of
from birnn_grader.package import read

KINDS = (("grade",), ("solution",), ("task",), ("grade", "solution", "task", "locked"))  # as the gradebook lists cells


def cells_that_changed(gradebook: Any, assignment: str, path: Path) -> list[str]:
    """Return the ids of cells that came, went or changed their kind since work was graded; none before that."""
    try:
        record = gradebook.find_notebook(path.stem, assignment)
    except MissingEntry:
        return []
    if not record.submissions:
        return []
    settings = [settings_of(cell) for cell in read(path)["cells"]]
    new = [{s["grade_id"] for s in settings if any(map(s.get, keys))} for keys in KINDS]
    old = [record.grade_cells, record.solution_cells, record.task_cells, record.source_cells]
    return sorted(set().union(*(ids ^ {c.name for c in cells} for ids, cells in zip(new, old, strict=True))))


class SafeGenerateAssignment(GenerateAssignment):
    """nbgrader's converter; the released folder is there afterwards, the new one or the one before."""

    def convert_notebooks(self) -> None:
        """Refuse what nbgrader would refuse too late, then convert; put back what a failure removed."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            for notebooks in self.assignments.values():
                for path in map(Path, notebooks):
                    if changed := cells_that_changed(gradebook, path.parent.name, path):
                        self._refuse(path.parent.name, changed)
        folders = {Path(self._format_dest(Path(folder).name, ".")) for folder in self.assignments}
        with tempfile.TemporaryDirectory(prefix="birnn-release-") as kept:
            before = {folder: Path(kept, str(n)) for n, folder in enumerate(folders) if folder.is_dir()}
            for folder, copy in before.items():
                shutil.copytree(folder, copy, symlinks=True)
            try:
                super().convert_notebooks()
            finally:
                for folder, copy in before.items():
                    if not folder.exists():
                        shutil.copytree(copy, folder, symlinks=True)

    def _refuse(self, assignment: str, changed: list[str]) -> NoReturn:
        message = (
            f"{assignment} has been graded, so cells can neither come nor go: {', '.join(changed)}. Nothing was "
            f"changed. `birnn-grade regrade {assignment}` can add, split and remove tests: everyone is graded again, "
            "marks and comments given by hand are kept, and you see what would change before it is written."
        )
        self.log.error(message)
        raise NbGraderException(message)
