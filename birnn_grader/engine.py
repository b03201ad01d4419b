"""Grade one submission: a pure function from a package and a file's bytes to a graded notebook and its scores."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import os
import selectors
import signal
import subprocess
import sys
import threading
import time

from birnn_grader import names, protocol, sandbox
from birnn_grader.clock import LONGEST
from birnn_grader.intake import rebuild
from birnn_grader.limits import Limits
from birnn_grader.package import Package, kind, label_of, settings_of

_local = threading.local()
_UNPARSED = ("SyntaxError", "IndentationError", "TabError")
_HEAVY = ("torch", "tensorflow", "keras", "jax")  # they start threads, which a fork does not take along


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

    notebook: dict
    scores: dict[str, float | None]
    blank: list[str]
    notes: list[str]
    seconds: float

    def as_plain(self) -> dict:
        """Return it as JSON data."""
        return dataclasses.asdict(self)


def job_to_plain(cells, package: Package, backend, limits: Limits) -> dict:
    """Return what the trusted process needs, as plain data; `job_from_plain` turns it back."""
    tests = [cell["source"] for cell in cells if kind(cell) == "test"]
    modules = {module for source in tests for module in names.imports(source)}
    light = sorted(module for module in modules if module.split(".")[0] not in _HEAVY)
    slim = [
        {**{key: c[key] for key in ("cell_type", "source")}, "metadata": {"nbgrader": settings_of(c), **_marked(c)}}
        for c in cells
    ]
    return {
        "cells": slim,
        "answers": package.answers,
        "files": package.files,
        "preload": light,
        "backend": [type(backend).__name__, dataclasses.asdict(backend)],
        "limits": dataclasses.asdict(limits),
    }


def _marked(cell):
    return {"birnn_grader": {"own": label_of(cell)}} if label_of(cell) else {}


def job_from_plain(plain: dict) -> dict:
    """Return the job of `job_to_plain`."""
    name, settings = plain["backend"]
    return {**plain, "backend": getattr(sandbox, name)(**settings), "limits": Limits(**plain["limits"])}


class JudgeDied(RuntimeError):
    """The trusted process was killed from outside; the submission can be graded again."""


class Judge:
    """The trusted process as its owner sees it: jobs in, outputs cell by cell out."""

    def __init__(self):
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
        command = [sys.executable, "-P", "-m", "birnn_grader.trusted"]
        pipe = subprocess.PIPE
        environment = {**os.environ, **threads}
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, env=environment, cwd="/", start_new_session=True
        )

    def close(self):
        """End it and everything below it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def run(self, job: bytes, seconds: float) -> tuple[dict[int, list], str]:
        """Run a packed job; return the outputs by cell, and why it ended early, if it did.

        Raises
        ------
        JudgeDied
            If the process, or its fork for this job, was killed: no fault of the submission's.
        """
        self.process.stdin.write(job)
        self.process.stdin.flush()
        outputs, deadline, reason = {}, time.monotonic() + seconds, None
        while (message := self._receive(deadline)) is not None and "end" not in message:
            if "done" in message:
                reason = message["done"]
            else:
                outputs[message["cell"]] = message["outputs"]
        if message is None:
            late = time.monotonic() >= deadline
            self.close()
            if late:
                return outputs, "the judging process took too long"
        if reason is None:
            raise JudgeDied("the process that runs the tests was killed, perhaps for want of memory")
        return outputs, reason

    def _receive(self, deadline):
        frame, wanted = bytearray(), protocol.HEADER.size
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while len(frame) < wanted:
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    return None
                chunk = os.read(self.process.stdout.fileno(), wanted - len(frame))
                if not chunk:
                    return None
                frame += chunk
                if len(frame) == wanted == protocol.HEADER.size:
                    wanted += sum(protocol.HEADER.unpack(frame))
        return protocol.unpack(bytes(frame))


def _judge() -> Judge:
    """Return this thread's judge, a new one where there is none or it has ended."""
    judge = getattr(_local, "judge", None)
    if judge is None or judge.process.poll() is not None or _local.owner != os.getpid():
        judge = _local.judge = Judge()
        _local.owner = os.getpid()
        atexit.register(_close, judge, os.getpid())
    return judge


def _close(judge, owner):
    if owner == os.getpid() and judge.process.poll() is None:
        judge.close()


def grade(package: Package, data: bytes | None, backend, limits: Limits, reason: str = "") -> Graded:
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


def grade_rebuilt(package, notebook, notes, readable, backend, limits, began=None) -> Graded:
    """Grade a notebook that `intake.rebuild` made; as `grade` does otherwise."""
    began = time.monotonic() if began is None else began
    cells, notes = notebook["cells"], list(notes)
    released = {settings_of(c).get("grade_id"): c["source"] for c in package.released["cells"]}
    answers = {settings_of(c)["grade_id"]: c["source"] for c in cells if settings_of(c).get("solution")}
    blank = [name for name, source in answers.items() if source == released[name]]
    outputs: dict[int, list] = {}
    if readable:
        try:
            frame = protocol.pack(job_to_plain(cells, package, backend, limits))
        except protocol.ProtocolError as error:  # answers of several megabytes
            readable = False
            notes.append(f"scored 0: {error}")
        else:
            outputs, why = _judge().run(frame, LONGEST * (limits.total + limits.start) + 10)
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


def _unusual(cell):
    """Say which errors of a cell its owner should hear of at once: a crash, and an answer that is not Python."""
    for output in cell["outputs"]:
        if output["output_type"] == "error" and output["ename"] == "Crash":
            yield output["evalue"]
        elif output["output_type"] == "error" and output["ename"] in _UNPARSED and kind(cell) in ("answer", "own"):
            yield f"the cell does not parse: {output['evalue']}"


def _not_run(notes):
    reason = notes[-1] if notes else "not run"
    return {"output_type": "error", "ename": "NotGraded", "evalue": reason, "traceback": [reason]}


def score(cell: dict, blank: bool, readable: bool = True) -> float | None:
    """Return a graded cell's automatic score by nbgrader's rules; None where a person must mark it."""
    settings = settings_of(cell)
    if settings.get("task") or settings.get("solution") or cell["cell_type"] != "code":
        return 0.0 if blank or not readable else None
    for output in cell["outputs"]:
        if output["output_type"] == "error":
            return 0.0
        if output["output_type"] == "execute_result":
            return float(output["data"]["text/plain"])
    return float(settings["points"])
