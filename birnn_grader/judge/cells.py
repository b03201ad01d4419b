"""What a cell of a rebuilt notebook is: text, the instructor's code, the student's, or a test."""

from __future__ import annotations


def settings_of(cell: dict) -> dict:
    """Return nbgrader's settings of a cell, empty where it has none."""
    return cell.get("metadata", {}).get("nbgrader", {})


def label_of(cell: dict) -> str | None:
    """Return the label of a code cell that a student added beside the released ones; None for any other."""
    return cell.get("metadata", {}).get("birnn_grader", {}).get("own")


def kind(cell: dict) -> str:
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
