"""``selftest`` and ``demo``: whether this machine holds, and what it all looks like."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from birnn_grader.commands.shared import backend, limits


def selftest(arguments: argparse.Namespace) -> int:
    """Try the sandbox from the inside, and print what held."""
    from birnn_grader.judge.selftest import CLAIMS, check

    held = check(backend(arguments), limits(arguments), [os.path.abspath(arguments.course)])
    words = {**CLAIMS, "no_survivor": "leaves no process behind"}
    for claim, holds in held.items():
        print(f"{'holds' if holds else 'FAILS':6} a student's code {words[claim]}")
    return 0 if all(held.values()) else 1


def demo(arguments: argparse.Namespace) -> int:
    """Make a class, grade it, and show the results."""
    from birnn_grader.demo import show

    return show(Path(arguments.folder) if arguments.folder else None, arguments.workers, arguments.open)
