"""``birnn-grade``: collect and grade a class, export the grades, try the sandbox, or see it all in a demo."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import UNSAFELY, Sandbox, SandboxError, choose


def _backend(arguments: argparse.Namespace) -> Sandbox:
    return choose(arguments.backend, arguments.unsafe)


def _limits(arguments: argparse.Namespace) -> Limits:
    return Limits(cell=arguments.cell_seconds, total=arguments.total_seconds)


def _progress(total: int | None) -> Callable[[Any], Any]:
    from tqdm import tqdm  # type: ignore[import-untyped]

    return lambda stream: tqdm(stream, total=total, unit="notebook", disable=None)


def run(arguments: argparse.Namespace) -> int:
    """Grade one assignment for everyone, and merge."""
    from nbgrader.plugins import LateSubmissionPlugin
    from nbgrader.preprocessors import AssignLatePenalties

    from birnn_grader.nbgrader.course import course
    from birnn_grader.pool import Run, summary

    app = course(arguments.course)
    whole = Run(app.coursedir, arguments.assignment, _backend(arguments), _limits(arguments))
    results = whole.grade(arguments.workers, arguments.scheduler, _progress(None))
    plugin = AssignLatePenalties(parent=app).plugin_class or LateSubmissionPlugin
    merged = whole.merge(results, plugin(parent=app).late_submission_penalty)
    print(summary(results, {name: sum(package.points().values()) for name, package in whole.packages.items()}))
    failed = sum(result.get("error") is not None for result in results)
    print(f"{len(results) - failed} graded, {merged} of them new in the gradebook, {failed} failed")
    return 1 if failed else 0


def collect(arguments: argparse.Namespace) -> int:
    """Put a platform's download into submitted/; what was collected before is never overwritten."""
    from birnn_grader.collect import collect
    from birnn_grader.nbgrader.course import course
    from birnn_grader.package import PackageError

    download = Path(arguments.download).absolute()
    coursedir = course(arguments.course).coursedir
    source = Path(coursedir.format_path(coursedir.source_directory, ".", arguments.assignment))
    notebooks = sorted(path.stem for path in source.glob("*.ipynb"))
    if not notebooks:
        raise PackageError(f"the course has no assignment {arguments.assignment}: {source} holds no notebook")
    lines = collect(
        download, Path(coursedir.root, coursedir.submitted_directory), arguments.assignment, notebooks,
        replace=arguments.replace,
    )  # fmt: skip
    print("\n".join(lines))
    count = sum(": collected" in line or ": replaced" in line for line in lines)
    print(f"{len(lines)} students, {count} of them new in {coursedir.submitted_directory}/")
    return 0


def selftest(arguments: argparse.Namespace) -> int:
    """Try the sandbox from the inside, and print what held."""
    from birnn_grader.judge.selftest import CLAIMS, check

    backend = _backend(arguments)
    held = check(backend, _limits(arguments), [os.path.abspath(arguments.course)])
    words = {**CLAIMS, "no_survivor": "leaves no process behind"}
    for claim, holds in held.items():
        print(f"{'holds' if holds else 'FAILS':6} a student's code {words[claim]}")
    return 0 if all(held.values()) else 1


def check(arguments: argparse.Namespace) -> int:
    """Print what keeps an assignment from being graded in two processes."""
    from birnn_grader.package import problems, read

    found = []
    for path in arguments.notebooks:
        found += [f"{path}: {problem}" for problem in problems(read(path)["cells"])]
    print("\n".join(found) or "every test uses only what is defined")
    return 1 if found else 0


def export(arguments: argparse.Namespace) -> int:
    """Write the grades as CSV."""
    from nbgrader.api import Gradebook

    from birnn_grader.nbgrader.course import course
    from birnn_grader.nbgrader.export import ABSENT, WAITING, choose, write

    to = os.path.abspath(arguments.to)
    app = course(arguments.course)
    with Gradebook(app.coursedir.db_url, app.coursedir.course_id) as gradebook:
        rows = choose(gradebook, arguments.student, arguments.assignments)
    print(f"{write(rows, to, arguments.form)} lines in {arguments.to}")
    for status in (ABSENT, WAITING):
        blank = [f"{row['student_id']} ({row['assignment']})" for row in rows if row["status"] == status]
        if blank:
            more = f" and {len(blank) - 10} more" if len(blank) > 10 else ""
            print(f"left blank, {status}: {', '.join(blank[:10])}{more}")
    return 0


def demo(arguments: argparse.Namespace) -> int:
    """Make a class, grade it, and show the results."""
    from birnn_grader.demo import show

    return show(Path(arguments.folder) if arguments.folder else None, arguments.workers, arguments.open)


def main(words: list[str] | None = None) -> int:
    """Run one command; return its exit status."""
    parser = argparse.ArgumentParser(prog="birnn-grade", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(function: Callable[[argparse.Namespace], int], name: str, *parts: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=str(function.__doc__).splitlines()[0], description=function.__doc__)
        one.set_defaults(function=function)
        if "course" in parts:
            one.add_argument("--course", default=".", help="the course folder (default: this one)")
        if "sandbox" in parts:
            one.add_argument(
                "--backend", default="auto", help="auto, bwrap, podman, docker or none, which needs --unsafe"
            )
            one.add_argument(
                "--unsafe", default="", metavar="WORDS", help=f"run students' code without a sandbox: {UNSAFELY!r}"
            )
            one.add_argument("--cell-seconds", type=float, default=Limits().cell, help="seconds for one cell")
            one.add_argument("--total-seconds", type=float, default=Limits().total, help="seconds for one submission")
        if "workers" in parts:
            one.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes on this machine")
        return one

    one = command(run, "run", "course", "sandbox", "workers")
    one.add_argument("assignment", help="its name, as in submitted/STUDENT/ASSIGNMENT")
    one.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a Dask cluster's scheduler, in place of --workers"
    )
    one = command(collect, "collect", "course")
    one.add_argument("assignment", help="its name, as in solutions/ASSIGNMENT")
    one.add_argument("download", help="the zip file of Canvas, Moodle, Blackboard or Gradescope, or a folder")
    one.add_argument("--replace", action="store_true", help="newer work counts; what was collected is kept beside it")
    command(selftest, "selftest", "course", "sandbox")
    command(check, "check").add_argument("notebooks", nargs="+", help="source notebooks, with their solutions")
    one = command(export, "export", "course")
    one.add_argument("assignments", nargs="*", metavar="assignment", help="only these (default: all)")
    one.add_argument("--student", action="append", default=[], metavar="NAME", help="only this one; may be repeated")
    one.add_argument("--form", default="nbgrader", choices=("nbgrader", "moodle", "canvas"), help="whose columns")
    one.add_argument("--to", default="grades.csv", metavar="FILE", help="where (default: %(default)s)")
    one = command(demo, "demo", "workers")
    one.add_argument("--folder", help="where to make the course (default: a temporary folder)")
    one.add_argument("--open", action="store_true", help="open the results in a browser")
    arguments = parser.parse_args(words)
    if importlib.util.find_spec("nbgrader") is None:
        print("birnn-grade: nbgrader is missing: `pip install '.[grader]'` in the course's folder", file=sys.stderr)
        return 2
    try:
        return int(arguments.function(arguments))
    except Exception as error:
        from birnn_grader.downloads import CollectError
        from birnn_grader.nbgrader.course import trouble
        from birnn_grader.nbgrader.export import ExportError
        from birnn_grader.package import PackageError

        if isinstance(error, SandboxError | PackageError | ExportError | CollectError | OSError):
            print(f"birnn-grade: {error}", file=sys.stderr)
            return 2
        if (why := trouble(error)) is not None:
            print(f"birnn-grade: {why}", file=sys.stderr)
            return 2
        raise


if __name__ == "__main__":
    sys.exit(main())
