"""Find a data file: the folder named by ``BIRNN_DATA``, then the user's cache, then a download."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pooch

from birnn_ref.datasets.resume import Resuming

EMBEDDED = "embedded"
"""The value of ``BIRNN_DATA`` that asks for the embedded corpus in place of every real data set."""


class DataError(RuntimeError):
    """A data set is missing, damaged, or not what it should be; the message says what to do."""


DAMAGED = (OSError, EOFError, KeyError, ValueError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What is raised by reading an archive that is damaged, cut off, or another one than expected."""


@dataclass(frozen=True)
class RemoteFile:
    """A published data file.

    Attributes
    ----------
    name, url : str
        Where it is kept in a folder or the cache, and its canonical address.
    checksum : str
        ``"sha256:…"``; empty where the same content may come in other bytes, as from an archive packed on request.
        Whoever opens the file checks its content then.
    megabytes : float
        Its size.
    copies : tuple of str
        Other names under which a folder of the user may hold it.
    stand_in : bool
        Whether its set does without it where ``BIRNN_DATA`` is ``embedded``.
    """

    name: str
    url: str
    checksum: str
    megabytes: float
    copies: tuple[str, ...] = ()
    stand_in: bool = False

    @property
    def advice(self) -> str:
        """The end of each piece of advice: the way that needs no file, if there is one."""
        return f", or set it to '{EMBEDDED}', which does without it" if self.stand_in else ""


@dataclass(frozen=True)
class Located:
    """A data file on this machine and where it came from: ``"folder"``, ``"cache"`` or ``"download"``."""

    path: Path
    source: str


def wants_embedded() -> bool:
    """Whether ``BIRNN_DATA=embedded`` asks for the embedded corpus."""
    return os.environ.get("BIRNN_DATA", "") == EMBEDDED


def cache_folder() -> Path:
    """The folder that downloads are kept in; ``BIRNN_CACHE`` overrides the user's cache folder."""
    return Path(os.environ.get("BIRNN_CACHE") or pooch.os_cache("birnn-course"))


def locate(file: RemoteFile, progress: bool = True) -> Located:
    """Return the file's path, downloading it only if neither the named folder nor the cache has it.

    A download is checked against its checksum and then renamed into place. The next call resumes one that breaks off;
    one that does not match its checksum leaves nothing behind. A file in the folder that
    ``BIRNN_DATA`` names is not checked here: whoever opens it checks its content, because a rebuilt copy differs in
    bytes but not in data.

    Parameters
    ----------
    file : RemoteFile
        What to find.
    progress : bool
        Show a progress bar while downloading.

    Raises
    ------
    DataError
        If ``BIRNN_DATA`` names no folder or one that lacks the file, or the download fails; the message names
        the address and the cache folder.
    """
    named = os.environ.get("BIRNN_DATA", "")
    if named and named != EMBEDDED:
        return Located(_in_named_folder(Path(named).expanduser(), file), "folder")
    kept = cache_folder() / file.name
    if kept.is_file() and _matches(kept, file.checksum):
        return Located(kept, "cache")
    return Located(_download(file, progress), "download")


def _in_named_folder(folder: Path, file: RemoteFile) -> Path:
    advice = f"Name a folder that holds {file.name}, unset BIRNN_DATA to download it{file.advice}."
    if not folder.is_dir():
        raise DataError(f"BIRNN_DATA names the folder {folder}, which does not exist. {advice}")
    for name in (file.name, *file.copies):
        if (folder / name).is_file():
            return folder / name
    raise DataError(f"BIRNN_DATA names the folder {folder}, which has no {file.name}. {advice}")


def _download(file: RemoteFile, progress: bool) -> Path:
    folder = cache_folder()
    by_hand = (
        f"Fetch {file.url} ({file.megabytes:g} MB) by hand and keep it as {folder / file.name}, or as {file.name} in "
        f"a folder that BIRNN_DATA names{file.advice}."
    )
    kept = folder / file.name
    get: Callable[..., str] = pooch.retrieve
    pooch.get_logger().setLevel("WARNING")  # it would print the checksum of a file that has none
    try:
        path = get(
            file.url,
            known_hash=file.checksum or None,
            fname=kept.name,
            path=kept.parent,
            downloader=Resuming(kept.with_name(kept.name + ".part"), progress),
        )
    except ValueError as error:  # pooch: the checksum differs; it has removed the file
        raise DataError(
            f"{file.url} arrived damaged or altered (its checksum is not {file.checksum}). {by_hand}"
        ) from error
    except OSError as error:  # no network, a broken connection, a full disk
        raise DataError(f"Could not download {file.url}: {error}. {by_hand}") from error
    return Path(path)


def _matches(path: Path, checksum: str) -> bool:
    algorithm, _, expected = checksum.partition(":")
    return not checksum or bool(pooch.file_hash(str(path), alg=algorithm) == expected)
