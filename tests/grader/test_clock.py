"""The clock that deadlines are measured by: it counts work and sleep, and not the wait for a busy processor."""

import multiprocessing
import os
import time

import pytest

from birnn_grader.clock import LONGEST, Clock, waited


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
    yield [process.pid for process in processes]
    for process in processes:
        process.kill()
        process.join()


@pytest.mark.skipif(waited() == 0 and not os.path.exists("/proc/self/schedstat"), reason="this system counts no waits")
def test_a_crowded_processor_stops_the_clock_but_not_for_ever(crowd):
    clock = Clock()
    clock.follow(crowd[0])
    began, before = time.monotonic(), waited(crowd[0])
    time.sleep(1)
    found, wall = clock.now(), time.monotonic() - began
    assert waited(crowd[0]) - before > 0.5
    assert wall / LONGEST <= found < 0.7 * wall


def test_sleep_counts():
    sleeper = multiprocessing.get_context("fork").Process(target=time.sleep, args=(10,), daemon=True)
    sleeper.start()
    clock = Clock()
    clock.follow(sleeper.pid)
    time.sleep(0.5)
    assert clock.now() > 0.3
    assert clock.theirs < 0.2
    sleeper.kill()
    sleeper.join()


def test_the_end_of_the_followed_process_gives_no_time_back(crowd):
    clock = Clock()
    clock.follow(crowd[0])
    time.sleep(0.3)
    before, counted = clock.now(), clock.theirs
    os.kill(crowd[0], 9)
    time.sleep(0.1)
    assert clock.now() >= before
    assert clock.theirs >= counted
    clock.follow(crowd[1])
    assert clock.theirs >= counted
    clock.now()
    assert counted <= clock.theirs < counted + 0.5
