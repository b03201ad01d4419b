"""An assignment as the grader needs it: the released notebook, the hidden tests put back, and what answers define."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from birnn_grader.judge import names
from birnn_grader.judge.cells import kind, settings_of


class PackageError(Exception):
    """An assignment that cannot be graded as it stands."""


@dataclasses.dataclass(frozen=True)
class Package:
    """One notebook of an assignment.

    Parameters
    ----------
    assignment, notebook : str
        Their names in the gradebook.
    released : dict
        The notebook to grade, JSON in format 4: sources of tests and their points as the gradebook has them, solution
        cells as released.
    answers : dict
        The names that each solution cell defines, by grade id.
    files : dict
        The files released beside the notebook, by their relative path.
    """

    assignment: str
    notebook: str
    released: dict[str, Any]
    answers: dict[str, list[str]]
    files: dict[str, bytes] = dataclasses.field(default_factory=dict)

    def digest(self) -> str:
        """Return a digest of all that decides a mark on this side."""
        parts = json.dumps([self.assignment, self.notebook, self.released, self.answers], sort_keys=True)
        files = "".join(f"{name} {hashlib.sha256(data).hexdigest()}\n" for name, data in sorted(self.files.items()))
        return hashlib.sha256((parts + files).encode()).hexdigest()

    def points(self) -> dict[str, float]:
        """Return the points of every graded cell, by grade id."""
        settings = [settings_of(cell) for cell in self.released["cells"]]
        return {s["grade_id"]: float(s["points"]) for s in settings if s.get("grade") or s.get("task")}


def read(path: str | Path) -> dict[str, Any]:
    """Read a notebook file of format 4; every source becomes one text."""
    notebook: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def load(root: str | Path, assignment: str, notebook: str, gradebook: Any, source: str, release: str) -> Package:
    """Make the package of one notebook from a course folder and its gradebook.

    Parameters
    ----------
    root, source, release : paths
        The course, and the folders in it that hold the assignments' source and their released version.
    gradebook : nbgrader.api.Gradebook
        Sources, points and checksums of all cells with an id are taken from it.
    """
    folder, original = Path(root, release, assignment), Path(root, source, assignment, f"{notebook}.ipynb")
    path = folder / f"{notebook}.ipynb"
    if not path.is_file():
        raise PackageError(f"{path} is missing: run `nbgrader generate_assignment {assignment} --force`")
    record = gradebook.find_notebook(notebook, assignment)
    stored = {cell.name: (cell.source, cell.checksum) for cell in record.source_cells}
    points = {cell.name: cell.max_score for cell in [*record.grade_cells, *record.task_cells]}
    full = answers_of(read(original)["cells"]) if original.is_file() else {}
    released = read(path)
    if unknown := [s["grade_id"] for s in map(settings_of, released["cells"]) if s and s["grade_id"] not in stored]:
        raise PackageError(f"cell {unknown[0]} of {path} is not in the gradebook: generate the assignment again")
    return assemble(assignment, notebook, released, full, stored, points, beside(folder))


def answers_of(cells: list[dict[str, Any]]) -> dict[str, str]:
    """Return the sources of the answers by grade id."""
    return {settings_of(c)["grade_id"]: c["source"] for c in cells if settings_of(c).get("solution")}


def assemble(
    assignment: str,
    notebook: str,
    released: dict[str, Any],
    full: dict[str, str],
    stored: dict[str, tuple[str, str | None]],
    points: dict[str, float],
    files: dict[str, bytes],
) -> Package:
    """Make a package of its parts.

    Parameters
    ----------
    released : dict
        The released notebook, as `read` returns it; its cells are changed.
    full : dict
        The solution's answers by grade id.
    stored, points : dict
        The source, hidden tests included, and the checksum of every cell with an id; the points of those that bear any.
    files : dict
        As of `beside`.
    """
    answers = {}
    for cell in released["cells"]:
        cell.pop("outputs", None)
        cell.pop("attachments", None) if kind(cell) == "answer" else None
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        settings = settings_of(cell)
        name = settings.get("grade_id")
        if name is None:
            continue
        cell["source"], settings["checksum"] = stored[name]
        if name in points:
            settings["points"] = points[name]
        if kind(cell) == "answer":
            answers[name] = names.defined(full.get(name, ""), False) or names.defined(cell["source"], False)
    own = {name for cell in released["cells"] if kind(cell) == "setup" for name in names.defined(cell["source"])}
    answers = {cell: [name for name in found if name not in own] for cell, found in answers.items()}
    return Package(assignment, notebook, released, answers, files)


def beside(folder: Path) -> dict[str, bytes]:
    """Return the files that are released beside a notebook, by their relative path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if _beside(p, folder)}


def _beside(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    return path.is_file() and not path.is_symlink() and path.suffix != ".ipynb" and not hidden


def problems(cells: list[dict[str, Any]]) -> list[str]:
    """Return what keeps the cells of a *source* notebook from being graded in two processes, in words.

    A test may use what setup cells and tests before it define, and call what answers define; an answer may not be a
    class, whose objects would have to cross.

    Examples
    --------
    >>> test = {"cell_type": "code", "metadata": {"nbgrader": {"grade": True, "grade_id": "t"}}, "source": "f(1)"}
    >>> problems([test])
    ['t uses f, which neither an answer nor a setup cell nor a test before it defines']
    """
    import ast

    known: set[str] = set()
    found = []
    for cell in cells:
        source = "".join(cell["source"])
        what, name = kind(cell), settings_of(cell).get("grade_id", "a setup cell")
        if what == "text":
            continue
        try:
            tree = names.parse(source)
        except SyntaxError as error:
            found.append(f"{name} is not Python: {error}")
            continue
        if what == "answer":
            classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
            found += [f"{name} defines the class {each}: an answer is a function from plain data" for each in classes]
        if what == "test":
            unknown = sorted(names.used(source) - known)
            found += [
                f"{name} uses {each}, which neither an answer nor a setup cell nor a test before it defines"
                for each in unknown
            ]
        known |= set(names.defined(source, imported=what != "answer"))
    return found
