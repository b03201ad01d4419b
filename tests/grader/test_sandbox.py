"""The sandbox: its self-test sees it hold, sees it fail, and nothing is graded without it."""

import dataclasses
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support import ROOT

from birnn_grader.judge import selftest
from birnn_grader.judge.client import Judge
from birnn_grader.judge.clock import LONGEST
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import UNSAFELY, Bubblewrap, Container, Nothing, SandboxError, choose
from birnn_grader.judge.session import Crash, Session, memory

LIMITS = Limits(cell=5, data=400_000_000, file=20_000_000)


def test_every_claim_holds(bwrap, tmp_path):
    held = selftest.check(Bubblewrap(), LIMITS, [str(tmp_path)])
    assert set(held) == {*selftest.CLAIMS, "no_survivor"}
    assert all(held.values()), held


@dataclasses.dataclass(frozen=True)
class Weakened(Bubblewrap):
    """Bubblewrap with some words of its command taken out or put in."""

    without: tuple = ()
    extra: tuple = ()
    unlimited: bool = False

    def command(self, limits, files=None):
        if self.unlimited:
            limits = dataclasses.replace(limits, data=10**12, file=10**9, processes=10_000)
        words = [word for word in super().command(limits, files) if word not in self.without]
        at = words.index("--remount-ro")
        return [*words[:at], *self.extra, *words[at:]]


def test_an_environment_may_lie_in_the_course_and_nothing_else_of_it_is_seen(bwrap):
    """As `make` and the README have it: Python's folder is there, and with it the way to it."""
    solutions = str(ROOT / "solutions")
    assert selftest.check(Bubblewrap(), LIMITS, [str(ROOT)])["no_host_files"]
    assert not selftest.check(Weakened(extra=("--ro-bind", solutions, solutions)), LIMITS, [str(ROOT)])["no_host_files"]


@pytest.mark.parametrize(
    ("weakened", "failing"),
    [
        (Weakened(without=("--unshare-net",)), {"no_network"}),
        (Weakened(extra=("--bind", "/tmp", "/tmp")), {"no_host_files"}),
        (Weakened(extra=("--setenv", "LEAKED", "@TOKEN@")), {"no_environment"}),
        (Weakened(without=("--unshare-pid",), extra=()), {"own_processes_only"}),
        (Weakened(unlimited=True), {"memory_limit", "file_limit"}),
        (Weakened(extra=("--setenv", "HARMLESS", "yes")), set()),
    ],
    ids=["network", "files", "environment", "processes", "limits", "harmless"],
)
def test_a_weakened_sandbox_is_seen(bwrap, weakened, failing, monkeypatch):
    if weakened.extra[-1:] == ("@TOKEN@",):  # the token is made afresh for each check: make it known
        monkeypatch.setattr(selftest.secrets, "token_hex", lambda size: "feed")
        weakened = dataclasses.replace(weakened, extra=("--setenv", "LEAKED", "BIRNN-feed"))
    held = selftest.check(weakened, LIMITS)
    found = {claim for claim, holds in held.items() if not holds}
    assert failing <= found
    assert bool(failing) == bool(found)


def _sleeper(marker, seconds):
    return subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})", marker])


def test_a_sandbox_that_is_just_ending_leaves_nothing_and_one_that_lasts_is_seen():
    """On a busy machine its processes stay in the list for a while."""
    names = [f"{name}-{secrets.token_hex(8)}" for name in ("ends", "lasts")]
    ending, lasting = _sleeper(names[0], 0.5), _sleeper(names[1], 600)
    try:
        threading.Thread(target=ending.wait).start()
        assert len(selftest.running(names[1])) == 1
        assert selftest.ends(names[0], 120)
        assert not selftest.ends(names[1], 0.2)
    finally:
        lasting.kill()
        lasting.wait()


def test_both_sides_of_a_test_compute_with_numpy_alone(session, monkeypatch):
    monkeypatch.setenv("BIRNN_COMPILED", "1")
    found = session.exec("a", "import os\ncompiled = os.environ.get('BIRNN_COMPILED')", ["compiled"])["found"]
    assert found == {"compiled": {"value": "0"}}
    assert "BIRNN_COMPILED=0" in Container("podman").command(LIMITS)
    judge = Judge()
    try:
        environment = Path(f"/proc/{judge.process.pid}/environ")
        deadline = time.monotonic() + 60
        while b"BIRNN_COMPILED=0\0" not in environment.read_bytes() and time.monotonic() < deadline:
            time.sleep(0.01)  # until the new process has taken the place of the old one's copy
        given = environment.read_bytes().split(b"\0")
        assert [value for value in given if value.startswith(b"BIRNN_COMPILED")] == [b"BIRNN_COMPILED=0"]
    finally:
        judge.close()


def test_what_a_setup_cell_imports_is_found(session):
    """Whoever grades, root too: else each student's feedback begins with an error that is not theirs."""
    found = session.exec("a", "import birnn_student\nname = birnn_student.__name__", ["name"])["found"]
    assert found == {"name": {"value": "birnn_student"}}


def test_no_sandbox_holds_nothing_and_needs_the_words():
    with pytest.raises(SandboxError, match="with your rights"):
        choose("none")
    with pytest.raises(SandboxError, match="with your rights"):
        choose("auto", "yes")
    assert choose("none", UNSAFELY) == Nothing()
    with pytest.raises(SandboxError, match="expected auto"):
        choose("chroot")


def test_without_any_sandbox_the_grader_refuses(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match="install bubblewrap"):
        choose()


def test_a_sandbox_that_does_not_hold_is_refused(bwrap):
    with pytest.raises(SandboxError, match="no_network"):
        selftest.ensure(Weakened(without=("--unshare-net",)), LIMITS)
    with pytest.raises(SandboxError, match="did not start"):
        selftest.ensure(Bubblewrap(python="/nonexistent/python"), LIMITS)


def test_the_container_command_names_every_limit():
    words = " ".join(Container("podman").command(LIMITS))
    for part in ("--network none", "--read-only", "--cap-drop ALL", "no-new-privileges", "--pids-limit", "--memory"):
        assert part in words
    assert "PATH=" not in words, "the image's own leads to its Python"
    others = " ".join(Container("podman").command(LIMITS))
    assert re.search("--user ([0-9]+)", words)[1] != re.search("--user ([0-9]+)", others)[1], "a user of its own"


def test_a_container_is_removed_and_ends_by_itself_if_nobody_removes_it(tmp_path, monkeypatch):
    said = tmp_path / "said"
    engine = tmp_path / "podman"
    engine.write_text(f'#!/bin/sh\necho "$@" >> {said}\n')
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    command = Container("podman").command(LIMITS)
    Container("podman").end(command)
    assert said.read_text() == f"rm --force {command[command.index('--name') + 1]}\n"
    assert command[command.index("timeout") + 2] == str(round(LIMITS.start + LONGEST * LIMITS.total))


@pytest.fixture
def session(bwrap):
    one = Session(Bubblewrap(), LIMITS)
    yield one
    one.close()


def test_a_crash_costs_the_call_and_no_other(session):
    session.exec("a", "def f(x):\n    return x + 1\ndef g():\n    import os\n    os._exit(3)", ["f", "g"])
    assert session.call("f", (1,), {}, 5)["value"] == 2
    with pytest.raises(Crash, match="exit 3"):
        session.call("g", (), {}, 5)
    assert session.call("f", (2,), {}, 5)["value"] == 3


def test_cells_before_a_crash_are_run_again_and_the_crashing_one_is_not(session):
    session.exec("a", "kept = 1", [])
    session.limits, before = dataclasses.replace(LIMITS, cell=1), session.limits
    with pytest.raises(Crash, match="too long"):
        session.exec("b", "kept = 2\nwhile True: pass", [])
    session.limits = before
    assert session.exec("c", "kept += 10", ["kept"])["found"]["kept"] == {"value": 11}


def test_only_wanted_names_come_out(session):
    found = session.exec("a", "a, b, _c = 1, [2], print", ["b", "_c", "d"])["found"]
    assert found == {"b": {"value": [2]}, "_c": {"callable": True}}


def test_the_students_error_is_told_with_its_lines(session):
    error = session.exec("part_1", "x = 1\nraise ValueError('why')", [])["error"]
    assert error["type"] == "ValueError"
    assert error["message"] == "why"
    assert '"<part_1>", line 2' in error["traceback"]


def test_memory_counts_a_process_and_all_below_it():
    assert 5_000_000 < memory([os.getpid()]) < 2_000_000_000


def _slow_forks(monkeypatch):
    """A machine so busy that the watcher looks before the processes are all there."""
    probes = selftest.PROBES.replace("child = os.fork()", "time.sleep(0.05); child = os.fork()", 1)
    assert probes != selftest.PROBES
    monkeypatch.setattr(selftest, "PROBES", probes)


def test_on_a_slow_machine_the_watcher_proves_the_limit_on_processes(bwrap, monkeypatch):
    _slow_forks(monkeypatch)
    held = selftest.check(Bubblewrap(), LIMITS)
    assert all(held.values()), held


def test_the_watcher_alone_proves_it_too_and_without_either_it_does_not_hold(bwrap):
    assert selftest.check(Weakened(unlimited=True), LIMITS)["process_limit"]
    assert not selftest.check(Weakened(unlimited=True), dataclasses.replace(LIMITS, children=1000))["process_limit"]


class Slow(Bubblewrap):
    """A sandbox whose end takes so long that a test's alarm comes meanwhile, as a container's may."""

    def end(self, command):
        signal.raise_signal(signal.SIGALRM)


def test_an_alarm_while_a_process_is_ended_costs_the_next_call_nothing(bwrap):
    class Late(Exception):
        pass

    def late(*_):
        raise Late

    before = signal.signal(signal.SIGALRM, late)
    session = Session(Slow(), LIMITS)
    try:
        session.exec("a", "def f():\n    return 1\ndef loop():\n    while True:\n        pass\n", ["f", "loop"])
        with pytest.raises(Late):
            session.call("loop", (), {}, 0.5)
        assert session.call("f", (), {}, 20)["value"] == 1
        with pytest.raises(Late):
            session.close()
        assert session.process is None
    finally:
        signal.signal(signal.SIGALRM, before)
