"""The trusted process: it takes jobs and runs each in a fork of its own.

The fork has what tests import, ready, and nothing else: no gradebook, no other submission.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from birnn_grader.inside import protocol
from birnn_grader.judge import names
from birnn_grader.judge.cells import added, kind, label_of, most, settings_of
from birnn_grader.judge.job import from_plain
from birnn_grader.judge.notebook import Notebook, describe, error_output
from birnn_grader.judge.session import Session


def run(job: dict[str, Any], emit: Callable[[int, list[Any], float], None]) -> None:
    """Run every cell of a rebuilt notebook in order, and emit what each gave.

    Parameters
    ----------
    job : dict
        ``cells`` (of the rebuilt notebook), ``answers`` (the names that each defines), ``files`` (bytes by name),
        ``backend`` (a sandbox) and ``limits``.
    emit : callable
        Called with ``(index, outputs, seconds)`` after each code cell.
    """
    limits, cells = job["limits"], job["cells"]
    tests = [cell["source"] for cell in cells if kind(cell) == "test"]
    wanted = set().union(*(_loads(source) for source in tests))
    with tempfile.TemporaryDirectory(prefix="birnn-") as folder, contextlib.ExitStack() as stack:
        os.chmod(folder, 0o755)
        for name, data in job["files"].items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        os.chdir(folder)
        stack.callback(os.chdir, "/")
        session = Session(job["backend"], limits, folder if job["files"] else None)
        stack.callback(session.close)
        notebook = Notebook(session, limits)
        left = 4 * limits.own  # seconds for the cells that a student added
        for index, cell in enumerate(cells):
            what, source = kind(cell), cell["source"]
            label = settings_of(cell).get("grade_id") or f"cell {index}"
            began = time.monotonic()
            if what == "test":
                outputs = notebook.test(label, source, most(cell))
            elif what == "answer":
                outputs = notebook.student(label, source, job["answers"].get(label, []))
            elif what == "own":
                outputs, spent = _own(notebook, cell, min(left, limits.own) if added(cell) else None)
                left -= spent
            elif what == "setup":
                outputs = notebook.student(label, source, [], mine=False)
                notebook.setup(source, wanted)
            else:
                continue
            emit(index, outputs, time.monotonic() - began)


def _own(notebook: Notebook, cell: dict[str, Any], seconds: float | None) -> tuple[list[Any], float]:
    """Run a student's cell beside the answers; return its outputs, and what it used of the time for added cells."""
    label, limits, began = str(label_of(cell)), notebook.limits, notebook.clock.now()
    if seconds is None:
        return notebook.student(label, cell["source"], []), 0.0
    if seconds <= 0:
        why = f"added cells have {4 * limits.own:g} seconds together, which are used up"
        return [error_output("NotRun", why, "")], 0.0
    outputs = notebook.student(label, cell["source"], [], seconds=seconds)
    crashed = any(output.get("ename") == "Crash" for output in outputs)  # it costs a new process
    return outputs, max(notebook.clock.now() - began, limits.own if crashed else 0.0)


def _loads(source: str) -> set[str]:
    try:
        return {node.id for node in ast.walk(names.parse(source)) if isinstance(node, ast.Name)}
    except SyntaxError:
        return set()


def main() -> None:
    """Serve jobs, each in a fork of this process, which has imported what tests import and holds nothing else."""
    jobs, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)

    def send(message: Any) -> None:
        results.write(protocol.pack(message))
        results.flush()

    while (plain := protocol.receive(jobs)) is not None:
        job = from_plain(plain)
        for module in job["preload"]:
            with contextlib.suppress(Exception):
                importlib.import_module(module)
        child = os.fork()
        if child == 0:
            try:
                resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))
                run(job, lambda index, outputs, seconds: send({"cell": index, "outputs": outputs, "seconds": seconds}))
                send({"done": ""})
            except BaseException as error:
                send({"done": ": ".join(describe(error))})
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        send({"end": status})
    sys.exit(0)


if __name__ == "__main__":
    main()
