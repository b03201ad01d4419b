"""Problem set 7's symptoms: what the authors of six wrong models saw, from models that were trained with the bug."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from birnn_student.notebook import shell

STORED = Path(__file__).with_name("symptoms.json")


def read(case: int) -> dict[str, Any]:
    """Return what was seen in a case: ``x``, ``series`` by their names, the axes' labels, and perhaps lines of text.

    Raises
    ------
    ValueError
        If there is no such case.
    """
    stored: dict[str, dict[str, Any]] = json.loads(STORED.read_text(encoding="utf-8"))
    if str(case) not in stored:
        raise ValueError(f"there are the cases {', '.join(stored)}, not {case}")
    return stored[str(case)]


def table(seen: dict[str, Any]) -> str:
    """Return the figures as a table, and the lines below it.

    Examples
    --------
    >>> print(table({"x": [1, 9], "xlabel": "batch", "ylabel": "right, %", "series": {"both": [94.9, 80]}}))
    batch: right, %       1     9
    both               94.9    80
    """
    series, head = seen["series"], ": ".join(filter(None, (seen["xlabel"], seen["ylabel"])))
    first = max(map(len, (head, *series))) + 2
    rows = {head: seen["x"], **series}
    gap = 2 if len(seen["x"]) < 9 else 1  # a dozen columns should fit beside each other
    width = gap + max(len(str(number)) for row in rows.values() for number in row)
    lines = [f"{name:{first}}" + "".join(f"{number!s:>{width}}" for number in row) for name, row in rows.items()]
    return "\n".join([*lines, *([""] if seen.get("lines") else []), *seen.get("lines", [])])


def symptom(case: int) -> None:
    """Print and draw what the authors saw; outside of a notebook, as at grading, nothing."""
    if shell() is not None:
        seen = read(case)
        print(table(seen))
        draw(seen)


def draw(seen: dict[str, Any]) -> Any:
    """Draw the figures: a line each, or for two groups bars side by side; return the axes."""
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(5.4, 2.8))
    at = range(len(seen["x"]))
    for k, (name, numbers) in enumerate(seen["series"].items()):
        if isinstance(seen["x"][0], str):
            ax.bar([i + 0.38 * k - 0.19 for i in at], numbers, width=0.36, label=name)
        else:
            ax.plot(at, numbers, "os"[k] + ("-", "--")[k], label=name)
    ax.set_xticks(at, map(str, seen["x"]))
    ax.set(xlabel=seen["xlabel"], ylabel=seen["ylabel"], yscale="log" if seen.get("log") else "linear")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)  # above, where nothing is drawn
    plt.show()
    return ax
