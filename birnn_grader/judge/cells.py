"""What a cell of a rebuilt notebook is: text, the instructor's code, the student's, or a test."""

from __future__ import annotations

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
