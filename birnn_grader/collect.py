"""Put what a platform's download holds into `submitted/`, under the names that the assignment expects."""

from __future__ import annotations

import csv
import itertools
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PurePosixPath

from birnn_grader.downloads import handed_in
from birnn_grader.owners import CollectError, HandedIn, safe

COPY = re.compile(r"(?:[-_]\d{1,3}| ?\(\d{1,3}\)| - [Cc]opy|[-_ ][Cc]opy\d*)+$")
"""What browsers, platforms and JupyterLab put behind the name of a file that is there already."""
GROUP = "group.txt"
"""Beside a group's work: its members, a line for each."""
LEFT_OUT = 5
"""So many of the files that were left out are named."""


@dataclass
class Attempt:
    """What a student handed in at one time."""

    student: str
    time: datetime | None
    files: list[HandedIn] = field(default_factory=list)
    group: str = ""
    members: tuple[str, ...] = ()


def read_groups(path: Path) -> dict[str, list[str]]:
    """Read who works together: a CSV file with the columns ``group`` and ``student``, a line for each student.

    Raises
    ------
    CollectError
        If the file has other columns.
    """
    groups: dict[str, list[str]] = {}
    with open(path, newline="", encoding="utf-8-sig") as stream:
        rows = csv.DictReader(stream)
        if not {"group", "student"} <= set(rows.fieldnames or ()):
            raise CollectError(f"{path} has the columns {rows.fieldnames}: group and student are wanted")
        for row in rows:
            groups.setdefault(safe(row["group"] or ""), []).append(safe(row["student"] or ""))
    return groups


def collect(
    download: Path,
    submitted: Path,
    assignment: str,
    notebooks: list[str],
    *,
    replace: bool = False,
    groups: Mapping[str, list[str]] | None = None,
    zone: tzinfo | None = None,
) -> list[str]:
    """Put every student's last attempt into ``submitted/STUDENT/assignment``.

    Parameters
    ----------
    download : Path
        A zip file as the platform gives it, or a folder.
    submitted : Path
        The course's folder of what was handed in.
    assignment : str
    notebooks : list of str
        The names that the assignment expects, without ``.ipynb``.
    replace : bool
        Whether other work takes the place of what was collected before, which is kept beside it, in
        ``submitted/STUDENT/assignment.earlier-N``. Otherwise what is there stays.

    groups : mapping, optional
        By the name that the platform gives a group, its students: the work counts for each of them.
    zone : tzinfo, optional
        As for `downloads.handed_in`.

    Returns
    -------
    list of str
        A line for each student, in their order: what was done, and whatever was unusual.

    Raises
    ------
    CollectError
        If the download is missing, damaged, or holds no notebook.
    """
    attempts: dict[tuple[str, datetime | None], Attempt] = {}
    for file in handed_in(download, zone):
        members = (groups or {}).get(file.student, [])
        for student in members or [file.student]:
            attempt = attempts.setdefault((student, file.time), Attempt(student, file.time))
            attempt.files.append(file)
            attempt.members = tuple(sorted(members or file.group)) or attempt.members
            attempt.group = file.student if members else attempt.group
    if not any(file.name.endswith(".ipynb") for attempt in attempts.values() for file in attempt.files):
        raise CollectError(f"{download} holds no notebook: is it the download of this assignment?")
    lines = []
    ordered = sorted(attempts.values(), key=lambda attempt: attempt.student)
    for student, own in itertools.groupby(ordered, key=lambda attempt: attempt.student):
        tries = sorted(own, key=lambda attempt: attempt.time or datetime.min.replace(tzinfo=UTC))
        chosen, notes = choose(tries[-1], notebooks)
        if len(tries) > 1:
            notes.insert(0, f"the last of {len(tries)} attempts")
        if tries[-1].group:
            notes.insert(0, f"handed in by {tries[-1].group}")
        done = "nothing collected"
        if chosen:
            done = put(submitted / student / assignment, chosen, tries[-1], replace=replace)
        lines.append(_printable(f"{student}: {'; '.join([done, *notes])}"))
    return lines


def _printable(line: str) -> str:
    """Return a line that stays one line, whatever names students chose for their files."""
    return "".join(sign if sign.isprintable() else "?" for sign in line)


def choose(attempt: Attempt, notebooks: list[str]) -> tuple[dict[str, bytes], list[str]]:
    """Choose the file for each notebook that the assignment expects; return them, and what was unusual.

    A name counts whatever a browser put behind it, ``ps1 (2).ipynb``. Where one notebook is expected and one was handed
    in, it counts whatever its name.
    """
    notes, found = [], [file for file in attempt.files if isinstance(file.data, bytes) and _is_notebook(file)]
    left_out = [file for file in attempt.files if not isinstance(file.data, bytes) or not _is_notebook(file)]
    notes += [f"{file.name[:80]} was left out: {file.why}" for file in left_out[:LEFT_OUT]]
    if len(left_out) > LEFT_OUT:
        notes.append(f"{len(left_out) - LEFT_OUT} more files were left out")
    if any(file.late for file in attempt.files):
        notes.append("marked late by the platform")
    chosen: dict[str, bytes] = {}
    for name in notebooks:
        own = [file for file in found if _plain(file.name) == name]
        if not own and len(notebooks) == 1:
            own = found
        if len(own) > 1 and len({file.data for file in own}) > 1:
            exact = [file for file in own if file.name == f"{name}.ipynb"]
            listed = ", ".join(sorted(file.name for file in own))
            if len(exact) != 1:
                notes.append(f"{name}.ipynb could be any of {listed}: keep one, and collect again")
                continue
            notes.append(f"of {listed}, {name}.ipynb was taken")
            own = exact
        if not own:
            notes.append(f"{name}.ipynb is missing")
            continue
        if own[0].name != f"{name}.ipynb":
            notes.append(f"{own[0].name} was taken for {name}.ipynb")
        assert isinstance(own[0].data, bytes)
        chosen[f"{name}.ipynb"] = own[0].data
    return chosen, notes


def put(folder: Path, files: dict[str, bytes], attempt: Attempt, *, replace: bool) -> str:
    """Write the files of one student and say what was done; nothing that is there is lost."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return f"left out: {folder.name} is there, and is not a folder"
    there = {path.name: path.read_bytes() for path in folder.glob("*.ipynb")} if folder.is_dir() else {}
    if there == files:
        return "unchanged"
    if there and not replace:
        return "kept what was collected before, which differs: --replace takes this and keeps that beside it"
    new = folder.with_name(f".{folder.name}.new")  # whole before it has its name
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name, data in files.items():
        (new / name).write_bytes(data)
    if attempt.time is not None:
        (new / "timestamp.txt").write_text(f"{attempt.time:%Y-%m-%d %H:%M:%S} UTC\n", encoding="utf-8")
    if attempt.members:
        (new / GROUP).write_text("".join(f"{member}\n" for member in attempt.members), encoding="utf-8")
    said = "collected"
    if there:
        earlier = next(
            path for n in itertools.count(1) if not (path := folder.with_name(f"{folder.name}.earlier-{n}")).exists()
        )
        folder.rename(earlier)
        said = f"replaced; what was there is in {earlier.name}"
    elif folder.exists():
        folder.rmdir()
    new.rename(folder)
    return said


def _is_notebook(file: HandedIn) -> bool:
    return file.name.lower().endswith(".ipynb")


def _plain(name: str) -> str:
    """Return a notebook's name without its ending and without what a browser put behind it.

    Examples
    --------
    >>> _plain("ps1 (2).ipynb"), _plain("ps1-1.ipynb"), _plain("ps1-Copy1.ipynb"), _plain("ps10.ipynb")
    ('ps1', 'ps1', 'ps1', 'ps10')
    """
    return COPY.sub("", PurePosixPath(name).stem)
