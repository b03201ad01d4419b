"""`tools/system.sh` installs what is missing where it may, and elsewhere stops, or goes on where it is told to."""

import os
import shutil

import pytest
from support import ROOT, run


@pytest.fixture
def machine(tmp_path):
    """A stand-in for a machine: programs that do nothing, in a folder that is the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "env"):
        (folder / name).symlink_to(shutil.which(name))

    def add(name, script="exit 0"):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    add.folder = folder
    add("id", "echo 1000")
    return add


def _run(machine, *words):
    return run([ROOT / "tools" / "system.sh", *words], check=False, PATH=f"{machine.folder}{os.pathsep}", CI=None)


def _with_apt(machine, installed):
    """Give the machine apt-get, which installs what it is asked for, and notes it."""
    machine("apt-get", f'echo "$@" >> {installed}\n[ "$2" = update ] || ' + " && ".join(
        f"{{ echo '#!/bin/sh' > {machine.folder}/{name}; /bin/chmod +x {machine.folder}/{name}; }}"
        for name in ("bwrap", "chromium", "npm")
    ))  # fmt: skip


@pytest.mark.parametrize("who", ["root", "sudo without a password"])
def test_what_is_missing_is_installed_once(machine, who, tmp_path):
    log = tmp_path / "log"
    _with_apt(machine, log)
    machine("id", f"echo {0 if who == 'root' else 1000}")
    machine("sudo", 'shift; "$@"')
    for _ in range(2):
        assert _run(machine).returncode == 0
    assert log.read_text() == "-qq update\n-qq install -y --no-install-recommends bubblewrap chromium npm\n"


REFUSALS = {
    "no apt-get": ({}, "there is no apt-get here: bubblewrap chromium npm"),
    "a password": ({"apt-get": "exit 0", "sudo": "exit 1"}, "sudo asks for a password: bubblewrap chromium npm"),
    "no sudo": ({"apt-get": "exit 0"}, "sudo asks for a password: bubblewrap chromium npm"),
    "no network": ({"apt-get": "exit 100", "id": "echo 0"}, "apt-get could not install: bubblewrap chromium npm"),
    "no namespaces": ({"bwrap": "exit 1", "chromium": "", "npm": ""}, "bubblewrap cannot make a sandbox here"),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_where_it_may_not_it_stops_or_goes_on_as_told(machine, why):
    programs, message = REFUSALS[why]
    for name, script in programs.items():
        machine(name, script)
    for words, status in (((), 1), (("--if-possible",), 0)):
        done = _run(machine, *words)
        assert (done.returncode, message in done.stderr) == (status, True), done.stderr


def test_the_tests_are_run_after_it():
    told = run(["make", "--dry-run", "test"]).stdout
    assert 0 <= told.find("tools/system.sh --if-possible") < told.find("pytest")
