"""``birnn-grade``: write a problem set, collect and grade a class, export the grades, or see it all in a demo."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Callable

from birnn_grader.commands import authoring, grading, machine
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import UNSAFELY, SandboxError


class _Parser:
    """The subcommands, and the options that several of them share."""

    def __init__(self) -> None:
        self.parser = argparse.ArgumentParser(prog="birnn-grade", description=__doc__)
        self.commands = self.parser.add_subparsers(required=True, metavar="COMMAND")

    def add(self, function: Callable[[argparse.Namespace], int], name: str, *parts: str) -> argparse.ArgumentParser:
        """Add a subcommand with the shared options of ``parts``; its help is what the function's docstring says."""
        one = self.commands.add_parser(
            name, help=str(function.__doc__).splitlines()[0], description=function.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
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


def _author(commands: _Parser) -> None:
    one = commands.add(authoring.new, "new", "course")
    one.add_argument("assignment", help="its name, as in solutions/ASSIGNMENT: letters, digits, - and _")
    one = commands.add(authoring.check, "check", "course")
    one.add_argument("assignments", nargs="+", metavar="assignment", help="a name, as in solutions/ASSIGNMENT")
    one = commands.add(authoring.try_out, "try", "course", "sandbox", "workers")
    one.add_argument("assignment", help="its name, as in solutions/ASSIGNMENT")


def _grade(commands: _Parser) -> None:
    one = commands.add(grading.collect, "collect", "course")
    one.add_argument("assignment", help="its name, as in solutions/ASSIGNMENT")
    one.add_argument("download", help="the zip file of Canvas, Moodle, Blackboard or Gradescope, or a folder")
    one.add_argument("--replace", action="store_true", help="newer work counts; what was collected is kept beside it")
    one.add_argument("--groups", metavar="FILE", help="CSV with the columns group and student: who hands in together")
    one.add_argument("--timezone", metavar="ZONE", help="of the platform's times that say none, as Europe/Berlin")
    one = commands.add(grading.due, "due", "course")
    one.add_argument("assignment", help="its name, as in the gradebook")
    one.add_argument("time", help="a local time, as '2026-10-25 23:59'")
    one.add_argument("--timezone", metavar="ZONE", help="where (default: LatePenalty.timezone of nbgrader_config.py)")
    one = commands.add(grading.run, "run", "course", "sandbox", "workers")
    one.add_argument("assignment", help="its name, as in submitted/STUDENT/ASSIGNMENT")
    one.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a Dask cluster's scheduler, in place of --workers"
    )
    one = commands.add(grading.share, "share", "course")
    one.add_argument("assignment", help="its name, as in submitted/STUDENT/ASSIGNMENT")
    one = commands.add(grading.regrade, "regrade", "course", "sandbox", "workers")
    one.add_argument("assignment", help="its name, as in solutions/ASSIGNMENT")
    one.add_argument("--yes", action="store_true", help="write without asking")
    one = commands.add(grading.report, "report", "course")
    one.add_argument("assignment", help="its name, as in submitted/STUDENT/ASSIGNMENT")
    one.add_argument("--to", metavar="FILE", help="where (default: reports/ASSIGNMENT.html)")
    one = commands.add(grading.export, "export", "course")
    one.add_argument("assignments", nargs="*", metavar="assignment", help="only these (default: all)")
    one.add_argument("--student", action="append", default=[], metavar="NAME", help="only this one; may be repeated")
    one.add_argument(
        "--form",
        default="nbgrader",
        choices=("nbgrader", "moodle", "canvas", "blackboard", "gradescope", "questions"),
        help="whose columns; gradescope: an autograder for one assignment, a zip file",
    )
    one.add_argument(
        "--canvas-column",
        default="",
        choices=("ID", "SIS User ID", "SIS Login ID"),
        help="which of Canvas's the students' names are (default: ID for a number, else SIS Login ID)",
    )
    one.add_argument("--to", default="grades.csv", metavar="FILE", help="where (default: %(default)s)")


def _machine(commands: _Parser) -> None:
    commands.add(machine.selftest, "selftest", "course", "sandbox")
    one = commands.add(machine.demo, "demo", "workers")
    one.add_argument("--folder", help="where to make the course (default: a temporary folder)")
    one.add_argument("--open", action="store_true", help="open the results in a browser")


def main(words: list[str] | None = None) -> int:
    """Run one command; return its exit status."""
    commands = _Parser()
    for add in (_author, _grade, _machine):
        add(commands)
    arguments = commands.parser.parse_args(words)
    if importlib.util.find_spec("nbgrader") is None:
        print("birnn-grade: nbgrader is missing: `pip install '.[grader]'` in the course's folder", file=sys.stderr)
        return 2
    try:
        return int(arguments.function(arguments))
    except Exception as error:
        if (why := _trouble(error)) is None:
            raise
        print(f"birnn-grade: {why}", file=sys.stderr)
        return 2


def _trouble(error: BaseException) -> str | None:
    """Return in a line what went wrong; None for what no one thought of."""
    from birnn_grader.lock import Busy
    from birnn_grader.mutants import MutantError
    from birnn_grader.nbgrader.course import trouble
    from birnn_grader.nbgrader.export import ExportError
    from birnn_grader.owners import CollectError
    from birnn_grader.package import PackageError

    if isinstance(error, SandboxError | PackageError | ExportError | CollectError | MutantError | Busy | OSError):
        return str(error)
    return trouble(error)


if __name__ == "__main__":
    sys.exit(main())
