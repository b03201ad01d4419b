"""``new``, ``check`` and ``try``: a problem set of a teacher's own."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from birnn_grader.commands.shared import backend, limits, mutants_file, progress, sources


def new(arguments: argparse.Namespace) -> int:
    """Write a problem set that works, to be changed into yours: an answer, its tests, wrong answers to try them on."""
    from birnn_grader.nbgrader.course import course
    from birnn_grader.starter import write

    coursedir = course(arguments.course).coursedir
    folder = Path(coursedir.format_path(coursedir.source_directory, ".", arguments.assignment))
    for path in write(arguments.assignment, folder, mutants_file(coursedir, arguments.assignment)):
        print(f"wrote {path.relative_to(coursedir.root)}")
    name = arguments.assignment
    print(f"next: jupyter lab, then `birnn-grade check {name}` and `birnn-grade try {name}`")
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Print in words what is wrong with an assignment's source: a name, or the path of a notebook."""
    from birnn_grader.checks import answers_problems, notebook_problems
    from birnn_grader.nbgrader.course import course
    from birnn_grader.package import read

    here, found, coursedir = Path.cwd(), [], None
    for name in arguments.assignments:
        if name.endswith(".ipynb"):
            found += [f"{name}: {problem}" for problem in notebook_problems(read(here / name)["cells"])]
            continue
        coursedir = coursedir or course(arguments.course).coursedir
        paths = sources(coursedir, name)
        cells = [cell for path in paths for cell in read(path)["cells"]]
        for path in paths:
            found += [f"{path.name}: {problem}" for problem in notebook_problems(read(path)["cells"])]
        answers = mutants_file(coursedir, name)
        found += [f"{answers.name}: {problem}" for problem in answers_problems(answers, cells)]
    os.chdir(here)
    print("\n".join(found) or "nothing is wrong")
    return 1 if found else 0


def try_out(arguments: argparse.Namespace) -> int:
    """Mark the solution, a blank and every wrong answer in the sandbox, and print what each one gets."""
    from birnn_grader.nbgrader.course import course
    from birnn_grader.nbgrader.source import from_source
    from birnn_grader.trial import Trial

    app = course(arguments.course)
    complaints = []
    for path in sources(app.coursedir, arguments.assignment):
        package = from_source(app, arguments.assignment, path.stem)
        trial = Trial(package, path, mutants_file(app.coursedir, arguments.assignment))
        trial.run(backend(arguments), limits(arguments), arguments.workers, progress("answer"))
        print(trial.table())
        complaints += trial.complaints()
    print("\n".join(complaints) or "every answer gets what it should")
    return 1 if complaints else 0
