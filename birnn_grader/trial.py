"""Try an assignment's tests: the solution must get everything, a blank nothing, a wrong answer loses what it should."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from birnn_grader.judge import selftest
from birnn_grader.judge.cells import kind, most, settings_of
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Sandbox
from birnn_grader.mutants import Mutant, read_mutants
from birnn_grader.package import Package, PackageError, answers_of, read
from birnn_grader.pool import executor
from birnn_grader.tasks import task

SOLUTION, BLANK = Mutant("the solution"), Mutant("a blank")


@dataclass(frozen=True)
class Row:
    """What one answer got: its points, and of each test that failed it what it says."""

    answer: Mutant
    points: float
    lost: dict[str, str]


class Trial:
    """One notebook of an assignment and everything that its tests are tried on.

    Parameters
    ----------
    package : Package
    source : Path
        The notebook with its solutions.
    answers : Path
        The file of wrong answers; without it, the solution and the blank are tried.
    """

    def __init__(self, package: Package, source: Path, answers: Path) -> None:
        self.package, self.rows = package, list[Row]()
        self.solution = answers_of(read(source)["cells"])
        self.wrong, self.right = read_mutants(answers) if answers.is_file() else ([], [])
        cells = package.released["cells"]
        self.tests = {settings_of(c)["grade_id"]: most(c) for c in cells if kind(c) == "test"}
        self.full = sum(float(settings_of(c)["points"]) for c in cells if kind(c) == "test")

    def _submission(self, answer: Mutant) -> bytes:
        made = copy.deepcopy(self.package.released)
        sources = {} if answer is BLANK else answer.answers(self.solution)
        for cell in made["cells"]:
            name = settings_of(cell).get("grade_id")
            if name in sources and settings_of(cell).get("solution"):
                cell["source"] = sources[name]
        return json.dumps(made).encode()

    def run(self, backend: Sandbox, limits: Limits, workers: int, progress: Any) -> None:
        """Mark every answer, each as a student's."""
        answers = [SOLUTION, BLANK, *self.wrong, *self.right]
        submissions = [self._submission(answer) for answer in answers]
        selftest.ensure(backend, limits)
        with executor(workers) as pool:
            open_ = [pool.submit(task, self.package, data, "", backend, limits, True) for data in submissions]
            results = [future.result() for future in progress(open_, len(open_))]
        self.rows = [self._row(answer, result) for answer, result in zip(answers, results, strict=True)]

    def _row(self, answer: Mutant, result: dict[str, Any]) -> Row:
        if result.get("error"):
            raise PackageError(f"{answer.name} could not be marked: {result['error']}")
        scores = {test: result["scores"][test] or 0.0 for test in self.tests}
        said = {}
        for cell in result["notebook"]["cells"]:
            errors = [o for o in cell.get("outputs", ()) if o["output_type"] == "error"]
            said[settings_of(cell).get("grade_id")] = " ".join(f"{o['ename']}: {o['evalue']}" for o in errors)
        lost = {test: said.get(test, "") for test, points in self.tests.items() if scores[test] < points}
        return Row(answer, sum(scores.values()), lost)

    def table(self) -> str:
        """Return a line for each answer, and under it what the tests that fail it say."""
        full = self.full
        width = max(len(row.answer.name) for row in self.rows)
        lines = [f"{self.package.assignment}/{self.package.notebook}: {full:g} points by {len(self.tests)} tests", ""]
        for row in self.rows:
            lines.append(f"{row.answer.name:{width}}  {row.points:5g} of {full:g}")
            if row.answer not in (SOLUTION, BLANK):
                lines += [f"    {test}: {' '.join(said.split())[:150]}" for test, said in row.lost.items()]
        return "\n".join([*lines, ""])

    def complaints(self) -> list[str]:
        """Return in words which answer does not get what it should, and which test no wrong answer fails."""
        found = [complaint for row in self.rows for complaint in self._about(row)]
        caught = {test for row in self.rows if row.answer in self.wrong for test in row.lost}
        return found + [
            f"no wrong answer fails {test}: would it notice one?" for test in self.tests if test not in caught
        ]

    def _about(self, row: Row) -> Iterator[str]:
        name, lost = row.answer.name, sorted(row.lost)
        if row.answer is SOLUTION or row.answer in self.right:
            yield from (f"{name} is right and fails {test}: {row.lost[test]}" for test in lost)
        elif row.answer is BLANK:
            if row.points:
                given = [test for test in self.tests if test not in row.lost]
                yield f"a blank gets {row.points:g} points, from {', '.join(given)}"
        elif lost != sorted(row.answer.fails):
            declared = ", ".join(sorted(row.answer.fails)) or "nothing"
            yield f"{name} should fail {declared}, and fails {', '.join(lost) or 'nothing'}"
        elif not re.search(row.answer.says, "\n".join(row.lost.values())):
            yield f"{name}: no test that fails it says {row.answer.says!r}"
