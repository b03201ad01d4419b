"""What judges a submission: it runs the tests, and calls the student's functions where they are, in the sandbox.

A test finds a proxy under each name that an answer defines. Arguments go out as copies, results come back as plain
data, and errors come back as text: no object of the student's is ever here.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import math
import numbers
import signal
from collections.abc import Callable, Iterator
from typing import Any

from birnn_grader.inside import language, protocol
from birnn_grader.inside.capture import Capped
from birnn_grader.judge import calls, names
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.session import Crash, Session

MAX_PRINTED, MAX_MESSAGE = 20_000, 4_000
_UNFIT = (StopIteration, StopAsyncIteration, Warning)  # they would steer the test instead of failing it


class StudentError(Exception):
    """An error in the student's code whose type is not one of Python's own."""


class Failed(Exception):
    """What ends a test that a crash has already decided; no ``except`` of the test's makes it pass."""


def raised(error: Any) -> Exception:
    """Return a student's error as an ordinary exception of the same built-in type."""
    error = error if isinstance(error, dict) else {}
    name, message = str(error.get("type"))[:100], str(error.get("message"))[:MAX_MESSAGE]
    kind_ = getattr(builtins, name, None)
    if isinstance(kind_, type) and issubclass(kind_, Exception) and not issubclass(kind_, _UNFIT):
        with contextlib.suppress(TypeError):  # a UnicodeError wants more than a message
            return kind_(message)
    return StudentError(f"{name}: {message}")


class Notebook:
    """One submission's run: the student's session, the tests' namespace, and what each cell gave."""

    def __init__(self, session: Session, limits: Limits) -> None:
        self.session, self.limits, self.clock = session, limits, session.clock
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
        self.names |= language.given(lambda line: None, self.names)
        self.crash: str | None = None
        self.printed: list[str] = []
        self.error: dict[str, Any] | None = None
        self.sources: dict[str, str] = {}  # of the student's cells, by label
        self.calls: dict[str, int] = {}  # of this test, by function
        self.last = ""  # this test's last call that failed, in words that hold nothing of the student's making
        self.until = 0.0

    def proxy(self, name: str) -> Callable[..., Any]:
        """Return the function that calls the student's ``name`` in the sandbox."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if self.crash:
                raise Failed(self.crash)
            self.calls[name] = self.calls.get(name, 0) + 1
            self.last = f"call {self.calls[name]} of {name} with {calls.shapes(args, kwargs)}"
            try:
                reply = self.session.call(name, args, kwargs, max(self.until - self.clock.now(), 0.01))
            except Crash as crash:
                self.crash = f"{name}: {crash}"
                raise Failed(self.crash) from None
            except protocol.ProtocolError as error:
                raise TypeError(f"{name} was called with what cannot cross: {error}") from None
            self._keep(reply.get("output"))
            self.error = None
            if "error" in reply:
                self.error = reply["error"] if isinstance(reply["error"], dict) else {}
                self.last += calls.line(self.error.get("at"), self.sources)
                raise raised(reply["error"])
            return reply.get("value")

        call.__name__ = call.__qualname__ = name
        return call

    def _keep(self, text: Any) -> None:
        if isinstance(text, str) and sum(map(len, self.printed)) < MAX_PRINTED:
            self.printed.append(text.encode("utf-8", "replace").decode()[:MAX_PRINTED])

    def _taken(self) -> list[dict[str, Any]]:
        text, self.printed = "".join(self.printed), []
        return [{"output_type": "stream", "name": "stdout", "text": text}] if text else []

    def student(
        self, label: str, source: str, wanted: list[str], mine: bool = True, seconds: float | None = None
    ) -> list[dict[str, Any]]:
        """Run a cell in the sandbox; where it is the student's (``mine``), take the names over as proxies and data."""
        self.sources[label] = source
        try:
            reply = self.session.exec(label, source, wanted, seconds)
        except Crash as crash:
            self._define(wanted, {})
            return [error_output("Crash", str(crash), "")]
        if mine:
            self._define(wanted, reply.get("found"))
            self._keep(reply.get("output"))
        error = reply.get("error")
        return self._taken() + ([_student_error(error)] if error is not None else [])

    def _define(self, wanted: list[str], found: Any) -> None:
        found = found if isinstance(found, dict) else {}
        for name in wanted:
            self.names.pop(name, None)
            what = found.get(name)
            if isinstance(what, dict) and "value" in what:
                self.names[name] = what["value"]
            elif isinstance(what, dict):
                self.names[name] = self.proxy(name)

    def setup(self, source: str, wanted: set[str]) -> None:
        """Run an instructor's cell here too; its errors are for the tests to show."""
        self.until = self.clock.now() + self.limits.cell
        with contextlib.suppress(Exception), self._guarded():
            exec(compile(names.without_unused_imports(source, wanted), "<setup>", "exec"), self.names)
        self.crash, self.error, self.printed = None, None, []

    def test(self, label: str, source: str, points: float) -> list[dict[str, Any]]:
        """Run a test; return its outputs, from which nbgrader reads the score as it always does."""
        self.crash, self.error, self.printed, self.calls, self.last = None, None, [], {}, ""
        with contextlib.suppress(Crash):
            self.session.ready()  # a new process after a crash: its start is not this test's time
        self.until = self.clock.now() + self.limits.cell
        failure, value = None, None
        try:
            with self._guarded():
                tree = names.parse(source)
                last = tree.body[-1] if tree.body else None
                if isinstance(last, ast.Expr):
                    tree.body.pop()
                exec(compile(tree, f"<{label}>", "exec"), self.names)
                if isinstance(last, ast.Expr):
                    value = eval(compile(ast.Expression(last.value), f"<{label}>", "eval"), self.names)
        except BaseException as error:
            failure = describe(error)
        if self.crash:
            failure = ("Crash", self.crash)
        outputs = self._taken()
        if failure is not None:
            theirs = self.error if not self.crash else None
            shown = error_output(*failure, theirs.get("traceback", "") if theirs is not None else "")
            call = self.last if theirs is not None or self.crash else ""
            return [*outputs, {**shown, "theirs": theirs is not None, "call": call}]
        if isinstance(value, numbers.Real) and not isinstance(value, bool) and not source.rstrip().endswith(";"):
            score = float(value)
            if not (math.isfinite(score) and 0 <= score <= points):
                why = f"the test's score is {score}, not from 0 to {points}"
                return [*outputs, error_output("ValueError", why, "")]
            data = {"text/plain": str(score)}
            outputs.append({"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data})
        return outputs

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Bound a trusted cell's time, and keep what it prints out of the way; warnings cost nothing."""
        mine = Capped(MAX_PRINTED)

        def late(signal_: int, frame: Any) -> None:
            if self.clock.now() < self.until:
                return  # the machine was busy: look again at the next signal
            self.crash = self.crash or "the test took too long"
            raise Failed(self.crash)

        signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, max(self.until - self.clock.now(), 0.01) + 0.5, 0.5)
        try:
            with contextlib.redirect_stdout(mine), contextlib.redirect_stderr(Capped(0)):
                yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._keep(mine.take())


def describe(error: BaseException) -> tuple[str, str]:
    """Return an error's type and message, whatever its ``__str__`` does."""
    try:
        return type(error).__name__, str(error)[:MAX_MESSAGE]
    except Exception:
        return "Exception", "an error that cannot be described"


def error_output(name: str, message: Any, trace: Any) -> dict[str, Any]:
    """Return an error as an output of a notebook."""
    message = str(message).encode("utf-8", "replace").decode()
    trace = str(trace)[:MAX_MESSAGE].encode("utf-8", "replace").decode()
    lines = [*([trace.rstrip()] if trace.strip() else []), f"{name}: {message}" if message else name]
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": lines}


def _student_error(error: Any) -> dict[str, Any]:
    error = error if isinstance(error, dict) else {}
    name, message = str(error.get("type"))[:100], str(error.get("message"))[:MAX_MESSAGE]
    return error_output(name, message, error.get("traceback", ""))
