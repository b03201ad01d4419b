"""`nbgrader autograde` with a safe way in: every submission is rebuilt, and none can stop the others."""

from __future__ import annotations

import contextlib
import glob
import json
import logging
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook, InvalidEntry, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from sqlalchemy.exc import OperationalError
from tornado.log import app_log
from traitlets import default

from birnn_grader import intake
from birnn_grader.judge import selftest
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import SandboxError
from birnn_grader.nbgrader.course import load_package, trouble
from birnn_grader.nbgrader.preprocessor import SplitExecute
from birnn_grader.nbgrader.submissions import keep_timestamp, submitted, timestamp


class IntakeExporter(NotebookExporter):
    """Read a submission by `intake.rebuild`; what nbgrader itself wrote is read as it is."""

    def from_filename(self, filename: str, resources: Any = None, **settings: Any) -> Any:
        """Return the rebuilt notebook, whatever the file holds."""
        converter: Any = self.parent
        if not converter._sanitizing:
            return super().from_filename(filename, resources=resources, **settings)
        names, limits = resources["nbgrader"], converter.limits
        whole = load_package(converter.coursedir, names["assignment"], names["notebook"])
        data, reason = submitted(filename, limits)
        notebook, notes, readable = intake.rebuild(data, whole.released, limits, reason)
        notebook["metadata"]["birnn_grader"] = {"notes": notes, "readable": readable}
        node = nbformat.reads(json.dumps(notebook), as_version=4)
        return self.from_notebook_node(node, resources=resources, **settings)


class GradebookTrouble(KeyboardInterrupt):
    """The gradebook could not be used. nbgrader takes back the submission at which it is interrupted, and stops.

    Of an error it would print a page with what was being written: marks.
    """


def _no_traceback(record: logging.LogRecord) -> bool:
    return not record.exc_info


@contextlib.contextmanager
def _in_a_line() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InvalidEntry) as error:  # nbgrader makes some of the one into the other
        if OperationalError in (type(error), type(error.__context__)):
            raise GradebookTrouble(trouble(error)) from None
        raise


class SafeAutograde(Autograde):
    """nbgrader's converter; it takes from a submission its expected notebooks and its time, and copies nothing else."""

    def __init__(self, coursedir: Any = None, **settings: Any) -> None:
        super().__init__(coursedir=coursedir, **settings)
        coursedir.get_existing_timestamp = partial(timestamp, coursedir)
        self.limits = Limits()

    @default("exporter_class")
    def _exporter_class_default(self) -> type:
        return IntakeExporter

    def start(self) -> None:
        """Show that the sandbox holds, then grade."""
        execute = SplitExecute(parent=self)
        self.limits = execute.limits()
        try:
            selftest.ensure(execute.sandbox(), self.limits, [self.coursedir.root])
        except SandboxError as error:
            self.log.error(str(error))
            raise NbGraderException(str(error)) from None
        app_log.addFilter(_no_traceback)  # the gradebook's, which it prints before it raises
        try:
            with _in_a_line():
                super().start()
        except GradebookTrouble as error:
            self.log.error(str(error))
            raise NbGraderException(str(error)) from None
        finally:
            app_log.removeFilter(_no_traceback)

    def init_notebooks(self) -> None:
        """List the notebooks that the gradebook knows, for every folder handed in, there or not."""
        course = self.coursedir
        self.assignments: dict[str, list[str]] = {}
        self.notebooks: list[str] = []
        try:
            with Gradebook(course.db_url, course.course_id) as gradebook:
                known = [notebook.name for notebook in gradebook.find_assignment(course.assignment_id).notebooks]
        except MissingEntry:
            super().init_notebooks()
            return
        wanted = known if course.notebook_id == "*" else [name for name in known if name == course.notebook_id]
        for folder in sorted(glob.glob(self._format_source(course.assignment_id, course.student_id))):
            if os.path.isdir(folder):
                self.assignments[folder] = [os.path.join(folder, f"{name}.ipynb") for name in wanted]
        if not self.assignments:
            super().init_notebooks()  # it says what is missing

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Prepare the gradebook as nbgrader does, without copying a file of the student's; its time is set again."""
        ignored, self.coursedir.ignore = self.coursedir.ignore, ["*"]
        try:
            with _in_a_line():
                super().init_assignment(assignment_id, student_id)
        finally:
            self.coursedir.ignore = ignored
        when = timestamp(self.coursedir, self._format_source(assignment_id, student_id))
        keep_timestamp(self._format_dest(assignment_id, student_id), when)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Grade one notebook as nbgrader does."""
        with _in_a_line():
            super().convert_single_notebook(notebook_filename)
