"""Take from what a student handed in the sources of the answers, by id, and of the cells that the student added.

The notebook that is graded is the released one with those sources put in. So whatever else was deleted, edited,
retagged, repeated or moved has no effect; it is told to the instructor as a list of notes.
"""

from __future__ import annotations

import copy
import html
import re
from typing import Any

from birnn_grader.handed_in import Unreadable, identity, parse, text
from birnn_grader.judge.limits import Limits
from birnn_grader.places import identify

SCHEMES = ("http", "https", "mailto")
# Where a link leads: [text](to), or [name]: to on a line of its own.
_DESTINATION = re.compile(r"(?P<before>\]\(\s*|^[ >]*\[[^\]\n]+\]:\s*)(?P<to>[^\s)]+)", re.M)


def take_answers(
    cells: list[dict[str, Any]], released: list[dict[str, Any]], limits: Limits
) -> tuple[dict[str, list[str]], list[tuple[int, str]], list[str]]:
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
    own : list of (int, str)
        The code cells that the student added: after which released cell each stands, -1 for none, and its source.
    notes : list of str
        What was unusual.
    """
    places, notes = identify(cells, released)
    answers: dict[str, list[str]] = {}
    seen: dict[int, list[dict[str, Any]]] = {}
    own, last = [], -1
    for cell, place in zip(cells, places, strict=True):
        if place is not None:
            last = place
            seen.setdefault(place, []).append(cell)
        elif cell.get("cell_type") == "code" and (text(cell.get("source", cell.get("input"))) or "").strip():
            own.append((last, str(text(cell.get("source", cell.get("input"))))))
    for place, copies in seen.items():
        name, editable = identity(released[place])[0], _settings(released[place]).get("solution")
        if name is None:
            continue
        if editable:
            sources = _sources(copies, released[place])
            if sources is None or sum(map(len, sources)) > limits.source:
                notes.append(f"{name}: the answer is not text, or longer than {limits.source} characters; left out")
            else:
                answers[name] = sources
        if len(copies) > 1:
            what = "run one after the other" if editable else "the released cell counts"
            notes.append(f"{name}: handed in {len(copies)} times; {what}")
    missing = [str(identity(c)[0]) for n, c in enumerate(released) if n not in seen and identity(c)[0]]
    if missing:
        notes.append(f"missing, put back as released: {', '.join(missing)}")
    kept: list[tuple[int, str]] = []
    size = 0
    for place, source in own:
        if len(kept) < limits.added and size + len(source) <= limits.source:
            size += len(source)
            kept.append((place, source))
    if kept:
        begins = "; ".join(source.strip().split("\n", 1)[0][:60] for _, source in kept[:5])
        notes.append(f"{len(kept)} added code cell(s), run where they stand: {begins}")
    if len(kept) < len(own):
        notes.append(f"{len(own) - len(kept)} added code cell(s) left out: they are too many, or too long")
    return answers, kept, notes


def _sources(copies: list[dict[str, Any]], released: dict[str, Any]) -> list[str] | None:
    """Return the sources of an answer's copies that count, in their order.

    Of a code answer those that became text do not run, unless all did; one that is as it was released says nothing
    beside another; one that begins with an indented line was split off the one before. Texts are put together. None if
    one of them is not text.
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
    """Return a markdown answer without HTML tags, and without links that lead elsewhere than to the web or to mail.

    So no page that shows it runs anything.

    Examples
    --------
    >>> defuse("a<b, 1 < 2 <script>alert(1)</script>")
    'a&lt;b, 1 < 2 &lt;script>alert(1)&lt;/script>'
    >>> defuse("[a](https://a.org) [b](javascript:alert) ![c]( data:text/html,x)")
    '[a](https://a.org) [b](#) ![c]( #)'
    """
    return _DESTINATION.sub(_harmless, re.sub(r"<(?=[A-Za-z/!?])", "&lt;", markdown))


def _harmless(link: re.Match[str]) -> str:
    """Return a link's beginning with its destination, or with ``#`` where that names another scheme."""
    plain = re.sub(r"\\(?=[^\w\s])|[\x00-\x20\x7f]", "", html.unescape(link["to"]))
    found = re.match(r"<?([^:/?#]*):", plain)
    return link["before"] + (link["to"] if not found or found[1].lower() in SCHEMES else "#")


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
        False for what is not a notebook: it is graded as a blank.
    """
    notebook = copy.deepcopy(released)
    try:
        if data is None:
            raise Unreadable(reason)
        answers, own, notes = take_answers(parse(data, limits), released["cells"], limits)
    except Unreadable as error:
        return notebook, [f"scored 0: {error}"], False
    labelled = [(place, source, f"added cell {n}") for n, (place, source) in enumerate(own, 1)]
    rebuilt = [_own(source, label, n, added=True) for n, (at, source, label) in enumerate(labelled) if at == -1]
    for place, cell in enumerate(notebook["cells"]):
        name = identity(cell)[0]
        if name in answers and _settings(cell).get("solution"):
            *earlier, last = answers[name]
            rebuilt += [_own(source, f"{name}, copy {n}", len(rebuilt) + n) for n, source in enumerate(earlier, 1)]
            cell["source"] = last if cell["cell_type"] == "code" else defuse(last)
        rebuilt.append(cell)
        for at, source, label in labelled:
            if at == place:
                rebuilt.append(_own(source, label, len(rebuilt), added=True))
    return {**notebook, "cells": rebuilt}, notes, True


def _own(source: str, label: str, number: int, added: bool = False) -> dict[str, Any]:
    """Return a code cell of the student's beside the released ones, marked as such by its label."""
    mark = {"own": label, "added": True} if added else {"own": label}
    cell = {"cell_type": "code", "id": f"own-{number}", "metadata": {"birnn_grader": mark}}
    return {**cell, "source": source, "outputs": [], "execution_count": None}
