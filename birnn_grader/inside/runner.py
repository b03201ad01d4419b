"""Run a student's cells inside the sandbox, and call the student's functions by name.

`main` is started with the limits as JSON; it reads requests from file descriptor 0 and answers on 1. Nothing that comes
from here is believed: the student's code shares this process and may send whatever it likes. This folder lies in the
sandbox under another name, so its modules find each other by their place.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import json
import linecache
import os
import resource
import sys
import traceback
import types
from typing import IO, Any

from . import language, protocol
from .capture import Capped

MAX_OUTPUT, MAX_ERROR = 20_000, 4_000


def limit_and_drop(settings: Any) -> None:
    """Set the limits, then leave root for good where this process still is root."""
    for name, value in settings["rlimits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    if settings.get("uid") and os.getuid() == 0:
        os.setgroups([])
        os.setresgid(settings["uid"], settings["uid"], settings["uid"])
        os.setresuid(settings["uid"], settings["uid"], settings["uid"])


def own_channel() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the two pipes for the protocol; what the student reads and prints is /dev/null."""
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    return os.fdopen(requests, "rb"), os.fdopen(replies, "wb")


class Student:
    """The namespace of a student's notebook."""

    def __init__(self) -> None:
        self.module = types.ModuleType("__main__")
        self.names = self.module.__dict__
        self.names.update(language.given(self.run, self.names))
        self.loop: Any = None
        self.found: dict[str, Any] = {}
        sys.modules["__main__"] = self.module

    def exec(self, label: str, source: str, names: list[str]) -> None:
        """Run one cell; say what the wanted names now are."""
        source, name = language.to_python(source), f"<{label}>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        if "IPython" in source:
            self.replace_shell()
        shown = self.names["In"], self.names["Out"]
        try:
            value = self.run(source, name)
            if isinstance(shown[0], list) and isinstance(shown[1], dict):  # unless the student's code has taken them
                shown[0].append(source)
                if value is not None:
                    shown[1][len(shown[0]) - 1] = self.names["_"] = value
        finally:
            found = {}
            for wanted in names:
                if wanted in self.names:
                    value = self.names[wanted]
                    found[wanted] = {"callable": True} if callable(value) else {"value": value}
            self.found = found
        return None

    def run(self, source: str, name: str = "<a line>") -> Any:
        """Run Python in the notebook, as Jupyter does: ``await`` at the top level, the last expression's value back."""
        tree = ast.parse(source, name)
        last = tree.body[-1] if tree.body else None
        if isinstance(last, ast.Expr):
            tree.body.pop()
        parts = [compile(tree, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)]
        if isinstance(last, ast.Expr):
            parts.append(compile(ast.Expression(last.value), name, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True))
        for code in parts:
            value = eval(code, self.names)
            if code.co_flags & inspect.CO_COROUTINE:
                import asyncio

                self.loop = self.loop or asyncio.new_event_loop()
                value = self.loop.run_until_complete(value)
        return value

    def replace_shell(self) -> None:
        """Let IPython's own `get_ipython`, which finds no shell here, give the harmless one."""
        with contextlib.suppress(ImportError):
            import IPython

            IPython.get_ipython = IPython.core.getipython.get_ipython = self.names["get_ipython"]

    def call(self, name: str, args: Any, kwargs: Any) -> Any:
        """Call one of the student's functions."""
        return self.names[name](*args, **kwargs)


def describe(error: BaseException) -> dict[str, Any]:
    """The student's own error in words: its type, its message, and the lines of the student's cells it went through."""
    try:
        kind, message = type(error).__name__, str(error)[:MAX_ERROR]
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<")]
        lines = "".join(traceback.format_list(frames[-8:]))
        if isinstance(error, SyntaxError):
            lines += "".join(traceback.format_exception_only(error)[:-1])
        at = [[frame.filename, frame.lineno] for frame in frames[-8:]]
        if isinstance(error, SyntaxError):
            at.append([error.filename, error.lineno])
        return {"type": str(kind), "message": message, "traceback": lines[:MAX_ERROR], "at": at}
    except BaseException:
        return {"type": "Exception", "message": "the error could not be described", "traceback": ""}


def answer(student: Student, request: dict[str, Any], output: Capped) -> bytes:
    """Do what one request asks; every way out but the process's end is an answer."""
    reply = {"id": request["id"]}
    student.found = {}
    try:
        value = getattr(student, request["do"])(*request["with"])
        reply["value"] = value
    except BaseException as error:
        reply["error"] = describe(error)
    found = {}
    for name, what in student.found.items():
        try:
            protocol.pack(what)
            found[name] = what
        except Exception:
            found[name] = {"callable": True}  # an object that cannot cross: calling it will say so
    reply["found"] = found
    try:
        reply["output"] = output.take()
        return protocol.pack(reply)
    except Exception as error:
        reply.pop("value", None)
        reply["error"] = {"type": "TypeError", "message": f"the result cannot be graded: {error}", "traceback": ""}
        return protocol.pack({**reply, "found": {}, "output": ""})


def main() -> None:
    """Serve requests until the pipe closes."""
    limit_and_drop(json.loads(sys.argv[1]))
    requests, replies = own_channel()
    output = Capped(MAX_OUTPUT)
    student, own = Student(), os.getpid()
    sys.argv = [""]
    while (request := protocol.receive(requests)) is not None:
        sys.stdout = sys.stderr = output
        reply = answer(student, request, output)
        if os.getpid() != own:  # a fork of the student's code has come back here as well
            os._exit(1)
        replies.write(reply)
        replies.flush()
    os._exit(0)
