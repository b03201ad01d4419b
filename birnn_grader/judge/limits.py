"""How much a submission may use. Every limit is a plain number, so that a job carries its limits with it."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Parameters
    ----------
    cell : float
        Seconds for one cell, a test with all its calls included. Seconds are those of `clock.Clock`, on which a busy
        machine does not count.
    total : float
        Seconds for the whole submission; tests that come later fail.
    start : float
        Seconds for a sandbox to start.
    own : float
        Seconds for one cell that a student added, and four times as many for all of them.
    data : int
        Bytes of memory a process may allocate (``RLIMIT_DATA``); 1.5 GB lets PyTorch and TensorFlow import.
    memory : int
        Bytes that all processes of a sandbox may hold together; looked at every tenth of a second.
    file : int
        Bytes of one file, and of each of the two writable folders.
    processes, files : int
        Processes and threads, and open files.
    children : int
        Processes of a sandbox, bubblewrap's own two or three included; looked at every tenth of a second, so that a
        fork bomb ends before it starves its neighbours.
    notebook, source, added : int
        Bytes of a submitted notebook; characters of one answer, and of all cells that a student added; how many of
        these there may be.

    Examples
    --------
    >>> Limits(cell=5).rlimits()["RLIMIT_CORE"]
    0
    """

    cell: float = 30.0
    total: float = 120.0
    start: float = 30.0
    own: float = 5.0
    data: int = 1_500_000_000
    memory: int = 2_000_000_000
    file: int = 50_000_000
    processes: int = 64
    children: int = 16
    files: int = 256
    notebook: int = 10_000_000
    source: int = 200_000
    added: int = 50

    def rlimits(self) -> dict[str, int]:
        """Return the limits that the kernel holds for each process, by their name in `resource`."""
        return {
            "RLIMIT_DATA": self.data,
            "RLIMIT_FSIZE": self.file,
            "RLIMIT_NOFILE": self.files,
            "RLIMIT_NPROC": self.processes,
            "RLIMIT_CORE": 0,
            "RLIMIT_CPU": int(self.total) + 5,
        }
