"""What is missing is skipped, and the last line of a run says how many tests that were, and what brings it."""

import sys

import needs
import pytest
from support import ROOT, run

TESTS = """
import pytest
from needs import need

@pytest.mark.parametrize("n", range(3))
def test_in_the_sandbox(n):
    need("bwrap", False, "bubblewrap is not installed")

def test_on_a_gpu():
    need("gpu", False, "no CUDA device")

def test_of_something_else():
    pytest.importorskip("no_such_package")

def test_with_what_is_there():
    need("data", True, "there is none")
"""


def _run(tmp_path, *words, required=None):
    (tmp_path / "test_planted.py").write_text(TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "xdist.plugin",
        "-p",
        "needs",
        "-c",
        tmp_path / "none.ini",
        *words,
        tmp_path,
    ]
    (tmp_path / "none.ini").write_text("[pytest]\n")
    return run(
        command, check=False, PYTHONPATH=ROOT / "tests", BIRNN_REQUIRE=required, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"
    )


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_the_last_line_counts_what_is_left_out_by_what_is_missing(words, tmp_path):
    done = _run(tmp_path, *words)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == (
        "Left out: 3 tests without a working bubblewrap (`make system` brings it), 1 test without a CUDA device, "
        "1 test for reasons listed above."
    )


def test_nothing_is_said_where_nothing_is_left_out(tmp_path):
    assert "Left out" not in _run(tmp_path, "-k", "what_is_there").stdout


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_what_is_required_fails_and_so_does_what_is_left_out_for_any_other_reason(words, tmp_path):
    done = _run(tmp_path, *words, required="data, bwrap")
    assert done.returncode == 1
    assert "4 failed, 1 passed, 1 skipped" in done.stdout
    assert "bwrap is required here: bubblewrap is not installed" in done.stdout
    assert "nothing is left out here: Skipped: could not import 'no_such_package'" in done.stdout


def test_a_module_that_is_left_out_fails_too(tmp_path):
    (tmp_path / "test_other.py").write_text("import pytest\npytest.importorskip('no_such_package')\n")
    assert _run(tmp_path).returncode == 0
    done = _run(tmp_path, required="data")
    assert done.returncode != 0
    assert "nothing is left out here" in done.stdout


def test_what_nobody_can_bring_is_not_required(tmp_path):
    done = _run(tmp_path, required="chrome")
    assert done.returncode != 0
    assert "BIRNN_REQUIRE names chrome, expected of data" in done.stdout + done.stderr


def test_every_command_that_brings_something_is_one_of_makes():
    makefile = (ROOT / "Makefile").read_text()
    for _, command in needs.NEEDS.values():
        assert all(f"\n{target}:" in makefile for target in command.partition("make ")[2].split())
