"""The data files that lie in the package, each held to its checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path

from birnn_ref.datasets.locate import DataError

FILES = Path(__file__).parent / "files"


def shipped(name: str) -> bytes:
    """Return the content of a data file of the package, such as ``"snips/train.txt"``.

    Raises
    ------
    DataError
        If the file is missing or is not what was shipped.
    """
    advice = "Install birnn-course again (pip install --force-reinstall birnn-course)."
    try:
        content = (FILES / name).read_bytes()
        sums = (FILES / "SHA256SUMS").read_text("utf-8").splitlines()
    except OSError as error:
        raise DataError(f"{FILES / name}, which belongs to the package, cannot be read: {error}. {advice}") from error
    if f"{hashlib.sha256(content).hexdigest()}  {name}" not in sums:
        raise DataError(f"{FILES / name}, which belongs to the package, is damaged or was changed. {advice}")
    return content
