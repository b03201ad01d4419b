"""The notebook that is being worked on: its names, its problem set, and how its tests went since the start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from birnn_student.problem_set import ProblemSet


class NotWritten(RuntimeError):
    """What a trainer needs is not written yet; a notebook says so in a line, without a traceback."""


@dataclass
class Session:
    """One notebook, from its first cell on.

    Attributes
    ----------
    set : ProblemSet
    names : dict
        The notebook's global names, in which `ask` looks up a function when it calls it.
    passed : dict
        Whether each function's visible test passed when it last ran.
    last : str
        The function that was tested last.
    """

    set: ProblemSet = field(default_factory=ProblemSet)
    names: dict[str, Any] = field(default_factory=dict)
    passed: dict[str, bool] = field(default_factory=dict)
    last: str = ""

    def note(self, name: str, passed: bool) -> None:
        """Keep how a function's visible test went."""
        self.passed[name], self.last = passed, name


current = Session()


def start(problem_set: ProblemSet, names: dict[str, Any]) -> None:
    """Begin anew, with another notebook's names."""
    current.set, current.names, current.passed, current.last = problem_set, names, {}, ""
