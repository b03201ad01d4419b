"""One command at a time writes into a course: a second one is told who is at work, and ends."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from birnn_grader.results import STATE


class Busy(Exception):
    """Another command is writing into this course."""


@contextlib.contextmanager
def alone(root: str | os.PathLike[str], doing: str) -> Iterator[None]:
    """Hold a course while a command writes into it; the system lets go of it however the command ends.

    Raises
    ------
    Busy
        If another command holds it: what it does, who started it and when.
    """
    path = Path(root, STATE, "lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            who = stream.read().strip() or "another command"
            raise Busy(f"{who} is at work in this course: wait until it has ended, nothing was changed") from None
        stream.truncate(0)
        with contextlib.suppress(OSError):  # a full disk keeps no one from working alone
            stream.write(f"`birnn-grade {doing}` of {_user()} on {socket.gethostname()}, since {datetime.now():%H:%M}")
            stream.flush()
        yield


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return f"user {os.getuid()}"
