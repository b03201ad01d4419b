"""What a person gave to one of a group, given to all of it: marks, extra credit and comments.

A group is who says so on all sides, in the lists that `collect` wrote, and handed in the very same files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from nbgrader.api import MissingEntry

from birnn_grader.collect import GROUP
from birnn_grader.handed_in import Unreadable, read_file
from birnn_grader.judge.limits import Limits
from birnn_grader.nbgrader.submissions import submitted


def groups(folders: Iterable[tuple[str, Path]], notebooks: list[str]) -> list[list[str]]:
    """Return the groups of an assignment, from its students' names and folders."""
    said: dict[str, tuple[str, ...]] = {}
    work: dict[str, str] = {}
    for student, folder in folders:
        try:
            names = read_file(folder / GROUP, Limits(notebook=10_000)).decode("utf-8", "replace").split("\n")
        except Unreadable:
            continue
        said[student] = tuple(sorted(filter(None, names)))
        files = [submitted(folder / f"{name}.ipynb", Limits())[0] or b"" for name in notebooks]
        work[student] = hashlib.sha256(b"".join(hashlib.sha256(data).digest() for data in files)).hexdigest()
    whole = {
        members
        for student, members in said.items()
        if len(members) > 1 and student in members
        if all(said.get(one) == members and work[one] == work[student] for one in members)
    }
    return [list(members) for members in sorted(whole)]


def share(gradebook: Any, assignment: str, notebooks: list[str], members: list[str]) -> list[str]:
    """Give every member what one of them was given, in the transaction that is open; return in words what was done.

    Where two were given different things, everything stays as it is.
    """
    lines = []
    for notebook in notebooks:
        try:
            all_ = {one: gradebook.find_submission_notebook(notebook, assignment, one) for one in members}
        except MissingEntry:
            continue  # not graded yet
        grades = {one: {grade.name: grade for grade in work.grades} for one, work in all_.items()}
        comments = {one: {comment.name: comment for comment in work.comments} for one, work in all_.items()}
        for name in grades[members[0]]:
            own = {one: grades[one][name] for one in members}
            lines += _one(name, own, lambda grade: (grade.manual_score, grade.extra_credit), _mark)
        for name in comments[members[0]]:
            texts = {one: comments[one][name] for one in members}
            lines += _one(f"{name}, comment", texts, lambda comment: (comment.manual_comment,), _comment)
    return lines


def _one(name: str, own: dict[str, Any], given: Callable[[Any], tuple[Any, ...]], give: Any) -> list[str]:
    values = {one: given(row) for one, row in own.items()}
    known = {one: found for one, found in values.items() if any(value is not None for value in found)}
    if not known or (len(known) == len(own) and len(set(known.values())) == 1):
        return []
    if len(set(known.values())) > 1:
        return [f"{', '.join(own)}: {name} was given differently to {' and '.join(known)}; left as it is"]
    source = next(iter(known))
    for one, row in own.items():
        if one not in known:
            give(row, known[source])
    said = ", ".join(one for one in own if one not in known)
    return [f"{said}: {name} as {source}"]


def _mark(grade: Any, values: tuple[Any, ...]) -> None:
    grade.manual_score, grade.extra_credit = values
    grade.needs_manual_grade = False


def _comment(comment: Any, values: tuple[Any, ...]) -> None:
    (comment.manual_comment,) = values
