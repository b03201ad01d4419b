"""The step of `nbgrader autograde` that executes a notebook, replaced: answers in the sandbox, tests outside it."""

from __future__ import annotations

import json
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Float, Unicode

from birnn_grader import engine, package
from birnn_grader.judge import cells, sandbox
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Sandbox
from birnn_grader.nbgrader.course import load_package


class SplitExecute(NbGraderPreprocessor):
    """Execute a submission in two processes; nbgrader's own steps after it read the scores from the outputs."""

    backend = Unicode("auto", help="Where students' code runs: auto, bwrap, podman or docker").tag(config=True)
    unsafe = Unicode("", help="The words that accept to run students' code without a sandbox").tag(config=True)
    cell_seconds = Float(Limits().cell, help="Seconds for one cell").tag(config=True)
    total_seconds = Float(Limits().total, help="Seconds for one submission").tag(config=True)

    def limits(self) -> Limits:
        """Return the limits as configured."""
        return Limits(cell=self.cell_seconds, total=self.total_seconds)

    def sandbox(self) -> Sandbox:
        """Return the sandbox as configured."""
        return sandbox.choose(self.backend, self.unsafe)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Fill in the outputs of every code cell."""
        names = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir
        whole = load_package(coursedir, names["assignment"], names["notebook"])
        plain = json.loads(nbformat.writes(nb))
        for cell in plain["cells"]:
            cell["source"] = "".join(cell["source"])
        said = nb.metadata.get("birnn_grader", {})
        notes, readable = list(said.get("notes", [])), said.get("readable", True)
        graded = engine.grade_rebuilt(whole, plain, notes, readable, self.sandbox(), self.limits())
        for note in graded.notes:
            self.log.warning("%s, %s: %s", names["student"], names["notebook"], note)
        result = nbformat.from_dict(graded.notebook)
        result.metadata["birnn_grader"] = {"notes": graded.notes, "readable": readable}
        return result, resources


class CheckNames(NbGraderPreprocessor):
    """Refuse to release an assignment whose tests cannot be run apart from the answers; part of `make exercises`."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Raise where `package.problems` finds any."""
        plain = json.loads(nbformat.writes(nb))
        if found := package.problems(plain["cells"]):
            raise package.PackageError("; ".join(found))
        return nb, resources


class SaveScores(SaveAutoGrades):
    """nbgrader's step that saves the scores; a test that is extra credit gives the points of its tag."""

    def _add_score(self, cell: Any, resources: Any) -> None:
        super()._add_score(cell, resources)
        if cells.extra(plain := json.loads(json.dumps(cell))):
            names = cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id, self.student_id
            self.gradebook.find_grade(*names).auto_score = engine.score(plain, False)
            self.gradebook.db.commit()
