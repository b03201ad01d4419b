"""What a cell of a rebuilt notebook is: text, the instructor's code, the student's, or a test."""

from __future__ import annotations

import re
from typing import Any


def settings_of(cell: dict[str, Any]) -> dict[str, Any]:
    """Return nbgrader's settings of a cell, empty where it has none."""
    settings: dict[str, Any] = cell.get("metadata", {}).get("nbgrader", {})
    return settings


def label_of(cell: dict[str, Any]) -> str | None:
    """Return the label of a code cell that a student added beside the released ones; None for any other."""
    label: str | None = cell.get("metadata", {}).get("birnn_grader", {}).get("own")
    return label


def added(cell: dict[str, Any]) -> bool:
    """Return whether a student added this cell; False for the copy of an answer."""
    return bool(cell.get("metadata", {}).get("birnn_grader", {}).get("added"))


def extra(cell: dict[str, Any]) -> float:
    """Return the extra credit of a test, by its tag ``extra-credit-2``; 0 for any other.

    Such a test bears no points, so that a student without it can have all of them.

    Examples
    --------
    >>> extra({"cell_type": "code", "metadata": {"tags": ["extra-credit-1.5"], "nbgrader": {"grade": True}}})
    1.5
    """
    if kind(cell) != "test" or settings_of(cell).get("points"):
        return 0.0
    tags = cell["metadata"].get("tags")
    found = [re.fullmatch(r"extra-credit-(\d+(?:\.\d+)?)", str(tag)) for tag in tags or []]
    return max((float(match[1]) for match in found if match), default=0.0)


def most(cell: dict[str, Any]) -> float:
    """Return the most that a test gives: its points, or its extra credit."""
    return float(settings_of(cell).get("points") or 0.0) or extra(cell)


def kind(cell: dict[str, Any]) -> str:
    """Return what a cell is: ``text``, ``setup`` (the instructor's), ``answer`` or ``own`` (the student's) or ``test``.

    Examples
    --------
    >>> kind({"cell_type": "code", "metadata": {"nbgrader": {"grade": True, "solution": False}}})
    'test'
    """
    if cell["cell_type"] != "code":
        return "text"
    settings = settings_of(cell)
    if label_of(cell):
        return "own"
    if settings.get("solution"):
        return "answer"
    return "test" if settings.get("grade") else "setup"
