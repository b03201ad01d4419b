"""The trusted process as its owner sees it: started once per thread, given jobs, ended with its owner."""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from birnn_grader.inside import protocol
from birnn_grader.judge.sandbox import ENVIRONMENT

_local = threading.local()


class JudgeDied(RuntimeError):
    """The trusted process was killed from outside; the submission can be graded again."""


class Judge:
    """The trusted process as its owner sees it: jobs in, outputs cell by cell out."""

    def __init__(self) -> None:
        same = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MPLBACKEND", "BIRNN_COMPILED")  # as in the sandbox
        command = [sys.executable, "-P", "-m", "birnn_grader.judge.process"]
        pipe = subprocess.PIPE
        environment = {**os.environ, **{name: ENVIRONMENT[name] for name in same}}
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, env=environment, cwd="/", start_new_session=True
        )
        assert self.process.stdin
        assert self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def close(self) -> None:
        """End it and everything below it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.stdin.close()
        self.stdout.close()

    def run(self, job: bytes, seconds: float) -> tuple[dict[int, list[Any]], str]:
        """Run a packed job; return the outputs by cell, and why it ended early, if it did.

        Raises
        ------
        JudgeDied
            If the process, or its fork for this job, was killed: no fault of the submission's.
        """
        self.stdin.write(job)
        self.stdin.flush()
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

    def _receive(self, deadline: float) -> Any:
        reader = protocol.Reader()
        with selectors.DefaultSelector() as selector:
            selector.register(self.stdout, selectors.EVENT_READ)
            while missing := reader.missing():
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    return None
                chunk = os.read(self.stdout.fileno(), missing)
                if not chunk:
                    return None
                reader.take(chunk)
        return reader.value()


def of_this_thread() -> Judge:
    """Return this thread's judge, a new one where there is none or it has ended."""
    judge = getattr(_local, "judge", None)
    if judge is None or judge.process.poll() is not None or _local.owner != os.getpid():
        judge = _local.judge = Judge()
        _local.owner = os.getpid()
        atexit.register(_close, judge, os.getpid())
    return judge


def _close(judge: Judge, owner: int) -> None:
    if owner == os.getpid() and judge.process.poll() is None:
        judge.close()
