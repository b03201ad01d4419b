"""Read the downloads of Canvas, Moodle, Blackboard and Gradescope, or a plain folder: whose file is which.

Nothing is unpacked by the names that a download gives itself, no link is followed, and no file is read beyond the limit
on a notebook's size.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from birnn_grader.handed_in import Unreadable, read_file
from birnn_grader.judge.limits import Limits

MEMBERS = 200_000
"""No class's download has more files than this."""
METADATA = "submission_metadata.yml"
READ = (".ipynb", ".zip", ".yml")
BESIDE = "\N{FRACTION SLASH}"
"""Between the name of a student's own zip file and that of a file in it: no file's name holds it by chance."""

CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<student>\d+)_\d+_(?P<file>.+)")
MOODLE = re.compile(r"(?P<student>.+)_\d+_assignsubmission_file(?:_(?P<file>.*))?")
BLACKBOARD = re.compile(r".+_(?P<student>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})_(?P<file>.+)")
GRADESCOPE = re.compile(r"submission_\d+")


class CollectError(ValueError):
    """Why a download cannot be collected."""


@dataclass
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
    """

    student: str
    name: str
    data: bytes | str
    time: datetime | None = None
    late: bool = False

    @property
    def why(self) -> str:
        """Why the file was left out."""
        return self.data if isinstance(self.data, str) else "it is not a notebook"


def handed_in(download: Path, zone: tzinfo | None = None) -> list[HandedIn]:
    """Read a download; work of several students together is listed for each of them.

    Parameters
    ----------
    download : Path
        A zip file as the platform gives it, or a folder.
    zone : tzinfo, optional
        Where the platform's clock stands, for times that do not say so; without it, here.

    Raises
    ------
    CollectError
        If it is missing or damaged.
    """
    files = list(_files(download))
    people: dict[str, Any] = {}
    for path, data in files:
        if path.name == METADATA and isinstance(data, bytes):
            people = _people(data)
    return [one for path, data in files if path.name != METADATA for one in _owners(path, data, people, zone)]


def safe(name: str) -> str:
    """Return a student's name as the name of a folder.

    Examples
    --------
    >>> safe("Zoë  O'Neil"), safe("../etc"), safe("jane@uni.edu")
    ("Zoë_O'Neil", 'etc', 'jane@uni.edu')
    """
    kept = re.sub(r"[^\w.@'+-]+", "_", unicodedata.normalize("NFC", name)).strip("._")
    return kept[:100] or "nameless"


def _files(download: Path) -> Iterator[tuple[PurePosixPath, bytes | str]]:
    """Yield each file's path within the download, and its bytes, or why they were left out."""
    if not download.is_dir():
        try:
            with zipfile.ZipFile(download) as archive:
                yield from _members(archive, nested=True)
        except (OSError, zipfile.BadZipFile) as error:
            raise CollectError(f"{download} is neither a folder nor a zip file that can be read: {error}") from None
        return
    for path in sorted(download.rglob("*")):
        inside = PurePosixPath(path.relative_to(download).as_posix())
        if not path.is_file() or _hidden(inside):
            continue
        try:
            data: bytes | str = read_file(path, Limits()) if path.suffix.lower() in READ else "it is not a notebook"
        except Unreadable as error:
            data = str(error)
        yield from _opened(inside, data)


def _members(archive: zipfile.ZipFile, *, nested: bool) -> Iterator[tuple[PurePosixPath, bytes | str]]:
    """Yield the files of a zip; with ``nested``, those of the zips in it too."""
    if len(archive.infolist()) > MEMBERS:
        raise CollectError(f"a zip file with more than {MEMBERS} files is not a class's download")
    limit = Limits().notebook
    for member in archive.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/").lstrip("/"))
        if member.is_dir() or _hidden(path):
            continue
        data: bytes | str = "it is not a notebook"
        if path.suffix.lower() in READ:
            try:
                with archive.open(member) as stream:
                    data = stream.read(limit + 1)
            except Exception as error:  # a damaged, encrypted or unknown member raises what its method likes
                data = f"it cannot be read ({type(error).__name__})"
        if len(data) > limit:
            data = f"it has more than {limit} bytes"
        if nested:
            yield from _opened(path, data)
        else:
            yield path, data


def _opened(path: PurePosixPath, data: bytes | str) -> Iterator[tuple[PurePosixPath, bytes | str]]:
    """Yield a file, or what is in it if it is a student's own zip."""
    if path.suffix.lower() != ".zip" or isinstance(data, str):
        yield path, data
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member, content in _members(archive, nested=False):
                yield path.with_name(f"{path.name}{BESIDE}{member.name}"), content
    except (zipfile.BadZipFile, CollectError):
        yield path, "it is a damaged zip file"


def _hidden(path: PurePosixPath) -> bool:
    """Return whether a system put the file there: ``.DS_Store``, ``__MACOSX``, a checkpoint of Jupyter's."""
    return any(part.startswith((".", "__")) for part in path.parts)


def _people(data: bytes) -> dict[str, Any]:
    """Return Gradescope's list of who handed in which folder."""
    try:
        # Its keys are Ruby's symbols, ":submitters" and so on: plain texts here. No other tag is taken.
        loaded = yaml.safe_load(re.sub(rb"!ruby/\S+", b"", data))
    except yaml.YAMLError as error:
        raise CollectError(f"{METADATA} cannot be read: {error}") from None
    return loaded if isinstance(loaded, dict) else {}


def _owners(path: PurePosixPath, data: bytes | str, people: dict[str, Any], zone: tzinfo | None) -> Iterator[HandedIn]:
    """Tell a file's students, name and time from where it stands in the download."""
    for folder in path.parts[:-1]:
        if GRADESCOPE.fullmatch(folder) and isinstance(known := people.get(folder), dict):
            for submitter in known.get(":submitters") or [{}]:
                who = next((str(submitter[key]) for key in (":sid", ":email", ":name") if submitter.get(key)), folder)
                yield HandedIn(safe(who), _name(path.name), data, _utc(known.get(":created_at")))
            return
    yield _owner(path, data, zone)


def _owner(path: PurePosixPath, data: bytes | str, zone: tzinfo | None) -> HandedIn:
    """Tell the student where the path does."""
    *folders, last = path.parts
    for folder in folders:
        if found := MOODLE.fullmatch(folder):
            return HandedIn(safe(found["student"]), _name(last), data)
    if found := BLACKBOARD.fullmatch(last):
        time = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S").replace(tzinfo=zone).astimezone(UTC)
        return HandedIn(safe(found["student"]), _name(found["file"]), data, time)
    if (found := MOODLE.fullmatch(last)) and found["file"]:
        return HandedIn(safe(found["student"]), _name(found["file"]), data)
    if found := CANVAS.fullmatch(last):
        return HandedIn(found["student"], _name(found["file"]), data, None, bool(found["late"]))
    # A plain folder: one per student, whatever stands above and below it is left out; or flat, STUDENT_ps1.ipynb.
    student = folders[0] if folders else PurePosixPath(last).stem.rpartition("_")[0] or PurePosixPath(last).stem
    return HandedIn(safe(student), _name(last) if folders else last.rpartition("_")[2], data)


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
