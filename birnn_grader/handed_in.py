"""Read what a student handed in: a plain file of a fair size, the cells in it, and what each one says it is."""

from __future__ import annotations

import json
import os
import stat
from typing import Any

from birnn_grader.judge.limits import Limits

MAX_NESTED, MAX_VALUES = 200_000, 1_000_000  # a notebook's brackets and commas, its outputs' included


class Unreadable(Exception):
    """Why a file is not a notebook."""


class Missing(Unreadable):
    """There is no file."""


def read_file(path: str | os.PathLike[str], limits: Limits) -> bytes:
    """Read a submitted file if it is a plain file of a fair size, without following a link or waiting for a pipe.

    Raises
    ------
    Unreadable
        If it is missing (`Missing`), a link, a folder, a pipe, or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Missing("the notebook is missing") from None
    except OSError as error:
        reason = "it is a link" if os.path.islink(path) else error.strerror
        raise Unreadable(f"the file could not be read: {reason}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > limits.notebook:
        os.close(descriptor)
        if stat.S_ISREG(status.st_mode):
            raise Unreadable(f"the file has {status.st_size} bytes, more than {limits.notebook}")
        raise Unreadable("it is not a plain file")
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(limits.notebook)


def parse(data: bytes, limits: Limits) -> list[dict[str, Any]]:
    """Return a notebook's cells, as they came, from the file's bytes.

    Raises
    ------
    Unreadable
        If the bytes are not a notebook of format 3 or 4.

    Examples
    --------
    >>> parse(b"print('hello')", Limits())
    Traceback (most recent call last):
    ...
    birnn_grader.handed_in.Unreadable: it is not valid JSON
    """
    if len(data) > limits.notebook:
        raise Unreadable(f"the file has {len(data)} bytes, more than {limits.notebook}")
    if not data.strip():
        raise Unreadable("the file is empty")
    if data.count(b"[") + data.count(b"{") > MAX_NESTED or data.count(b",") > MAX_VALUES:
        raise Unreadable("it holds too many values for a notebook")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Unreadable("it is not valid JSON") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet.get("cells"), list) for cell in sheet["cells"]]
    if not isinstance(cells, list):
        raise Unreadable("it has no list of cells: it is not a notebook")
    return [cell for cell in cells if isinstance(cell, dict)]


def text(source: Any) -> str | None:
    """Return a cell's source as valid text, or None if it is not."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    return source.encode("utf-8", "replace").decode()


def identity(cell: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return nbgrader's id of a cell, and the notebook format's."""
    metadata = cell.get("metadata")
    settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = settings.get("grade_id") if isinstance(settings, dict) else None
    cell_id = cell.get("id")
    return (grade_id if isinstance(grade_id, str) else None), (cell_id if isinstance(cell_id, str) else None)
