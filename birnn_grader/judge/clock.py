"""A clock that stands still while a process waits for a processor, so that a busy machine costs no marks."""

from __future__ import annotations

import contextlib
import time

LONGEST = 3.0  # how long a second of this clock can last


def waited(pid: int | str = "self") -> float:
    """Return the seconds for which a process could have run and no processor was free (Linux; elsewhere 0)."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/schedstat") as stream:
        return int(stream.read().split()[1]) / 1e9
    return 0.0


class Clock:
    """Seconds since the start, less those for which this process, or the one it follows, waited for a processor.

    While a student's process computes ours sleeps, so that their waits add up. A student who makes its own processes
    wait for each other gains little: at least a third of the time on the wall counts.

    Examples
    --------
    >>> clock = Clock()
    >>> 0 <= clock.now() <= clock.now()
    True
    """

    def __init__(self) -> None:
        self.began, self.before = time.monotonic(), waited()
        self.followed: int | None = None
        self.theirs = self.theirs_before = self.latest = 0.0

    def follow(self, pid: int) -> None:
        """Count the waits of this process from now on; what the last one has waited stays counted."""
        self.followed, self.theirs_before = pid, waited(pid) - self.theirs

    def now(self) -> float:
        """Return the seconds that count; they never run backwards."""
        wall = time.monotonic() - self.began
        if self.followed:
            self.theirs = max(self.theirs, waited(self.followed) - self.theirs_before)
        self.latest = max(self.latest, wall - (waited() - self.before) - self.theirs, wall / LONGEST)
        return self.latest
