"""What `nbgrader generate_assignment` makes of a source notebook, in memory: no file and no gradebook is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import SaveCells
from traitlets.utils.importstring import import_item

from birnn_grader import package
from birnn_grader.judge.cells import settings_of
from birnn_grader.package import Package, PackageError


def generate(app: Any, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a source notebook as the gradebook stores it, hidden tests included, and as students get it.

    Raises
    ------
    PackageError
        If nbgrader refuses it.
    """
    steps = GenerateAssignment(coursedir=app.coursedir, parent=app).preprocessors
    kinds = [import_item(step) if isinstance(step, str) else step for step in steps]
    quiet, app.log.disabled = app.log.disabled, True  # it logs what it raises, with its whole way there
    try:
        notebook, resources = nbformat.read(path, as_version=4), {"nbgrader": {}, "unique_key": path.stem}
        stored = None
        for step in kinds:
            if step is SaveCells:
                stored = _plain(notebook)
                continue
            notebook, resources = step(parent=app).preprocess(notebook, resources)
    except PackageError:
        raise
    except Exception as error:  # each step raises what it likes
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise PackageError(f"nbgrader refuses {path}: {why[0]}; `birnn-grade check` may say more") from None
    finally:
        app.log.disabled = quiet
    return stored or _plain(notebook), _plain(notebook)


def _plain(notebook: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(nbformat.writes(notebook))
    for cell in plain["cells"]:
        cell["source"] = "".join(cell["source"])
    return plain


def from_source(app: Any, assignment: str, notebook: str) -> Package:
    """Make the package of a notebook from its source alone: the one that it has once it is generated."""
    folder = Path(app.coursedir.format_path(app.coursedir.source_directory, ".", assignment))
    path = folder / f"{notebook}.ipynb"
    stored, released = generate(app, path)
    settings = [(settings_of(cell), cell["source"]) for cell in stored["cells"] if settings_of(cell)]
    sources = {s["grade_id"]: (source, s.get("checksum")) for s, source in settings}
    points = {s["grade_id"]: float(s["points"]) for s, _ in settings if s.get("grade") or s.get("task")}
    full = package.answers_of(package.read(path)["cells"])
    return package.assemble(assignment, notebook, released, full, sources, points, package.beside(folder))
