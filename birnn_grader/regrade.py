"""Grade a class again by a source that has changed since the work was handed in: first seen, then written.

The new source is graded beside what is there. Then the gradebook's change is made in a transaction that is taken back,
so that what is shown is what would be there. To write is to make it once more and keep it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Sandbox
from birnn_grader.nbgrader import cells, merge
from birnn_grader.nbgrader.source import from_source, generate
from birnn_grader.package import PackageError
from birnn_grader.pool import Run, notebooks_of
from birnn_grader.results import save


class Regrade:
    """One assignment, graded again by its source in ``solutions/``.

    Parameters
    ----------
    app : nbgrader.apps.NbGrader
        As `course.course` returns it.
    assignment : str
    backend, limits
        As for `pool.Run`.
    penalty : callable, optional
        As for `merge.merge`.

    Raises
    ------
    PackageError
        If the assignment is not in the gradebook, or its notebooks are others than there.
    """

    def __init__(self, app: Any, assignment: str, backend: Sandbox, limits: Limits, penalty: Any = None) -> None:
        self.app, self.coursedir, self.assignment, self.penalty = app, app.coursedir, assignment, penalty
        self.source = Path(self.coursedir.format_path(self.coursedir.source_directory, ".", assignment))
        names = notebooks_of(self.coursedir, assignment)
        if missing := [name for name in names if not (self.source / f"{name}.ipynb").is_file()]:
            raise PackageError(f"the source of {', '.join(missing)} is not in {self.source}")
        self.packages = {name: from_source(app, assignment, name) for name in names}
        self.run = Run(self.coursedir, assignment, backend, limits, self.packages)
        self.results: list[dict[str, Any]] = []
        self.before: dict[str, cells.Marks] = {}
        self.after: dict[str, cells.Marks] = {}
        self.changes: list[str] = []

    def _book(self) -> Any:
        return Gradebook(self.coursedir.db_url, self.coursedir.course_id)

    def grade(self, workers: int = 1, progress: Any = lambda stream, total: stream) -> None:
        """Grade everyone by the new source, and see what that would change; nothing is written into the gradebook.

        Raises
        ------
        PackageError
            If the source cannot take the place of the old one, or someone could not be graded.
        """
        with self._book() as book:
            self._refuse(book)
        self.results = self.run.grade(workers, progress=progress)
        if failed := [f"{r['student']} ({r['error']})" for r in self.results if r.get("error") is not None]:
            raise PackageError(f"nothing was changed, for some could not be graded: {', '.join(failed[:5])}")
        with self._book() as book:
            self.before = cells.marks(book, self.assignment)
            self.changes = [
                f"{name}: {change}" if len(self.packages) > 1 else change
                for name, package in self.packages.items()
                for change in cells.changes(book.find_notebook(name, self.assignment), package)
            ]
            try:
                self._change(book)
                self.after = cells.marks(book, self.assignment)
            finally:
                book.db.rollback()

    def _refuse(self, book: Any) -> None:
        for name, package in self.packages.items():
            record = book.find_notebook(name, self.assignment)
            cells.changes(record, package)
            if going := cells.lost(record, package):
                words = "people gave marks on it: keep a cell of that name, or take the marks away first"
                raise PackageError(f"{', '.join(going)} cannot go, {words}. Nothing was changed")

    def _change(self, book: Any) -> None:
        for name, package in self.packages.items():
            cells.change(book, book.find_notebook(name, self.assignment), package)
        merge.write(book, self.assignment, self.results, self.penalty)

    def report(self) -> str:
        """Return what changes in the assignment, and a line for every student: the points before and after."""
        full = sum(sum(package.points().values()) for package in self.packages.values())
        lines = [*self.changes, ""] if self.changes else []
        handed_in = {result["student"] for result in self.results}
        for student in sorted({*self.before, *self.after}):
            old, new = (marks.get(student, cells.Marks({})) for marks in (self.before, self.after))
            moved = [
                f"{name}: {_said(old.of(key))} → {_said(new.of(key))}"
                for key in sorted({*old.cells, *new.cells})
                if old.of(key) != new.of(key) and (name := key[1])
            ]
            moved += [] if student in handed_in else ["nothing of theirs is in submitted/: not graded again"]
            lines.append(f"{student:20} {old.total():g} → {new.total():g} of {full:g}   {'; '.join(moved)}".rstrip())
            lines += self._too_much(student, new)
        changed = sum(
            self.before.get(student, cells.Marks({})).total() != new.total() for student, new in self.after.items()
        )
        lines.append(f"{len(self.after)} students, {changed} of them with other points than before")
        return "\n".join(lines)

    def _too_much(self, student: str, marks: cells.Marks) -> list[str]:
        """Say which marks by hand are higher than their cell's points are now."""
        most = {(name, cell): p for name, package in self.packages.items() for cell, p in package.points().items()}
        high = [(key, mark[1]) for key, mark in marks.cells.items() if (mark[1] or 0.0) > most.get(key, 0.0)]
        return [f"    {cell}: {mark:g} given by hand, and it bears {most[_, cell]:g} now" for (_, cell), mark in high]

    def nothing_to_do(self) -> bool:
        """Return whether the source, the released notebooks and everyone's marks are as they were."""
        return not self.changes and self.before == self.after and not any(self._stale())

    def write(self) -> None:
        """Write all of it: the gradebook in one transaction, then the released notebook and the graded ones.

        Killed in between, the next call does the rest.

        Raises
        ------
        PackageError
            If the gradebook is no longer what it was when it was looked at.
        """
        with self._book() as book:
            if cells.marks(book, self.assignment) != self.before:
                raise PackageError("the gradebook has changed meanwhile, and nothing was written: run this again")
            self._change(book)
            book.db.commit()
        for path, text in self._stale():
            save(path, text)
            path.chmod(0o644)
        folder = Path(self.coursedir.format_path(self.coursedir.release_directory, ".", self.assignment))
        for name, data in next(iter(self.packages.values())).files.items():
            if not (folder / name).is_file() or (folder / name).read_bytes() != data:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
        self.run.shelf.publish(self.results)

    def _stale(self) -> list[tuple[Path, str]]:
        """Return the released notebooks that are to be written, and their texts."""
        folder = Path(self.coursedir.format_path(self.coursedir.release_directory, ".", self.assignment))
        found = []
        for name in self.packages:
            _, released = generate(self.app, self.source / f"{name}.ipynb")
            path, text = folder / f"{name}.ipynb", json.dumps(released, indent=1, ensure_ascii=False) + "\n"
            if not path.is_file() or _essence(path) != _essence(text):
                found.append((path, text))
        return found


def _essence(notebook: Path | str) -> Any:
    """Return a released notebook without what its file's form decides: how a source is split, and its metadata."""
    text = notebook if isinstance(notebook, str) else notebook.read_text(encoding="utf-8")
    cells_ = json.loads(text)["cells"]
    return [(c["cell_type"], "".join(c["source"]), c["metadata"].get("nbgrader"), c.get("id")) for c in cells_]


def _said(mark: float | None) -> str:
    return "–" if mark is None else f"{mark:g}"
