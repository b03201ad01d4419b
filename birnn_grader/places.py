"""Which released cell each of a student's cells is: by its id, or, where ids were lost, by its neighbours.

Some editors and platforms drop nbgrader's metadata and give cells new ids. The texts and tests of the released notebook
are still there then: what stands between two of them, where an answer stood, is that answer.
"""

from __future__ import annotations

import re
from typing import Any

from birnn_grader.handed_in import identity, text


def identify(cells: list[dict[str, Any]], released: list[dict[str, Any]]) -> tuple[list[int | None], list[str]]:
    """Return for each cell its place among the released ones, None for one that was added, and what was restored."""
    by_grade, by_cell = ({identity(c)[k]: n for n, c in enumerate(released) if identity(c)[k]} for k in (0, 1))
    places: list[int | None] = []
    for cell in cells:
        grade_id, cell_id = identity(cell)
        places.append(by_grade.get(grade_id, by_cell.get(cell_id)))
    found = set(places)
    lost = [n for n, cell in enumerate(released) if n not in found and _editable(cell)]
    if not lost or None not in found:
        return places, []
    return _by_neighbours(cells, released, places, lost)


def _editable(cell: dict[str, Any]) -> bool:
    return bool(cell.get("metadata", {}).get("nbgrader", {}).get("solution"))


def _source(cell: dict[str, Any]) -> str:
    return (text(cell.get("source", cell.get("input"))) or "").strip()


def _by_neighbours(
    cells: list[dict[str, Any]], released: list[dict[str, Any]], places: list[int | None], lost: list[int]
) -> tuple[list[int | None], list[str]]:
    """Give the lost answers the cells that stand where they stood."""
    places, notes = list(places), []
    fixed: dict[str, list[int]] = {}  # several tests may look alike to students: they stand in their order
    for n, cell in enumerate(released):
        if not _editable(cell) and n not in places:
            fixed.setdefault(_source(cell), []).append(n)
    where: dict[int, int] = {}  # a released cell's place in the student's notebook: where it stands first
    for at, cell in enumerate(cells):
        if places[at] is None and (alike := fixed.get(_source(cell))):
            places[at] = alike.pop(0)
        if (place := places[at]) is not None:
            where.setdefault(place, at)
    for n in lost:
        before = next((where[k] for k in range(n - 1, -1, -1) if k in where), -1)
        after = next((where[k] for k in range(n + 1, len(released)) if k in where), len(cells))
        kind = released[n]["cell_type"]
        open_ = [k for k in range(before + 1, after) if places[k] is None and cells[k].get("cell_type") == kind]
        others = [k for k in lost if k != n and k not in where and before < _between(k, where, released) < after]
        if (chosen := _chosen(open_, cells, released[n], alone=not others)) is not None:
            places[chosen], where[n] = n, chosen
            notes.append(f"{identity(released[n])[0]}: its metadata was lost; restored by the cells around it")
    return places, notes


def _between(place: int, where: dict[int, int], released: list[dict[str, Any]]) -> float:
    """Return a number between the places of the cells that stand around a lost one."""
    before = next((where[k] for k in range(place - 1, -1, -1) if k in where), -1)
    return before + 0.5


def _chosen(open_: list[int], cells: list[dict[str, Any]], released: dict[str, Any], alone: bool) -> int | None:
    """Return which of some cells is the answer: the last that defines what it should; or the only one, if it is."""
    names = re.findall(r"^(?:async )?def (\w+)", released["source"], re.M)
    defining = [k for k in open_ if any(re.search(rf"^(?:async )?def {n}\b", _source(cells[k]), re.M) for n in names)]
    if defining:
        return defining[-1]
    return open_[0] if alone and len(open_) == 1 else None
