"""Where an assignment's results lie: a file each, written whole or not at all, and the graded notebooks beside them.

So a run that was killed goes on where it stopped. Results may be staged: kept apart until someone has seen them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from birnn_grader import __version__
from birnn_grader.judge.limits import Limits
from birnn_grader.nbgrader.submissions import keep_timestamp, timestamp
from birnn_grader.package import Package

STATE = ".birnn-grade"


def content(package: Package, data: bytes | None, reason: str, limits: Limits) -> str:
    """Return a digest of all that decides a result."""
    parts = [
        __version__,
        package.digest(),
        repr(limits),
        reason,
        "none" if data is None else hashlib.sha256(data).hexdigest(),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def save(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


class Shelf:
    """The results of one assignment.

    Parameters
    ----------
    coursedir : nbgrader.coursedir.CourseDirectory
    assignment : str
    staged : bool
        Whether they are kept apart, until `publish`.
    """

    def __init__(self, coursedir: Any, assignment: str, staged: bool = False) -> None:
        self.coursedir, self.assignment, self.staged = coursedir, assignment, staged
        self.state = Path(coursedir.root, STATE, *(["regrade"] if staged else []), assignment)

    def folder(self, step: str, student: str) -> Path:
        """Return the folder of one student at a step of nbgrader's: ``submitted``, ``autograded``."""
        return Path(self.coursedir.format_path(step, student, self.assignment))

    @property
    def pattern(self) -> Path:
        """Return the path of what was handed in, ``*`` being a student's name."""
        return self.folder(self.coursedir.submitted_directory, "*")

    def students(self) -> list[str]:
        """Return everyone with a folder for this assignment."""
        depth = self.pattern.parts.index("*")
        folders = Path(*self.pattern.parts[:depth]).glob(str(Path(*self.pattern.parts[depth:])))
        found = sorted(path.parts[depth] for path in folders if path.is_dir())
        for name in found:
            if not name.isprintable():  # bytes that are not UTF-8: the gradebook could not hold it
                self.coursedir.log.error(
                    "left out, since its name is not valid text: %s of %s", ascii(name), self.pattern
                )
        return [name for name in found if name.isprintable()]

    def when(self, student: str) -> Any:
        """Return when a student handed in, None where that is not known."""
        return timestamp(self.coursedir, str(self.folder(self.coursedir.submitted_directory, student)))

    def notebook(self, student: str, name: str) -> Path:
        """Return where nbgrader's feedback and formgrader look for a graded notebook, or where it is staged."""
        folder = self.state / student if self.staged else self.folder(self.coursedir.autograded_directory, student)
        return folder / f"{name}.ipynb"

    def load(self, student: str, name: str, digest: str) -> dict[str, Any] | None:
        """Return a stored result, its time looked up anew; None where there is none of this content."""
        with contextlib.suppress(OSError, ValueError):
            result: dict[str, Any] = json.loads((self.state / student / f"{name}.json").read_text(encoding="utf-8"))
            if result["content"] == digest:
                return {**result, "timestamp": _iso(self.when(student))}
        return None

    def keep(self, student: str, name: str, digest: str, graded: dict[str, Any]) -> dict[str, Any]:
        """Store what grading gave and return it as a result; an error is not a result and is not stored."""
        result = self.result(student, name, digest, graded)
        if result["error"] is None:
            notebook = nbformat.from_dict(graded["notebook"])
            notebook.metadata["birnn_grader"] = {"notes": graded["notes"]}
            self._write(student, name, nbformat.writes(notebook), json.dumps(result))
        return result

    def _write(self, student: str, name: str, notebook: str, result: str) -> None:
        path = self.notebook(student, name)
        save(path, notebook)
        path.chmod(0o644)
        if not self.staged:
            keep_timestamp(path.parent, self.when(student))
        save(self.state / student / f"{name}.json", result)

    def result(self, student: str, name: str, digest: str, graded: dict[str, Any]) -> dict[str, Any]:
        """Return what is kept of what grading gave."""
        return {
            "student": student,
            "notebook": name,
            "content": digest,
            "timestamp": _iso(self.when(student)),
            **{key: graded.get(key) for key in ("scores", "blank", "notes", "seconds", "error")},
        }

    def publish(self, results: list[dict[str, Any]]) -> None:
        """Put staged results where those of a run lie."""
        assert self.staged
        open_ = Shelf(self.coursedir, self.assignment)
        for student, name in ((result["student"], result["notebook"]) for result in results):
            notebook = self.notebook(student, name).read_text(encoding="utf-8")
            open_._write(student, name, notebook, (self.state / student / f"{name}.json").read_text(encoding="utf-8"))


def _iso(when: Any) -> str | None:
    return when.isoformat() if when else None
