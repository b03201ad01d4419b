"""The clock that deadlines are measured by: it counts work and sleep, and not the wait for a busy processor.

Time passes between two readings, and on a busy machine any amount of it: each bound is taken on its own safe side.
"""

import multiprocessing
import os
import time

import pytest
from needs import need

from birnn_grader.judge.clock import LONGEST, Clock, waited


def _busy():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    while True:
        pass


@pytest.fixture
def crowd():
    """Four processes that share one processor."""
    processes = [multiprocessing.get_context("fork").Process(target=_busy, daemon=True) for _ in range(4)]
    for process in processes:
        process.start()
    yield processes
    for process in processes:
        process.kill()
        process.join()


def _until_waited(pid, seconds):
    """Return once a process has waited for so long, however long that takes."""
    until = waited(pid) + seconds
    while waited(pid) < until:
        time.sleep(0.05)


@pytest.fixture
def counts_waits():
    need("schedstat", os.path.exists("/proc/self/schedstat"), "this system counts no waits")


@pytest.mark.usefixtures("counts_waits")
def test_a_crowded_processor_stops_the_clock_but_not_for_ever(crowd):
    first = crowd[0]
    earliest = time.monotonic()
    clock = Clock()
    latest = time.monotonic()
    clock.follow(first.pid)
    before = waited(first.pid)
    _until_waited(first.pid, 0.5)
    least, counted = time.monotonic() - latest, waited(first.pid) - before
    found = clock.now()
    most = time.monotonic() - earliest
    assert least / LONGEST <= found <= max(most - counted, most / LONGEST)


def test_sleep_counts():
    sleeper = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,), daemon=True)
    sleeper.start()
    own = waited()
    clock = Clock()
    clock.follow(sleeper.pid)
    time.sleep(0.5)
    found = clock.now()
    assert found >= 0.5 - (waited() - own) - waited(sleeper.pid)
    sleeper.kill()
    sleeper.join()


@pytest.mark.usefixtures("counts_waits")
def test_the_end_of_the_followed_process_gives_no_time_back(crowd):
    first, second = crowd[:2]
    clock = Clock()
    clock.follow(first.pid)
    _until_waited(first.pid, 0.3)
    before, counted = clock.now(), clock.theirs
    assert counted >= 0.3
    first.kill()
    first.join()
    assert clock.now() >= before
    _until_waited(second.pid, 0.3)  # waits of before it is followed are not the clock's
    assert clock.theirs >= counted
    lasting, unfollowed = clock.theirs, waited(second.pid)
    clock.follow(second.pid)
    assert clock.theirs == lasting
    clock.now()
    assert lasting <= clock.theirs <= lasting + waited(second.pid) - unfollowed + 1e-6  # what rounding adds
