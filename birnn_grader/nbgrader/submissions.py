"""What lies in a student's folder: the notebook under its name, and when it was handed in."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

from nbgrader.utils import parse_utc

from birnn_grader import handed_in
from birnn_grader.judge.limits import Limits


def submitted(path: str | os.PathLike[str], limits: Limits) -> tuple[bytes | None, str]:
    """Return a submitted file's bytes, or None and why not."""
    if Path(path).parent.is_symlink():
        return None, "its folder is a link"
    try:
        return handed_in.read_file(path, limits), ""
    except handed_in.Missing as error:
        return None, f"{error}{_others(Path(path))}"
    except handed_in.Unreadable as error:
        return None, str(error)


def _others(path: Path) -> str:
    """Return what to do where a notebook was handed in under another name: browsers and platforms rename files."""
    try:
        with os.scandir(path.parent) as entries:
            names = sorted(e.name for e in itertools.islice(entries, 1000) if e.name.endswith(".ipynb") and e.is_file())
    except OSError:
        return ""
    return f"; the folder holds {names[0][:80]!a}: rename it to {path.name} and grade again" if names else ""


def timestamp(coursedir: Any, folder: str) -> Any:
    """Return when a submission was handed in, from its ``timestamp.txt``; None if there is none that can be read."""
    try:
        data = handed_in.read_file(os.path.join(folder, "timestamp.txt"), Limits(notebook=200))
        return parse_utc(data.decode().strip()) if data.strip() else None
    except handed_in.Missing:
        return None
    except Exception as error:
        coursedir.log.warning("timestamp.txt in %s was left out: %s", folder, error)
        return None


def keep_timestamp(folder: str | os.PathLike[str], when: Any) -> None:
    """Write when the graded work was handed in beside it: by it nbgrader sees, later, what is newer."""
    path = Path(folder, "timestamp.txt")
    if when is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{when.isoformat(sep=' ')} UTC\n", encoding="utf-8")
