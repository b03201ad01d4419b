"""Read a platform's download, or a plain folder: every file's path and bytes, whatever a student put into it.

Nothing is unpacked by the names that a download gives itself, no link is followed, and there are limits: on a file, on
what is in a student's own zip file, and on the download as a whole.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path, PurePosixPath

from birnn_grader.handed_in import Unreadable, read_file
from birnn_grader.judge.limits import Limits
from birnn_grader.owners import BESIDE, READ, CollectError, HandedIn, owners

MEMBERS, NESTED = 200_000, 500
"""The most files of a class's download, and of a student's own zip file."""
BYTES = 4_000_000_000
"""The most that a class's notebooks hold together."""


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
        If it is missing, damaged, or larger than a class's.
    """
    files: list[tuple[PurePosixPath, bytes | str]] = []
    total = 0
    for path, data in _files(download):
        total += len(data)
        if total > BYTES:
            raise CollectError(f"{download} holds more than {BYTES} bytes of notebooks: it is not a class's download")
        files.append((path, data))
    return owners(files, zone)


def _files(download: Path) -> Iterator[tuple[PurePosixPath, bytes | str]]:
    """Yield each file's path within the download, and its bytes, or why they were left out."""
    if not download.is_dir():
        try:
            with zipfile.ZipFile(download) as archive:
                if len(archive.infolist()) > MEMBERS:
                    raise CollectError(f"a zip file with more than {MEMBERS} files is not a class's download")
                for member, content in _members(archive):
                    yield from _opened(member, content)
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


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[PurePosixPath, bytes | str]]:
    """Yield the files of a zip."""
    limit = Limits().notebook
    for member in archive.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/").lstrip("/"))
        if member.is_dir() or not path.name or _hidden(path):
            continue
        data: bytes | str = "it is not a notebook"
        if path.suffix.lower() in READ:
            try:
                with archive.open(member) as stream:
                    data = stream.read(limit + 1)
            except Exception as error:  # a damaged, encrypted or unknown member raises what its method likes
                data = f"it cannot be read ({type(error).__name__})"
        yield path, f"it has more than {limit} bytes" if len(data) > limit else data


def _opened(path: PurePosixPath, data: bytes | str) -> Iterator[tuple[PurePosixPath, bytes | str]]:
    """Yield a file, or what is in it if it is a student's own zip."""
    if path.suffix.lower() != ".zip" or isinstance(data, str):
        yield path, data
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > NESTED:
                raise CollectError(f"it is a zip file with more than {NESTED} files")
            found, total = [], 0
            for member, content in _members(archive):
                total += len(content)
                if total > 2 * Limits().notebook:
                    raise CollectError(f"it is a zip file with more than {2 * Limits().notebook} bytes in it")
                found.append((path.with_name(f"{path.name}{BESIDE}{member.name}"), content))
    except CollectError as error:
        yield path, str(error)
    except Exception:  # whatever a zip file's directory holds
        yield path, "it is a damaged zip file"
    else:
        yield from found


def _hidden(path: PurePosixPath) -> bool:
    """Return whether a system put the file there: ``.DS_Store``, ``__MACOSX``, a checkpoint of Jupyter's."""
    return any(part.startswith((".", "__")) for part in path.parts)
