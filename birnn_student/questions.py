"""A few questions with a number or a choice for an answer; a set's page asks them too, with the same check."""

from __future__ import annotations

import tomllib
from typing import Any

from birnn_student import session
from birnn_student.problem_set import SETS


def questions(name: str) -> list[dict[str, Any]]:
    """Return a set's questions, as its file has them; none for a set that has no file.

    Examples
    --------
    >>> [question["answer"] for question in questions("ps4")]
    [2]
    """
    path = SETS / f"{name}.toml"
    found = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return list(found.get("question", []))


def check(question: dict[str, Any], given: float) -> tuple[bool, str]:
    """Return whether an answer is right, and what to say to it.

    Parameters
    ----------
    question : dict
        With ``options`` and what each ``says``, or ``within``, how far a number may be off, and known ``wrong`` ones.
    given : number
        For a choice the option's number, from 0.

    Examples
    --------
    >>> (question,) = questions("ps8")
    >>> check(question, 0.44), check(question, 0.5)
    ((True, 'Yes.'), (False, 'That is the recall: right of those that are true.'))
    """
    if "options" in question:
        known = given in range(len(question["options"]))
        return given == question["answer"], question["says"][int(given)] if known else "There is no such option."
    if abs(given - question["answer"]) <= question["within"] + 1e-9:
        return True, "Yes."
    says = (w["says"] for w in question["wrong"] if abs(given - w["value"]) <= question["within"] + 1e-9)
    return False, next(says, "No, not that.")


def answer(number: int, given: float) -> None:
    """Say whether an answer to question ``number`` of the set that has begun is right; nothing is kept."""
    found = questions(session.current.set.name)
    if not 1 <= number <= len(found):
        print(f"There are {len(found)} questions.")
        return
    right, says = check(found[number - 1], given)
    print(("✓ " if right else "✗ ") + says)
