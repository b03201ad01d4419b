"""What is known of a problem set: its parts with points and hints, and examples with their results.

``sets/ps1.toml`` is written by hand; ``sets/ps1.json``, the examples, by ``make exercises``. A set without them, a
teacher's own, has parts without numbers, hints and examples.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

SETS = Path(__file__).parent / "sets"


@dataclass(frozen=True)
class Part:
    """One answer of a problem set.

    Attributes
    ----------
    name : str
        The function's name, or the id of an answer in words.
    number : int
    visible, hidden, written : float
        Points of the test in the notebook, of the tests at grading, and of an answer that a person marks.
    minutes : int
        What it takes, about.
    difficulty : int
        1 applies what a chapter shows, 2 asks for a thought of one's own, 3 for several.
    hints : list of str
        Each says a little more than the one before.
    """

    name: str
    number: int = 0
    visible: float = 0
    hidden: float = 0
    written: float = 0
    minutes: int = 0
    difficulty: int = 0
    hints: list[str] = field(default_factory=list)

    @property
    def stars(self) -> str:
        """Its difficulty, to be shown: ``**`` for 2."""
        return "*" * self.difficulty

    @property
    def title(self) -> str:
        """What a message calls it."""
        return f"Part {self.number}, {self.name}" if self.number else self.name


@dataclass(frozen=True)
class Example:
    """A call, its result, and the results of known mistakes: `fingerprint` by message."""

    arguments: list[Any]
    result: Any
    mistakes: dict[str, float]


@dataclass(frozen=True)
class ProblemSet:
    """A problem set's parts in their order, and the examples of each."""

    name: str = ""
    parts: list[Part] = field(default_factory=list)
    examples: dict[str, list[Example]] = field(default_factory=dict)

    def part(self, which: str | int) -> Part | None:
        """Return the part of that name or number, None where there is none."""
        return next((part for part in self.parts if which in (part.name, part.number)), None)


def read(name: str) -> ProblemSet:
    """Read what is known of the problem set; nothing of one that is not the course's own.

    Examples
    --------
    >>> read("ps1").part("rnn_step").title
    'Part 1, rnn_step'
    """
    about, stored = SETS / f"{name}.toml", SETS / f"{name}.json"
    parts = tomllib.loads(about.read_text(encoding="utf-8"))["part"] if about.is_file() else []
    found = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else {}
    examples = {
        name: [Example(decode(e["arguments"]), decode(e["result"]), e["mistakes"]) for e in cases]
        for name, cases in found.items()
    }
    return ProblemSet(name, [Part(**part) for part in parts], examples)


def encode(value: Any) -> Any:
    """Return plain data as JSON has it; an array becomes ``{"array": [...]}``.

    Examples
    --------
    >>> encode([np.ones((1, 2)), "sum", {"b": 3}])
    [{'array': [[1.0, 1.0]]}, 'sum', {'dict': {'b': 3}}]
    """
    if isinstance(value, np.ndarray | np.generic):
        return {"array": _rounded(value.tolist())}
    if isinstance(value, dict):
        return {"dict": {key: encode(item) for key, item in value.items()}}
    return [encode(item) for item in value] if isinstance(value, list | tuple) else _rounded(value)


def _rounded(value: Any) -> Any:
    """Return numbers with six digits: enough to tell a mistake."""
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def decode(value: Any) -> Any:
    """Return what `encode` was given; a tuple comes back as a list."""
    if isinstance(value, dict):
        if "array" in value:
            return np.array(value["array"])
        return {key: decode(item) for key, item in value["dict"].items()}
    return [decode(item) for item in value] if isinstance(value, list) else value


def flat(value: Any) -> list[Any]:
    """Return the arrays of a result, one after the other.

    Examples
    --------
    >>> flat([1, {"a": [2], "b": 3}])
    [1, 2, 3]
    """
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in flat(value[key])]
    return [leaf for item in value for leaf in flat(item)] if isinstance(value, list | tuple) else [value]


def fingerprint(result: Any) -> float:
    """Return one number that another result hardly has: a mistake's result is known again, and not given away."""
    total, at = 0.0, 0
    for leaf in flat(result):
        numbers = np.asarray(leaf, float).ravel()
        weights = np.cos(1.7 * np.arange(at, at + numbers.size)) + 1.3
        at += numbers.size
        total += float(np.nan_to_num(numbers, posinf=0, neginf=0) @ weights)
    return round(total, 5)
