"""What several subcommands begin with."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Sandbox, choose
from birnn_grader.package import PackageError


def backend(arguments: argparse.Namespace) -> Sandbox:
    """Return the sandbox that was asked for."""
    return choose(arguments.backend, arguments.unsafe)


def limits(arguments: argparse.Namespace) -> Limits:
    """Return the limits that were asked for."""
    return Limits(cell=arguments.cell_seconds, total=arguments.total_seconds)


def progress(unit: str = "notebook") -> Callable[[Any, int], Any]:
    """Return what shows a stream of so many as a bar, with the time left, where a person looks on."""
    from tqdm import tqdm  # type: ignore[import-untyped]

    columns, rows = shutil.get_terminal_size()  # tqdm shows nothing in a terminal that does not say how large it is
    return lambda stream, total: tqdm(
        stream, total=total, unit=unit, disable=None, ncols=min(columns, 100), nrows=max(rows, 2)
    )


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises
    ------
    PackageError
        If there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise PackageError(f"{name!r} is not a time zone; Europe/Berlin is one") from None


def sources(coursedir: Any, assignment: str) -> list[Path]:
    """Return the source notebooks of an assignment.

    Raises
    ------
    PackageError
        If there is none.
    """
    folder = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
    if not (found := sorted(folder.glob("*.ipynb"))):
        raise PackageError(f"the course has no assignment {assignment}: {folder} holds no notebook")
    return found


def mutants_file(coursedir: Any, assignment: str) -> Path:
    """Return where an assignment's wrong and right answers stand."""
    return Path(coursedir.root, "tests", "exercises", "mutants", f"{assignment}.toml")
