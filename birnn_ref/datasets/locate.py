"""Find a data file: the folder named by ``BIRNN_DATA``, then the user's cache, then a download."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pooch

EMBEDDED = "embedded"
"""The value of ``BIRNN_DATA`` that asks for the embedded corpus in place of every real data set."""


class DataError(RuntimeError):
    """A data set is missing, damaged, or not what it should be; the message says what to do."""


@dataclass(frozen=True)
class RemoteFile:
    """A published data file: its name, canonical address, checksum (``"sha256:…"``) and size in megabytes."""

    name: str
    url: str
    checksum: str
    megabytes: float


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

    A download is checked against its checksum and then renamed into place, so that a broken one leaves nothing
    behind and the next call starts clean. A file in the folder that ``BIRNN_DATA`` names is not checked here:
    whoever opens it checks its content, because a rebuilt copy differs in bytes but not in data.

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
    advice = f"Name a folder that holds {file.name}, unset BIRNN_DATA to download it, or set it to '{EMBEDDED}'."
    if not folder.is_dir():
        raise DataError(f"BIRNN_DATA names the folder {folder}, which does not exist. {advice}")
    if not (folder / file.name).is_file():
        raise DataError(f"BIRNN_DATA names the folder {folder}, which has no {file.name}. {advice}")
    return folder / file.name


def _download(file: RemoteFile, progress: bool) -> Path:
    folder = cache_folder()
    by_hand = (
        f"Fetch {file.url} ({file.megabytes:g} MB) by hand into {folder}, or into a folder that BIRNN_DATA names; "
        f"BIRNN_DATA={EMBEDDED} does without it."
    )
    get: Callable[..., str] = pooch.retrieve
    try:
        path = get(
            file.url,
            known_hash=file.checksum,
            fname=file.name,
            path=folder,
            downloader=pooch.HTTPDownloader(progressbar=progress, timeout=30),
        )
    except ValueError as error:  # pooch: the checksum differs; it has removed the file
        raise DataError(f"{file.url} came damaged or altered (not {file.checksum}). {by_hand}") from error
    except OSError as error:  # no network, a broken connection, a full disk
        raise DataError(f"Could not download {file.url}: {error}. {by_hand}") from error
    return Path(path)


def _matches(path: Path, checksum: str) -> bool:
    algorithm, _, expected = checksum.partition(":")
    return bool(pooch.file_hash(str(path), alg=algorithm) == expected)
