"""A problem set that works, to be changed into one's own: its notebook, and the wrong answers that its tests catch."""

from __future__ import annotations

import re
from pathlib import Path

from birnn_grader.package import PackageError

TEMPLATE = Path(__file__).parent / "template"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def write(assignment: str, folder: Path, answers: Path) -> list[Path]:
    """Write the notebook into ``folder`` and its wrong answers to ``answers``; return both paths.

    Raises
    ------
    PackageError
        If the name is none, or one of the files is there already: nothing is written then.
    """
    if not NAME.fullmatch(assignment):
        raise PackageError(f"{assignment!r} is not a name for an assignment: letters, digits, - and _, a letter first")
    notebook = folder / f"{assignment}.ipynb"
    if there := [path for path in (notebook, answers) if path.exists()]:
        raise PackageError(f"{there[0]} is there already, and stays as it is: choose another name")
    for path, kind in ((notebook, "problem_set.ipynb"), (answers, "mutants.toml")):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (TEMPLATE / kind).read_text(encoding="utf-8")
        path.write_text(text.replace("PROBLEM_SET", assignment), encoding="utf-8")
    return [notebook, answers]
