"""What is wrong with an assignment's source, in words: its cells, its marks, and its wrong answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from birnn_grader.judge import names
from birnn_grader.judge.cells import extra, kind, settings_of
from birnn_grader.mutants import MutantError, read_mutants
from birnn_grader.package import answers_of, problems

REGIONS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
GRADE_ID = re.compile(r"[A-Za-z0-9_\-]+")


def notebook_problems(cells: list[dict[str, Any]]) -> list[str]:
    r"""Return what is wrong with the cells of a source notebook; nothing where it can be released and graded.

    Examples
    --------
    >>> settings = {"grade_id": "f", "solution": True, "grade": False, "locked": False}
    >>> for problem in notebook_problems(
    ...     [{"cell_type": "code", "metadata": {"nbgrader": settings}, "source": "def f(x):\n    return x"}]
    ... ):
    ...     print(problem)
    f has no line "### BEGIN SOLUTION": students would get an empty cell, without the line "def ..." to fill in
    no test calls f, so its answer bears no points
    there is no test: nothing gives points automatically
    """
    return [*_ids(cells), *(p for cell in cells for p in _cell(cell)), *problems(cells), *_whole(cells)]


def _ids(cells: list[dict[str, Any]]) -> Iterator[str]:
    """Say which ids are missing, twice there, or none that nbgrader takes."""
    ids = [str(settings_of(cell).get("grade_id", "")) for cell in cells if settings_of(cell)]
    for name, times in Counter(ids).items():
        if not GRADE_ID.fullmatch(name):
            yield f"{name!r} is not an id: letters, digits, - and _ are"
        elif times > 1:
            yield f"{times} cells have the id {name}: every cell needs its own"


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    settings, source = settings_of(cell), cell["source"]
    name = settings.get("grade_id", f"the cell that begins {source[:30]!r}")
    for region in REGIONS:
        begins, ends = (len(re.findall(rf"{word} {region}\b", source)) for word in ("BEGIN", "END"))
        if begins != ends:
            yield f'{name} has {begins} line(s) "BEGIN {region}" and {ends} "END {region}"'
    if "BEGIN SOLUTION" in source and not settings.get("solution"):
        yield f"{name} holds a solution and is not an answer cell: nbgrader refuses it"
    if "BEGIN HIDDEN TESTS" in source and kind(cell) != "test":
        yield f"{name} holds hidden tests and is not a test cell"
    if kind(cell) == "answer" and "BEGIN SOLUTION" not in source:
        stub = 'students would get an empty cell, without the line "def ..." to fill in'
        yield f'{name} has no line "### BEGIN SOLUTION": {stub}'
    if settings.get("grade") or settings.get("task"):
        points = settings.get("points")
        if not isinstance(points, int | float) or points < 0:
            yield f"{name} has {points!r} points"
        elif points == 0 and not extra(cell):
            yield f"{name} bears 0 points: is it extra credit? Then give it the tag extra-credit-1"
    if kind(cell) == "test" and not settings.get("locked"):
        yield f"{name} is a test that is not locked: students could change it in their notebook"


def _whole(cells: list[dict[str, Any]]) -> Iterator[str]:
    """Say which answers no test calls, and what no student should see."""
    tests = [cell for cell in cells if kind(cell) == "test"]
    words = {word for cell in tests for word in re.findall(r"\w+", cell["source"])}
    for cell in cells:
        if kind(cell) == "answer" and (defined := names.defined(cell["source"], False)) and not words & set(defined):
            name = settings_of(cell)["grade_id"]
            yield f"no test calls {' or '.join(defined)}, so its answer bears no points" + (
                "" if name in defined else f" (cell {name})"
            )
    if not tests:
        yield "there is no test: nothing gives points automatically"
    elif not any("BEGIN HIDDEN TESTS" in cell["source"] for cell in tests):
        yield 'no test has a line "### BEGIN HIDDEN TESTS": an answer made for the numbers in view would get everything'


def answers_problems(path: Path, cells: list[dict[str, Any]]) -> list[str]:
    """Return what is wrong with an assignment's file of wrong answers; ``cells`` are those of its source."""
    try:
        wrong, right = read_mutants(path)
    except MutantError as error:
        return [str(error)]
    tests = {settings_of(cell)["grade_id"] for cell in cells if kind(cell) == "test"}
    solution, found = answers_of(cells), []
    for mutant in [*wrong, *right]:
        if gone := sorted({*mutant.code, *filter(None, [mutant.part])} - set(solution)):
            found.append(
                f"{mutant.name!r} is of {', '.join(gone)}, which is not an answer's id: renamed? Rename it here too"
            )
            continue
        try:
            if mutant.answers(solution) == solution:
                found.append(f"{mutant.name!r} changes nothing in the solution")
        except MutantError as error:
            found.append(str(error))
        found += [
            f"{mutant.name!r} fails {test}, which is not a test's id" for test in mutant.fails if test not in tests
        ]
    found += [f"{m.name!r} does not say which tests fail it: add fails = [...]" for m in wrong if not m.fails]
    caught = {test for mutant in wrong for test in mutant.fails}
    return found + [f"no wrong answer fails {test}: would it notice one?" for test in sorted(tests - caught)]
