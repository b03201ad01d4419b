"""What a call of a student's function was, in words that may go into the feedback of a hidden test."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

MAX_LINE, MAX_SHAPES = 120, 200


def shape(value: Any) -> str:
    """Return the shape of an argument, never its content.

    Examples
    --------
    >>> shape(np.zeros((3, 5))), shape(2.5), shape([1, 2]), shape("hidden")
    ('(3, 5)', 'a number', 'a list of 2', 'a text')
    """
    if isinstance(value, np.ndarray):
        return str(value.shape)
    if isinstance(value, bool):
        return "a bool"
    if isinstance(value, numbers.Number):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of {len(value)}"
    return str(value) if value is None else f"a {type(value).__name__}"


def shapes(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return the arguments' shapes."""
    parts = [shape(value) for value in args] + [f"{name}: {shape(value)}" for name, value in kwargs.items()]
    return f"arguments {', '.join(parts)[:MAX_SHAPES]}" if parts else "no arguments"


def line(at: Any, sources: dict[str, str]) -> str:
    r"""Return the line of the student's own code where it failed, looked up in what was handed in.

    ``at``, pairs of a file name and a number from the outermost to the innermost, comes from the student's process: a
    pair counts only where there is such a cell and such a line.

    Examples
    --------
    >>> line([["<rnn_step>", 2], ["<x>", 1]], {"rnn_step": "def rnn_step(x):\n    return 1 / 0"})
    '; line 2 of your cell rnn_step: return 1 / 0'
    >>> line([["<rnn_step>", 9]], {"rnn_step": ""}), line("x", {})
    ('', '')
    """
    for pair in at[::-1] if isinstance(at, list) else ():
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and type(pair[1]) is int):
            continue
        for label, source in sources.items():
            lines = source.split("\n")
            if pair[0] == f"<{label}>" and 1 <= pair[1] <= len(lines) and lines[pair[1] - 1].strip():
                return f"; line {pair[1]} of your cell {label}: {lines[pair[1] - 1].strip()[:MAX_LINE]}"
    return ""
