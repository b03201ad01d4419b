"""A course folder as nbgrader knows it: its settings, and the packages of its assignments."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, InvalidEntry
from nbgrader.apps import NbGrader
from sqlalchemy.exc import SQLAlchemyError

from birnn_grader import package
from birnn_grader.nbgrader.late import LatePenalty
from birnn_grader.package import PackageError


def course(folder: str) -> Any:
    """Return nbgrader's course folder with the settings of its ``nbgrader_config.py``."""
    if not Path(folder, "nbgrader_config.py").is_file():
        raise PackageError(f"{folder} is not a course folder, it has no nbgrader_config.py: name it with --course")
    os.environ["PATH"] = (
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # nbgrader runs alembic
    )
    app = NbGrader()
    app.config_dir = folder
    os.chdir(folder)
    app.initialize(["--log-level=ERROR"])
    app.coursedir.root = os.getcwd()
    return app


def load_package(coursedir: Any, assignment: str, notebook: str) -> package.Package:
    """Return the package of one notebook from nbgrader's course folder."""
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        folders = coursedir.source_directory, coursedir.release_directory
        return package.load(coursedir.root, assignment, notebook, gradebook, *folders)


def trouble(error: BaseException) -> str | None:
    """Return in one line what kept the gradebook from being used, without the marks that were being written.

    Examples
    --------
    >>> trouble(SQLAlchemyError("INSERT INTO grade ..."))
    'the gradebook could not be used: SQLAlchemyError. What was graded is kept: run this again, and it goes on'
    >>> trouble(ValueError("of something else"))
    """
    cause = error.__context__ if isinstance(error, InvalidEntry) else error  # what nbgrader's own error stands for
    if not isinstance(cause, SQLAlchemyError):
        return None
    why = str(getattr(cause, "orig", None) or type(cause).__name__)
    if "locked" in why:
        why = "another program is writing into it (another run, formgrader, nbgrader)"
    return f"the gradebook could not be used: {why}. What was graded is kept: run this again, and it goes on"


def late_penalty(app: Any) -> Any:
    """Return what the course's plug-in for late work takes off: ``penalty(student, score, when, due)``, in UTC."""
    from nbgrader.plugins import LateSubmissionPlugin
    from nbgrader.preprocessors import AssignLatePenalties

    plugin = (AssignLatePenalties(parent=app).plugin_class or LateSubmissionPlugin)(parent=app)

    def penalty(student: str, score: float, when: Any, due: Any) -> float | None:
        if isinstance(plugin, LatePenalty):
            plugin.due = due
        cost: float | None = plugin.late_submission_penalty(student, score, (when - due).total_seconds())
        return cost

    return penalty
