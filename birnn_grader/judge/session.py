"""The trusted side of one student's process: requests with a deadline, and a fresh process after each crash."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from typing import Any

from birnn_grader.inside import protocol
from birnn_grader.judge.clock import Clock
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Sandbox


class Crash(Exception):
    """The student's process hung, ended, grew too large or sent nonsense."""


class TooMany(Crash):
    """It started more processes than its sandbox may hold."""


def descendants(pid: int) -> list[int]:
    """Return the processes below ``pid``, itself included (Linux)."""
    found = [pid]
    for parent in found:  # grows while it is walked
        with contextlib.suppress(OSError, ValueError):
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children") as stream:
                    found += map(int, stream.read().split())
        if len(found) > 5_000:
            break
    return found


def memory(pids: list[int]) -> int:
    """Return the bytes that processes hold in memory."""
    total = 0
    for each in pids:
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{each}/statm") as stream:
            resident, shared = map(int, stream.read().split()[1:3])
            total += max(resident - shared, 0) * os.sysconf("SC_PAGE_SIZE")
    return total


class Process:
    """One sandboxed `runner`: frames go in, frames come out, nothing else."""

    def __init__(self, command: list[str], limits: Limits, clock: Clock) -> None:
        self.limits, self.clock, self.requests = limits, clock, 0
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env={"PATH": os.defpath})
        self.command = command
        assert self.process.stdin
        assert self.process.stdout
        assert self.process.stderr
        self.stdin, self.stdout, self.stderr = self.process.stdin, self.process.stdout, self.process.stderr
        for stream in (self.stdin, self.stdout, self.stderr):
            os.set_blocking(stream.fileno(), False)

    def request(self, do: str, arguments: list[Any], seconds: float) -> dict[str, Any]:
        """Send one request and return the answer, checked only in its form."""
        self.requests += 1
        frame = protocol.pack({"id": self.requests, "do": do, "with": arguments})
        try:
            reply = self._exchange(memoryview(frame), self.clock.now() + seconds)
        except protocol.ProtocolError as error:
            raise Crash(f"its process sent something that is not an answer: {error}") from None
        if not isinstance(reply, dict) or reply.get("id") != self.requests:
            raise Crash("its process sent something that is not an answer")
        return reply

    def _exchange(self, outgoing: memoryview, deadline: float) -> Any:
        """Write the request and read one frame, whichever is possible, until the deadline."""
        reader = protocol.Reader()
        with selectors.DefaultSelector() as selector:
            selector.register(self.stdin, selectors.EVENT_WRITE)
            selector.register(self.stdout, selectors.EVENT_READ)
            watched = time.monotonic()
            while missing := reader.missing():
                if (left := deadline - self.clock.now()) < 0:
                    raise Crash("it took too long")
                if time.monotonic() - watched > 0.1:
                    watched = time.monotonic()
                    below = descendants(self.process.pid)
                    if len(below) > self.limits.children:
                        raise TooMany("it started too many processes")
                    if memory(below) > self.limits.memory:
                        raise Crash("it used too much memory")
                for key, _ in selector.select(min(0.1, left)):
                    if key.fileobj is self.stdin:
                        with contextlib.suppress(BlockingIOError):
                            try:
                                outgoing = outgoing[os.write(key.fd, outgoing) :]
                            except BrokenPipeError:
                                outgoing = outgoing[:0]  # the reading side tells how it ended
                        if not outgoing:
                            selector.unregister(self.stdin)
                    else:
                        chunk = os.read(key.fd, min(missing, 1 << 20))
                        if not chunk:
                            raise Crash(self._ending())
                        reader.take(chunk)
                        missing = reader.missing()
        return reader.value()

    def _ending(self) -> str:
        try:
            code = self.process.wait(2)
        except subprocess.TimeoutExpired:
            return "its process closed the connection"
        code = 128 - code if code < 0 else code
        return (
            "its process was ended by signal " + str(code - 128) if code > 128 else f"its process ended (exit {code})"
        )

    def complaint(self) -> str:
        """Return what the sandbox itself said on its error stream, before the runner took over."""
        with contextlib.suppress(BlockingIOError, OSError):
            return os.read(self.stderr.fileno(), 2_000).decode(errors="replace").strip()
        return ""

    def close(self) -> None:
        """End the process and, with its namespace, everything that it started."""
        self.process.kill()
        self.process.wait()
        for stream in (self.stdin, self.stdout, self.stderr):
            with contextlib.suppress(OSError):
                stream.close()


class Session:
    """A student's notebook, run cell by cell; a crash costs the cell or the call that caused it and no other.

    After a crash the cells that ran before it are run again in a new process, but for those that crashed themselves.

    Parameters
    ----------
    backend
        A sandbox, with the methods ``command`` and ``end``.
    limits : Limits
    files : str, optional
        A folder whose content the student's code finds.
    """

    def __init__(self, backend: Sandbox, limits: Limits, files: str | None = None) -> None:
        self.backend, self.limits, self.files, self.clock = backend, limits, files, Clock()
        self.process: Process | None = None
        self.cells: list[tuple[str, str, list[str]]] = []
        self.restarts = 0

    def _seconds(self, seconds: float) -> float:
        left = self.limits.total - self.clock.now()
        if left <= 0:
            raise Crash("the submission's time was used up")
        return min(seconds, left)

    def _ask(self, do: str, arguments: list[Any], seconds: float) -> dict[str, Any]:
        try:
            assert self.process is not None
            return self.process.request(do, arguments, self._seconds(seconds))
        except BaseException:  # a request that is given up leaves a process that may still be computing
            self.close()
            raise

    def ready(self) -> None:
        """Start a process, if none runs, and bring it to where the last one was."""
        if self.process is not None:
            return
        self._seconds(1)
        if self.restarts > 20:
            raise Crash("it crashed too often")
        self.restarts += 1
        self.process = Process(self.backend.command(self.limits, self.files), self.limits, self.clock)
        try:
            self.process.request("exec", ["start", "", []], self.limits.start)
        except Crash as crash:
            complaint = self.process.complaint()
            self.close()
            raise RuntimeError(f"the sandbox did not start: {crash} {complaint}") from None
        except BaseException:  # a test's alarm: what is half started is no process to ask
            self.close()
            raise
        self.clock.follow(descendants(self.process.process.pid)[-1])  # the runner, as long as nothing of theirs has run
        for cell in list(self.cells):
            try:
                self._ask("exec", list(cell), self.limits.cell)
            except Crash:
                self.cells.remove(cell)
                return self.ready()
        return None

    def exec(self, label: str, source: str, names: list[str], seconds: float | None = None) -> dict[str, Any]:
        """Run a cell; return its output, its error if any, and what ``names`` are now; in ``seconds``, if given."""
        self.ready()
        reply = self._ask("exec", [label, source, names], self.limits.cell if seconds is None else seconds)
        self.cells.append((label, source, names))
        return reply

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Call a student's function by name."""
        self.ready()
        return self._ask("call", [name, list(args), kwargs], seconds)

    def close(self) -> None:
        """End the process, if one runs; a test's alarm waits until that is done, or its container would live on."""
        process, self.process = self.process, None
        if process is None:
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        try:
            process.close()
            self.backend.end(process.command)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
