"""Read what a student handed in, and take from it the sources of the solution cells, by id, and nothing else.

The notebook that is graded is the released one with those sources put in. So whatever else was deleted, edited,
retagged, repeated, moved or added has no effect; it is told to the instructor as a list of notes.
"""

from __future__ import annotations

import copy
import json
import os
import re
import stat
from typing import Any

from birnn_grader.judge.limits import Limits

MAX_NESTED, MAX_VALUES = 200_000, 1_000_000  # a notebook's brackets and commas, its outputs' included


class Unreadable(Exception):
    """Why a file is no notebook."""


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
        raise Unreadable("it is no plain file")
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(limits.notebook)


def parse(data: bytes, limits: Limits) -> list[dict[str, Any]]:
    """Return a notebook's cells, as they came, from the file's bytes.

    Raises
    ------
    Unreadable
        If the bytes are no notebook of format 3 or 4.

    Examples
    --------
    >>> parse(b"print('hello')", Limits())
    Traceback (most recent call last):
    ...
    birnn_grader.intake.Unreadable: it is no JSON
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
        raise Unreadable("it is no JSON") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet.get("cells"), list) for cell in sheet["cells"]]
    if not isinstance(cells, list):
        raise Unreadable("it has no list of cells: it is no notebook")
    return [cell for cell in cells if isinstance(cell, dict)]


def text(source: Any) -> str | None:
    """Return a cell's source as valid text, or None if it is none."""
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


def take_answers(
    cells: list[dict[str, Any]], released: list[dict[str, Any]], limits: Limits
) -> tuple[dict[str, list[str]], list[str]]:
    """Take the answers' sources from a student's cells.

    Parameters
    ----------
    cells : list of dict
        The student's, as `parse` returns them.
    released : list of dict
        The released notebook's cells.

    Returns
    -------
    answers : dict
        By grade id of the solution cells that were found, the sources to run one after the other: several where a cell
        was copied, as Jupyter runs them.
    notes : list of str
        What was unusual.
    """
    answers, notes, own = {}, [], 0
    known = {identity(cell) for cell in released}
    by_grade, by_cell = ({pair[k]: pair[0] for pair in known if pair[k]} for k in (0, 1))
    editable = {identity(cell)[0]: cell for cell in released if _settings(cell).get("solution")}
    seen: dict[str, list[dict[str, Any]]] = {}
    for cell in cells:
        grade_id, cell_id = identity(cell)
        if grade_id not in by_grade:
            grade_id = by_cell.get(cell_id) if cell_id in by_cell else None
            if grade_id is None:
                own += cell_id not in by_cell and cell.get("cell_type") == "code"
                continue
        seen.setdefault(str(grade_id), []).append(cell)
    for name, copies in seen.items():
        if name in editable:
            sources = _sources(copies, editable[name])
            if sources is None or sum(map(len, sources)) > limits.source:
                notes.append(f"{name}: the answer is no text, or longer than {limits.source} characters; left out")
            else:
                answers[name] = sources
        if len(copies) > 1:
            what = "run one after the other" if name in editable else "the released cell counts"
            notes.append(f"{name}: handed in {len(copies)} times; {what}")
    missing = [str(name) for name in by_grade if name not in seen]
    if missing:
        notes.append(f"missing, put back as released: {', '.join(missing)}")
    if own:
        notes.append(f"{own} added code cell(s) left out: only what stands in the answer cells is graded")
    return answers, notes


def _sources(copies: list[dict[str, Any]], released: dict[str, Any]) -> list[str] | None:
    """Return the sources of an answer's copies that count, in their order.

    Of a code answer those that became text do not run, unless all did; one that is as it was released says nothing
    beside another; one that begins with an indented line was split off the one before. Texts are put together. None if
    one of them is no text.
    """
    wanted = released["cell_type"]
    if wanted == "code" and any(cell.get("cell_type") == "code" for cell in copies):
        copies = [cell for cell in copies if cell.get("cell_type") == "code"]
    read = [text(cell.get("source", cell.get("input"))) for cell in copies]
    sources = [source for source in read if source is not None]
    if len(sources) < len(read):
        return None
    sources = [source for source in sources if source != released["source"]] or sources[:1]
    if wanted != "code":
        return ["\n\n".join(sources)]
    whole = sources[:1]
    for source in sources[1:]:
        if source.lstrip("\n")[:1] in (" ", "\t"):
            whole[-1] += f"\n{source}"
        else:
            whole.append(source)
    return whole


def defuse(markdown: str) -> str:
    """Return a markdown answer in which no HTML tag is left, so that no page that shows it runs a script.

    Examples
    --------
    >>> defuse("a<b, 1 < 2 <script>alert(1)</script>")
    'a&lt;b, 1 < 2 &lt;script>alert(1)&lt;/script>'
    """
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", markdown)


def _settings(cell: dict[str, Any]) -> dict[str, Any]:
    return dict(cell.get("metadata", {}).get("nbgrader", {}))


def rebuild(
    data: bytes | None, released: dict[str, Any], limits: Limits, reason: str = "the notebook is missing"
) -> tuple[dict[str, Any], list[str], bool]:
    """Return the released notebook with a student's answers in it, what was unusual, and whether it was readable.

    Parameters
    ----------
    data : bytes or None
        The submitted file; None if there is none, for ``reason``.
    released : dict
        The released notebook, its hidden tests put back: JSON in format 4.

    Returns
    -------
    notebook : dict
    notes : list of str
    readable : bool
        False for what is no notebook: it is graded as a blank.
    """
    notebook = copy.deepcopy(released)
    try:
        if data is None:
            raise Unreadable(reason)
        answers, notes = take_answers(parse(data, limits), released["cells"], limits)
    except Unreadable as error:
        return notebook, [f"scored 0: {error}"], False
    rebuilt: list[dict[str, Any]] = []
    for cell in notebook["cells"]:
        name = identity(cell)[0]
        if name in answers and _settings(cell).get("solution"):
            *earlier, last = answers[name]
            rebuilt += [_own(source, f"{name}, copy {n}", len(rebuilt) + n) for n, source in enumerate(earlier, 1)]
            cell["source"] = last if cell["cell_type"] == "code" else defuse(last)
        rebuilt.append(cell)
    return {**notebook, "cells": rebuilt}, notes, True


def _own(source: str, label: str, number: int) -> dict[str, Any]:
    """Return a code cell of the student's beside the released ones, marked as such by its label."""
    cell = {"cell_type": "code", "id": f"own-{number}", "metadata": {"birnn_grader": {"own": label}}}
    return {**cell, "source": source, "outputs": [], "execution_count": None}
