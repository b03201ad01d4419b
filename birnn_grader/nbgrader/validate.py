"""`nbgrader validate` with a word on what it cannot see: tests that are not in the student's notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbgrader.validator import Validator


class FrankValidator(Validator):
    """nbgrader's own; where it says Success, it goes on to say of what."""

    def validate_and_print(self, filename: str) -> None:
        """Validate a notebook, and print what nbgrader prints; after Success, how far that reaches."""
        self._notebook = Path(filename)
        super().validate_and_print(filename)

    def _print_num_failed(self, num_failed: int) -> None:
        super()._print_num_failed(num_failed)
        if num_failed == 0 and not self.invert:
            cells = nbformat.read(self._notebook, as_version=nbformat.current_nbformat).cells
            self.stream.write(unseen(cells))


def unseen(cells: list[Any]) -> str:
    """Return what a notebook's own tests are worth, and what is marked elsewhere; empty if that is nothing.

    Examples
    --------
    >>> test = {"cell_type": "code", "metadata": {"nbgrader": {"grade": True, "points": 2}}}
    >>> print(unseen([{**test, "source": "assert f(1) == 2"}, {**test, "source": "# Other numbers."}]), end="")
    That is 2 of 4 points. 2 are given by tests that are not in this notebook, and try your answers on other numbers.
    """
    points = {"here": 0.0, "later": 0.0, "people": 0.0}
    for cell in cells:
        settings = cell["metadata"].get("nbgrader", {})
        if settings.get("grade"):
            kind = "people" if settings.get("solution") else "here" if _runs(cell["source"]) else "later"
            points[kind] += settings.get("points", 0)
    more = []
    if points["later"]:
        elsewhere = "tests that are not in this notebook, and try your answers on other numbers"
        more.append(f"{points['later']:g} are given by {elsewhere}")
    if points["people"]:
        more.append(f"{points['people']:g} {'more ' * bool(more)}are given by people, who read what you wrote")
    told = f"That is {points['here']:g} of {sum(points.values()):g} points. {'; '.join(more)}.\n"
    return told if more else ""


def _runs(source: str) -> bool:
    """Return whether a cell does anything: a hidden test leaves a comment behind."""
    return any(line.strip() and not line.strip().startswith("#") for line in source.splitlines())
