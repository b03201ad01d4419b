"""``collect``, ``run``, ``share``, ``regrade``, ``report`` and ``export``: from a platform's download to its grades."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from birnn_grader.commands.shared import backend, limits, progress, sources, zone
from birnn_grader.package import PackageError


def collect(arguments: argparse.Namespace) -> int:
    """Put a platform's download into submitted/; what was collected before is never overwritten."""
    from birnn_grader.collect import collect, read_groups
    from birnn_grader.lock import alone
    from birnn_grader.nbgrader.course import course

    download = Path(arguments.download).absolute()
    groups = read_groups(Path(arguments.groups)) if arguments.groups else None
    where = zone(arguments.timezone) if arguments.timezone else None
    coursedir = course(arguments.course).coursedir
    notebooks = [path.stem for path in sources(coursedir, arguments.assignment)]
    submitted = Path(coursedir.root, coursedir.submitted_directory)
    with alone(coursedir.root, f"collect {arguments.assignment}"):
        lines = collect(
            download, submitted, arguments.assignment, notebooks, replace=arguments.replace, groups=groups, zone=where
        )
    print("\n".join(lines))
    count = sum(": collected" in line or ": replaced" in line for line in lines)
    print(f"{len(lines)} students, {count} of them new in {coursedir.submitted_directory}/")
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Grade one assignment for everyone, and merge."""
    from birnn_grader.lock import alone
    from birnn_grader.nbgrader.course import course, late_penalty
    from birnn_grader.pool import Run, summary

    app = course(arguments.course)
    with alone(app.coursedir.root, f"run {arguments.assignment}"):
        whole = Run(app.coursedir, arguments.assignment, backend(arguments), limits(arguments))
        results = whole.grade(arguments.workers, arguments.scheduler, progress())
        merged = whole.merge(results, late_penalty(app))
    print(summary(results, {name: sum(package.points().values()) for name, package in whole.packages.items()}))
    failed = sum(result.get("error") is not None for result in results)
    print(f"{len(results) - failed} graded, {merged} of them new in the gradebook, {failed} failed")
    return 1 if failed else 0


def regrade(arguments: argparse.Namespace) -> int:
    """Grade everyone again after tests or points have changed; shows before and after, then asks before it writes.

    The source in solutions/ counts: tests may come, go, be split or mended, points may change. Marks and comments that
    people gave are kept, and so is everything that students handed in.
    """
    from birnn_grader.lock import alone
    from birnn_grader.nbgrader.course import course

    app = course(arguments.course)
    with alone(app.coursedir.root, f"regrade {arguments.assignment}"):
        return _regrade(app, arguments)


def _regrade(app: Any, arguments: argparse.Namespace) -> int:
    from birnn_grader.nbgrader.course import late_penalty
    from birnn_grader.regrade import Regrade

    again = Regrade(app, arguments.assignment, backend(arguments), limits(arguments), late_penalty(app))
    again.grade(arguments.workers, progress())
    print(again.report())
    if again.nothing_to_do():
        print("nothing changes")
        return 0
    if not arguments.yes:
        if not sys.stdin.isatty():
            print("nothing was written: to write it, add --yes")
            return 0
        if input("write this into the gradebook? [y/N] ").strip().lower() not in ("y", "yes"):
            print("nothing was written")
            return 0
    again.write()
    print("written; `nbgrader generate_feedback` renews the pages")
    return 0


def share(arguments: argparse.Namespace) -> int:
    """Give everyone of a group the marks and comments that a person gave to one of it.

    Groups are those of `collect`. Where two members were given different things, everything stays as it is.
    """
    from nbgrader.api import Gradebook

    from birnn_grader.lock import alone
    from birnn_grader.nbgrader import share as sharing
    from birnn_grader.nbgrader.course import course
    from birnn_grader.pool import notebooks_of
    from birnn_grader.results import Shelf

    coursedir, name = course(arguments.course).coursedir, arguments.assignment
    shelf, notebooks = Shelf(coursedir, name), notebooks_of(coursedir, name)
    folders = [(one, shelf.folder(coursedir.submitted_directory, one)) for one in shelf.students()]
    together = sharing.groups(folders, notebooks)
    with alone(coursedir.root, f"share {name}"), Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        lines = [line for members in together for line in sharing.share(gradebook, name, notebooks, members)]
        gradebook.db.commit()
    print("\n".join([*lines, f"{len(together)} groups{'' if lines else ', nothing to share'}"]))
    return 0


def due(arguments: argparse.Namespace) -> int:
    """Say when an assignment is due, as a local time: 2026-10-25 23:59."""
    from nbgrader.api import Gradebook

    from birnn_grader.nbgrader.course import course
    from birnn_grader.nbgrader.late import LatePenalty, in_utc
    from birnn_grader.pool import notebooks_of

    app = course(arguments.course)
    where = str(zone(arguments.timezone or LatePenalty(parent=app).timezone))
    try:
        time = in_utc(arguments.time, where)
    except ValueError:
        raise PackageError(f"{arguments.time!r} is not a time; 2026-10-25 23:59 is one") from None
    notebooks_of(app.coursedir, arguments.assignment)
    with Gradebook(app.coursedir.db_url, app.coursedir.course_id) as gradebook:
        gradebook.find_assignment(arguments.assignment).duedate = time
        gradebook.db.commit()
    print(f"{arguments.assignment} is due {arguments.time} in {where}, {time:%Y-%m-%d %H:%M} UTC")
    return 0


def report(arguments: argparse.Namespace) -> int:
    """Write a page that shows the class: progress, points, how each item did, who may need help.

    The page needs no network and no script. It names students: keep it to yourself.
    """
    from birnn_grader.nbgrader.course import course
    from birnn_grader.report import Report

    to = Path(arguments.to or f"reports/{arguments.assignment}.html")
    path = to.absolute() if arguments.to else Path(arguments.course, to).absolute()
    Report(course(arguments.course), arguments.assignment).write(path)
    print(f"wrote {to}")
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write the grades as CSV."""
    from nbgrader.api import Gradebook

    from birnn_grader.nbgrader import gradescope, questions
    from birnn_grader.nbgrader.course import course
    from birnn_grader.nbgrader.export import ABSENT, WAITING, choose, write

    to = os.path.abspath(arguments.to)
    app = course(arguments.course)
    with Gradebook(app.coursedir.db_url, app.coursedir.course_id) as gradebook:
        rows = choose(gradebook, arguments.student, arguments.assignments)
        if arguments.form == "questions":
            count = questions.write(gradebook, to, arguments.assignments, arguments.student)
            print(f"{count} lines in {arguments.to}")
            return 0
        if arguments.form == "gradescope":
            if len(arguments.assignments) != 1:
                raise PackageError("Gradescope takes one assignment at a time: name it")
            print(f"marks of {gradescope.write(gradebook, rows, to)} students in {arguments.to}")
            if unknown := [row["student_id"] for row in rows if not any("@" in name for name in gradescope.names(row))]:
                print(f"without an e-mail address, by which Gradescope knows them: {', '.join(unknown[:10])}")
    if arguments.form != "gradescope":
        print(f"{write(rows, to, arguments.form, arguments.canvas_column)} lines in {arguments.to}")
    for status in (ABSENT, WAITING):
        blank = [f"{row['student_id']} ({row['assignment']})" for row in rows if row["status"] == status]
        if blank:
            more = f" and {len(blank) - 10} more" if len(blank) > 10 else ""
            print(f"left blank, {status}: {', '.join(blank[:10])}{more}")
    return 0
