"""Mark wrong and right answers to every assignment, and store the table: ``python tools/mutants.py [ps1 ...]``.

A mutant is an assignment's solution with one answer changed, as ``tests/exercises/mutants/ps1.toml`` and its
neighbours say. It is marked in this process by running the notebook's cells in their order, as nbgrader does. Where
a framework makes some tests slow, ``slow`` names their parts: they run only for answers to these parts.
"""

from __future__ import annotations

import argparse
import contextlib
import dis
import io
import json
import tomllib
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from birnn_grader.mutants import Mutant, read_mutants

ROOT = Path(__file__).resolve().parents[1]
MUTANTS = ROOT / "tests/exercises/mutants"
TABLE = ROOT / "book/instructors/mutants.json"
PAGE = ROOT / "book/instructors/mutants.md"


@dataclass(frozen=True)
class Cell:
    """A code cell; ``kind`` is ``test``, ``answer`` or ``given``."""

    id: str
    kind: str
    source: str
    points: float = 0


def assignments() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "solutions").glob("*/*.ipynb"))


def _settings(name: str) -> dict[str, Any]:
    path = MUTANTS / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def published() -> list[str]:
    """Return the course's assignments: all but a teacher's drafts, as `birnn-grade new` makes them."""
    return [name for name in assignments() if not _settings(name).get("draft")]


def tested() -> list[str]:
    """Return those of the course's assignments that have tests: not the project, which people mark."""
    return [name for name in published() if any(cell.kind == "test" for cell in code_cells(name))]


def code_cells(name: str) -> list[Cell]:
    """Read an assignment's code cells from its solution."""
    cells = []
    for cell in nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            settings = cell.metadata.get("nbgrader", {})
            kind = "test" if settings.get("grade") else "answer" if settings.get("solution") else "given"
            cells.append(Cell(settings.get("grade_id", cell.id), kind, cell.source, settings.get("points", 0)))
    return cells


def mutants(name: str) -> tuple[list[Mutant], list[Mutant]]:
    """Read an assignment's wrong answers, and its right ones written in other ways; none where no test fails any."""
    if all(cell.kind != "test" for cell in code_cells(name)):
        return [], []
    return read_mutants(MUTANTS / f"{name}.toml")


def solution(cells: list[Cell]) -> dict[str, str]:
    """Return the source of each answer by its id."""
    return {cell.id: cell.source for cell in cells if cell.kind == "answer"}


def slow_parts(name: str) -> set[str]:
    """Return the parts whose tests take long."""
    return set(_settings(name).get("slow", ()))


def tests_of(cells: list[Cell], parts: Iterable[str]) -> set[str]:
    """Return the tests of these parts."""
    return {cell.id for cell in cells if cell.kind == "test" and cell.id[5:].rpartition("_")[0] in parts}


def mark(name: str, cells: list[Cell], answers: dict[str, str]) -> dict[str, str]:
    """Run the cells with these answers; return for each failed test what it says."""
    solution = {cell.id: cell.source for cell in cells}
    changed = {part for part, source in answers.items() if source != solution[part]}
    skipped = tests_of(cells, slow_parts(name) - changed) if changed else set()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    failed = {}
    for cell in cells:
        if cell.id in skipped:
            continue
        source = answers.get(cell.id, cell.source)
        stdout, stderr = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(source, cell.id, "exec"), namespace)
        except Exception as error:
            if cell.kind == "given":
                raise
            if cell.kind == "test":
                failed[cell.id] = f"{type(error).__name__}: {error}"
        else:
            if cell.kind == "test" and stderr.getvalue():  # nbgrader gives no points then
                failed[cell.id] = f"the test writes to stderr: {stderr.getvalue()}"
    return failed


def names_bound(source: str) -> set[str]:
    """Return the global names that a cell binds."""
    code = compile(source, "cell", "exec")
    binding = ("STORE_NAME", "STORE_GLOBAL")
    return {str(found.argval) for found in dis.get_instructions(code) if found.opname in binding}


def marked(name: str, cells: list[Cell], mutant: Mutant) -> list[str]:
    """Return the tests that fail a mutant, found by running them."""
    return sorted(mark(name, cells, mutant.answers(solution(cells))))


def declared(name: str, cells: list[Cell], mutant: Mutant) -> list[str]:
    """Return the tests that should fail a mutant."""
    return sorted(mutant.fails)


def table(names: list[str], failed: Callable[[str, list[Cell], Mutant], list[str]] = marked) -> dict[str, Any]:
    """Return which mutant loses which tests."""
    found = {}
    for name in names:
        cells = code_cells(name)
        points = {cell.id: cell.points for cell in cells if cell.kind == "test"}
        wrong, right = mutants(name)
        rows = []
        for mutant in wrong:
            fails = failed(name, cells, mutant)
            lost = sum(points[test] for test in fails)
            row = {"mutant": mutant.name, "part": mutant.part, "fails": fails, "lost": lost, "seen": seen(fails)}
            rows.append(row | ({"unseen": mutant.unseen} if mutant.unseen else {}))
        kept = [{"answer": m.name, "fails": failed(name, cells, m)} for m in right]
        found[name] = {"points": points, "wrong": rows, "right": kept}
    return found


def seen(fails: Iterable[str]) -> bool:
    """Return whether a student sees the mistake before handing in."""
    return any(test.endswith("_visible") for test in fails)


def share_seen(stored: dict[str, Any]) -> tuple[int, int]:
    """Return how many wrong answers a student sees before handing in, and how many there are."""
    rows = [row for part in stored.values() for row in part["wrong"]]
    return sum(row["seen"] for row in rows), len(rows)


def page(stored: dict[str, Any]) -> str:
    """Write the table as a page for instructors."""
    seen_, all_ = share_seen(stored)
    lines = [
        "# What the exercises' tests catch",
        "",
        "Each row is a wrong answer that a learner may well give: ✗ where a test fails it, and the points that it",
        "loses, out of those that are given by tests. Answers that are right but written in another way stand below",
        "each table: they lose nothing. The test run marks all of them again and fails if this page differs.",
        "",
        f"Of {all_} wrong answers, {seen_} are *seen by the student*: the notebook's test fails them, and says in a",
        "line what looks wrong. It tries the function on a case that one can follow by hand, then on random numbers",
        "where all sizes differ. Where a mistake must stay unseen before handing in, the reason stands in its place.",
    ]
    for name, part in stored.items():
        lines += [
            "",
            f"## {name}",
            "",
            "| function | what the learner did | seen by the student | at grading | loses |",
        ]
        lines += ["| --- | --- | :-: | :-: | --: |"]
        for row in part["wrong"]:
            shown = (
                "✗" if row["seen"] else row.get("unseen", ""),
                "✗" if any("hidden" in t for t in row["fails"]) else "",
            )
            lost = f"{row['lost']:g} of {sum(part['points'].values()):g}"
            lines.append(f"| `{row['part']}` | {row['mutant']} | {shown[0]} | {shown[1]} | {lost} |")
        lines += ["", "Right, and marked so: " + "; ".join(row["answer"] for row in part["right"]) + "."]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="assignments (default: the course's)")
    names = parser.parse_args().names or tested()
    stored = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.is_file() else {}
    stored = {name: found for name, found in stored.items() if name in tested()} | table(names)
    stored = dict(sorted(stored.items()))
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(stored), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}: {sum(len(part['wrong']) for part in stored.values())} wrong answers")


if __name__ == "__main__":
    main()
