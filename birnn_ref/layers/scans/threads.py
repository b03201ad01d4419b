"""How the directions of a layer run: in turn, or at once where their scans do not hold the interpreter's lock."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

Tasks = list[Callable[[], Any]]
WORTH_A_THREAD = 500_000
"""Multiplications of one gate's recurrent products; fewer take no longer than to wake another thread."""


@contextmanager
def directions(compiled: bool, work: int) -> Iterator[Callable[[Tasks], list[Any]]]:
    """Yield a function that runs one task for each direction and returns what they return.

    Compiled scans run at once, if there is ``work`` enough for two threads. BLAS has one thread meanwhile: each
    direction has a core of its own, and sums are added up in one order, however many cores there are.
    """
    if not compiled:
        yield in_turn
        return
    with _controller().limit(limits=1, user_api="blas"):
        yield at_once if work >= WORTH_A_THREAD else in_turn


def in_turn(tasks: Tasks) -> list[Any]:
    """Run one task after the other."""
    return [task() for task in tasks]


def at_once(tasks: Tasks) -> list[Any]:
    """Run the first task here and the others on threads of their own; in turn on a single core."""
    if len(tasks) == 1 or _cores() == 1:
        return in_turn(tasks)
    others = [_pool().submit(task) for task in tasks[1:]]
    try:
        first = tasks[0]()
    finally:
        wait(others)
    return [first, *(other.result() for other in others)]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="birnn")


@functools.cache
def _controller() -> Any:
    import scipy.linalg.cython_blas  # noqa: F401 -- the BLAS that Numba calls must be there to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


if hasattr(os, "register_at_fork"):  # a child has its parent's pool, but not its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
