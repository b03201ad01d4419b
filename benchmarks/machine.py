"""What must be known about a measurement, and the two measures themselves, time and peak memory."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PAUSE, PASSES = 0.2, 5
ENOUGH, LONG = 0.05, 1.0
"""Seconds: a turn goes on for so many; a pass that takes longer is a turn by itself."""
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def describe_machine(threads: int) -> dict[str, Any]:
    """Return the threads, the processors, how busy they were at the start, the CUDA device, and the versions."""
    import torch

    packages = [name for name in ("numpy", "numba", "torch", "keras", "tensorflow", "onnxruntime") if find_spec(name)]
    return {
        "threads": threads,
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


class Contestants:
    """Contestants that are timed in turns, each in a process of its own; used with ``with``.

    A turn is a pause, a pass to warm up and at least five that count, or a single one if it is long. In one process,
    the threads of one contestant would still be waiting for work, on a processor of their own, while the next one is
    timed: PyTorch after OpenBLAS takes up to twice its time so.

    Parameters
    ----------
    names : iterable of str
    """

    def __init__(self, names: Iterable[str]) -> None:
        context = multiprocessing.get_context("spawn")
        self._connections: dict[str, Connection] = {}
        self._processes = []
        for name in names:
            self._connections[name], theirs = context.Pipe()
            process = context.Process(target=_compete, args=(theirs,), name=name, daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)

    def __enter__(self) -> Contestants:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._processes:
            process.terminate()
            process.join()

    def measure(self, makers: Mapping[str, Callable[[], Callable[[], Any]]], rounds: int) -> dict[str, Any]:
        """Time one task.

        Parameters
        ----------
        makers : mapping from the contestants' names to functions that can be pickled
            Each prepares the task and returns the pass, a function without arguments.
        rounds : int
            How many turns each contestant has.

        Returns
        -------
        dict
            ``times``: for each name in milliseconds the ``median``, the quartiles ``low`` and ``high``, and the
            ``best``. ``peak_memory``: by how many MiB its process grew during the first pass; None where Linux does
            not tell.

        Raises
        ------
        RuntimeError
            If a contestant fails; it has printed why.
        """
        memory = {name: self._ask(name, maker) for name, maker in makers.items()}
        times: dict[str, list[float]] = {name: [] for name in makers}
        for _ in range(rounds):
            for name, own in times.items():
                own += self._ask(name, None)
        found = {}
        for name, own in times.items():
            low, median, high = statistics.quantiles(own, n=4, method="inclusive") if len(own) > 1 else own * 3
            found[name] = {"median": median, "low": low, "high": high, "best": min(own)}
        return {"times": found, "peak_memory": memory}

    def _ask(self, name: str, maker: Callable[[], Callable[[], Any]] | None) -> Any:
        try:
            self._connections[name].send(maker)
            return self._connections[name].recv()
        except (EOFError, OSError):
            raise RuntimeError(f"{name} failed: what it printed stands above") from None


def _compete(connection: Connection) -> None:
    """Prepare the task that is sent and answer with its memory; take a turn and answer with its times for None."""
    one_pass: Callable[[], Any] | None = None
    while True:
        try:
            maker = connection.recv()
        except EOFError:
            return
        if maker is not None:
            one_pass = None
            _give_memory_back()  # so that what the last task left is not used again uncounted
            one_pass = maker()
            connection.send(peak_memory(one_pass))
            continue
        time.sleep(PAUSE)
        connection.send(_turn(one_pass))


def _turn(one_pass: Callable[[], Any]) -> list[float]:
    """Return the milliseconds of the passes that count; the first warms up, unless it is long."""
    times: list[float] = []
    began = time.perf_counter()
    while len(times) <= PASSES or time.perf_counter() - began < ENOUGH:
        start = time.perf_counter()
        one_pass()
        times.append((time.perf_counter() - start) * 1e3)
        if times[0] > LONG * 1e3:
            return times
    return times[1:]


def peak_memory(run: Callable[[], Any]) -> float | None:
    """Run once and return by how many MiB the process grew meanwhile, at most; None if Linux does not say."""
    try:
        CLEAR.write_text("5")  # forget the highest size so far
        before = _mebibytes("VmRSS")
        run()
        return max(_mebibytes("VmHWM") - before, 0.0)
    except OSError:
        return None


def _give_memory_back() -> None:
    """Have the C library return what is free, where it can."""
    gc.collect()
    if hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def _mebibytes(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text())
    return int(found[1]) / 1024 if found else 0.0
