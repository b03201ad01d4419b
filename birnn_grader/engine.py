"""Grade one submission: a pure function from a package and a file's bytes to a graded notebook and its scores."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

from birnn_grader.inside import protocol
from birnn_grader.intake import rebuild
from birnn_grader.judge import client, job
from birnn_grader.judge.cells import kind, label_of, most, settings_of
from birnn_grader.judge.clock import LONGEST
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Sandbox
from birnn_grader.package import Package

_UNPARSED = ("SyntaxError", "IndentationError", "TabError")


@dataclasses.dataclass(frozen=True)
class Graded:
    """What grading one notebook gave.

    Parameters
    ----------
    notebook : dict
        The rebuilt notebook with its outputs, JSON in format 4.
    scores : dict
        The automatic score by grade id; None for what a person must mark.
    blank : list of str
        Grade ids of answers that are as they were released.
    notes : list of str
        What was unusual.
    seconds : float
    """

    notebook: dict[str, Any]
    scores: dict[str, float | None]
    blank: list[str]
    notes: list[str]
    seconds: float

    def as_plain(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return dataclasses.asdict(self)


def grade(package: Package, data: bytes | None, backend: Sandbox, limits: Limits, reason: str = "") -> Graded:
    """Grade one notebook from its bytes.

    Parameters
    ----------
    package : Package
    data : bytes or None
        The file as handed in; None where there is none, for ``reason``.
    backend
        A sandbox, as `sandbox.choose` returns it. Its self-test is the caller's to run.
    limits : Limits
    """
    began = time.monotonic()
    notebook, notes, readable = rebuild(data, package.released, limits, reason or "the notebook is missing")
    return grade_rebuilt(package, notebook, notes, readable, backend, limits, began)


def grade_rebuilt(
    package: Package,
    notebook: dict[str, Any],
    notes: list[str],
    readable: bool,
    backend: Sandbox,
    limits: Limits,
    began: float | None = None,
) -> Graded:
    """Grade a notebook that `intake.rebuild` made; as `grade` does otherwise."""
    began = time.monotonic() if began is None else began
    cells, notes = notebook["cells"], list(notes)
    released = {settings_of(c).get("grade_id"): c["source"] for c in package.released["cells"]}
    answers = {settings_of(c)["grade_id"]: c["source"] for c in cells if settings_of(c).get("solution")}
    blank = [name for name, source in answers.items() if source == released[name]]
    outputs: dict[int, list[Any]] = {}
    if readable:
        try:
            frame = protocol.pack(job.to_plain(cells, package.answers, package.files, backend, limits))
        except protocol.ProtocolError as error:  # answers of several megabytes
            readable = False
            notes.append(f"scored 0: {error}")
        else:
            outputs, why = client.of_this_thread().run(frame, LONGEST * (limits.total + limits.start) + 10)
            notes += [why] if why else []
    executed = 0
    scores: dict[str, float | None] = {}
    for index, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            missing = [] if readable and kind(cell) != "test" else [_not_run(notes)]
            cell["outputs"] = outputs.get(index, missing)
            executed += 1
            cell["execution_count"] = executed
            for output in cell["outputs"]:
                theirs, call = output.pop("theirs", False), output.pop("call", "")
                if theirs or call:
                    cell["metadata"]["birnn_grader"] = {"theirs": theirs, "call": call}  # for `feedback`
                if output["output_type"] == "execute_result":
                    output["execution_count"] = executed
            notes += [
                f"{label_of(cell) or settings_of(cell).get('grade_id', 'a setup cell')}: {why}"
                for why in _unusual(cell)
            ]
        settings = settings_of(cell)
        if settings.get("grade") or settings.get("task"):
            scores[settings["grade_id"]] = score(cell, settings["grade_id"] in blank, readable)
    return Graded(notebook, scores, blank, notes, time.monotonic() - began)


def _unusual(cell: dict[str, Any]) -> Iterator[str]:
    """Say which errors of a cell its owner should hear of at once: a crash, and an answer that is not Python."""
    for output in cell["outputs"]:
        if output["output_type"] == "error" and output["ename"] == "Crash":
            yield output["evalue"]
        elif output["output_type"] == "error" and output["ename"] in _UNPARSED and kind(cell) in ("answer", "own"):
            yield f"the cell does not parse: {output['evalue']}"


def _not_run(notes: list[str]) -> dict[str, Any]:
    reason = notes[-1] if notes else "not run"
    return {"output_type": "error", "ename": "NotGraded", "evalue": reason, "traceback": [reason]}


def score(cell: dict[str, Any], blank: bool, readable: bool = True) -> float | None:
    """Return a graded cell's automatic score by nbgrader's rules; None where a person must mark it."""
    settings = settings_of(cell)
    if settings.get("task") or settings.get("solution") or cell["cell_type"] != "code":
        return 0.0 if blank or not readable else None
    for output in cell["outputs"]:
        if output["output_type"] == "error":
            return 0.0
        if output["output_type"] == "execute_result":
            return float(output["data"]["text/plain"])
    return most(cell)
