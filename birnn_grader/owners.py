"""Whose file is which: the names that Canvas, Moodle, Blackboard and Gradescope give to what students hand in.

A platform puts its own words before the name that a student chose, so its patterns are read from the left. Which
platform it is is decided once for a whole download: a name that one student chose can make no other platform of it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath
from typing import Any

import yaml

READ = (".ipynb", ".zip", ".yml")
"""What is read at all; of other files only the names are."""
METADATA = "submission_metadata.yml"
BESIDE = "\N{FRACTION SLASH}"
"""Between the name of a student's own zip file and that of a file in it: no file's name holds it by chance."""

CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<student>\d+)_\d+_(?P<file>.+)", re.S)
MOODLE = re.compile(r"(?P<student>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_(?P<file>.*))?", re.S)
BLACKBOARD = re.compile(
    r".+?_(?P<student>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|(?P<form>\.txt))", re.S
)
GRADESCOPE = re.compile(r"submission_\d+")


class CollectError(ValueError):
    """Why a download cannot be collected."""


@dataclass(frozen=True)
class HandedIn:
    """One file of one student.

    Attributes
    ----------
    student : str
        The platform's identifier, or the name where it gives none, as a folder's name.
    name : str
        The file's, without what the platform put before it.
    data : bytes or str
        What it holds; or, as a text, why that was left out.
    time : datetime or None
        When it was handed in, where the download says so.
    late : bool
        Whether the platform marked it late.
    known : str
        What tells the student from all others in the download, whose name may be the same.
    group : tuple of str
        Everyone who handed it in together, where the platform says so.
    """

    student: str
    name: str
    data: bytes | str
    time: datetime | None = None
    late: bool = False
    known: str = ""
    group: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Why the file was left out."""
        return self.data if isinstance(self.data, str) else "it is not a notebook"


def safe(name: str) -> str:
    """Return a student's name as the name of a folder.

    Examples
    --------
    >>> safe("Zoë  O'Neil"), safe("../etc"), safe("jane@uni.edu")
    ("Zoë_O'Neil", 'etc', 'jane@uni.edu')
    """
    kept = re.sub(r"[^\w.@'+-]+", "_", unicodedata.normalize("NFC", name)).strip("._")
    return kept[:100] or "nameless"


def owners(files: list[tuple[PurePosixPath, bytes | str]], zone: tzinfo | None = None) -> list[HandedIn]:
    """Tell each file's student, name and time by where it stands in the download; several for a group's.

    Raises
    ------
    CollectError
        If Gradescope's list of students cannot be read.
    """
    lists = sorted((path for path, _ in files if path.name == METADATA), key=lambda path: len(path.parts))
    rest = [(path, data) for path, data in files if path not in lists[:1]]
    if lists and not any(GRADESCOPE.fullmatch(folder) for folder in lists[0].parts[:-1]):
        people = _people(dict(files)[lists[0]])
        return _distinct([one for path, data in rest for one in _gradescope(path, data, people, zone)])
    telling = [one for one in rest if one[0].suffix.lower() in READ]  # a teacher's own table may lie beside them
    for platform in (_moodle, _blackboard, _canvas):  # a Blackboard assignment may be called "Homework 1 2"
        if telling and all(platform(path, data, zone) for path, data in telling):
            return _distinct([platform(path, data, zone) or _plain(path, data) for path, data in rest])
    return _distinct([_plain(path, data) for path, data in rest])


def _distinct(found: list[HandedIn]) -> list[HandedIn]:
    """Give students of one name folders of their own."""
    known: dict[str, set[str]] = defaultdict(set)
    for one in found:
        known[one.student].add(one.known)

    def own(one: HandedIn) -> str:
        if len(known[one.student]) == 1:
            return one.student
        tail = one.known if one.known.isdecimal() else hashlib.sha256(one.known.encode()).hexdigest()[:8]
        return f"{one.student}_{tail}"

    return [replace(one, student=own(one)) for one in found]


def _canvas(path: PurePosixPath, data: bytes | str, zone: tzinfo | None) -> HandedIn | None:
    if not (found := CANVAS.fullmatch(path.name)):
        return None
    return HandedIn(found["student"], _name(found["file"]), data, None, bool(found["late"]))


def _moodle(path: PurePosixPath, data: bytes | str, zone: tzinfo | None) -> HandedIn | None:
    for folder in path.parts[:-1]:
        if found := MOODLE.fullmatch(folder):
            return HandedIn(safe(found["student"]), _name(path.name), data, known=found["number"])
    if (found := MOODLE.fullmatch(path.name)) and found["file"]:
        return HandedIn(safe(found["student"]), _name(found["file"]), data, known=found["number"])
    return None


def _blackboard(path: PurePosixPath, data: bytes | str, zone: tzinfo | None) -> HandedIn | None:
    if not (found := BLACKBOARD.fullmatch(path.name)):
        return None
    try:
        time = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # no such day
        return None
    return HandedIn(safe(found["student"]), _name(found["file"] or path.name), data, time, known=found["student"])


def _gradescope(path: PurePosixPath, data: bytes | str, people: dict[str, Any], zone: tzinfo | None) -> list[HandedIn]:
    for folder in path.parts[:-1]:
        if GRADESCOPE.fullmatch(folder) and isinstance(known := people.get(folder), dict):
            ids = [
                next((str(one[key]) for key in (":sid", ":email", ":name") if one.get(key)), folder)
                for one in known.get(":submitters") or [{}]
            ]
            group = tuple(map(safe, ids)) if len(ids) > 1 else ()
            time = _utc(known.get(":created_at"))
            return [HandedIn(safe(one), _name(path.name), data, time, known=one, group=group) for one in ids]
    return [_plain(path, data)]


def _plain(path: PurePosixPath, data: bytes | str) -> HandedIn:
    """Read a plain folder: one per student, whatever stands above and below it; or flat, STUDENT_ps1.ipynb."""
    *folders, last = path.parts
    student = folders[0] if folders else PurePosixPath(last).stem.rpartition("_")[0] or PurePosixPath(last).stem
    known = unicodedata.normalize("NFC", student)
    return HandedIn(safe(student), _name(last) if folders else last.rpartition("_")[2], data, known=known)


def _people(data: bytes | str) -> dict[str, Any]:
    """Return Gradescope's list of who handed in which folder."""
    try:
        # Its keys are Ruby's symbols, ":submitters" and so on: plain texts here. No other tag is taken.
        loaded = yaml.safe_load(re.sub(rb"!ruby/\S+", b"", data)) if isinstance(data, bytes) else None
    except yaml.YAMLError as error:
        raise CollectError(f"{METADATA} cannot be read: {error}") from None
    return loaded if isinstance(loaded, dict) else {}


def _name(file: str) -> str:
    return file.rpartition(BESIDE)[2]


def _utc(time: Any) -> datetime | None:
    if isinstance(time, str):
        try:
            time = datetime.fromisoformat(time.replace(" UTC", "+00:00"))
        except ValueError:
            return None
    if not isinstance(time, datetime):
        return None
    return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
