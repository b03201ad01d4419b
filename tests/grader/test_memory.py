"""The grader's own memory stays small whatever students print, return or hand in."""

import contextlib
import json
import os
import threading
import time

import pytest
from attacks import ATTACKS
from course import make_course, open_course

from birnn_grader import engine
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Bubblewrap
from birnn_grader.judge.session import descendants
from birnn_grader.nbgrader.course import load_package

NAMES = [
    "print_flood",
    "print_flood_when_called",
    "raw_output_flood",
    "huge_result",
    "error_of_ten_megabytes",
    "many_values",
]


def _peak(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as stream:
        lines = dict(line.split(":", 1) for line in stream.read().splitlines() if ":" in line)
        with open(f"/proc/{pid}/cmdline") as words:
            if "birnn_grader.judge.process" in words.read():
                return int(lines["VmHWM"].split()[0]) / 1024
    return 0.0


@pytest.mark.slow
def test_the_judging_process_stays_below_200_megabytes(bwrap, tmp_path):
    course = make_course(tmp_path / "course")
    package = load_package(open_course(course), "ps1", "ps1")
    peaks, done = [0.0], threading.Event()

    def watch():
        while not done.wait(0.02):
            peaks.extend(_peak(pid) for pid in descendants(os.getpid()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for attack in (a for a in ATTACKS if a.name in NAMES):
            folder = tmp_path / attack.name
            folder.mkdir()
            attack.make(folder, {"COURSE": course})
            data = (folder / "ps1.ipynb").read_bytes()
            graded = engine.grade(package, data, Bubblewrap(), Limits(cell=2, total=15))
            assert len(json.dumps(graded.as_plain())) < 2_000_000
    finally:
        time.sleep(0.05)
        done.set()
        watcher.join()
    assert 20 < max(peaks) < 200, f"{max(peaks):.0f} MB"
