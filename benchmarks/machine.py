"""What a measurement needs said beside it, and the two measures themselves: time in turns, and peak memory."""

from __future__ import annotations

import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def describe_machine(threads: int) -> dict[str, Any]:
    """Return the threads, the processors, how busy they were at the start, the CUDA device, and the versions."""
    import torch

    packages = ("numpy", "torch", "keras", "tensorflow")
    return {
        "threads": threads,
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def time_in_turns(contestants: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, dict[str, float]]:
    """Time each contestant once a round, after a round to warm up.

    Parameters
    ----------
    contestants : mapping from names to functions without arguments
    rounds : int

    Returns
    -------
    dict
        For each name in milliseconds the ``median``, the quartiles ``low`` and ``high``, and the ``best``.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, contestant in contestants.items():
            start = time.perf_counter()
            contestant()
            times[name].append((time.perf_counter() - start) * 1e3)
    found = {}
    for name, all_times in times.items():
        low, median, high = statistics.quantiles(all_times[1:], n=4)
        found[name] = {"median": median, "low": low, "high": high, "best": min(all_times[1:])}
    return found


def peak_memory(run: Callable[[], Any]) -> float | None:
    """Run once and return by how many MiB the process grew meanwhile, at most; None where Linux does not tell."""
    try:
        CLEAR.write_text("5")  # forget the highest size so far
        before = _mebibytes("VmRSS")
        run()
        return max(_mebibytes("VmHWM") - before, 0.0)
    except OSError:
        return None


def _mebibytes(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text())
    return int(found[1]) / 1024 if found else 0.0
