"""Grade a class: each submission is a pure task, on this machine's cores or on a Dask cluster.

A task takes bytes and gives a result; it shares no file and no database. Results are kept in a folder, a file each,
written whole or not at all, so that a run that was killed goes on where it stopped. At the end one writer merges.
"""

from __future__ import annotations

import concurrent.futures as futures
import contextlib
import hashlib
import json
import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from birnn_grader import __version__
from birnn_grader.judge import selftest
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Sandbox
from birnn_grader.nbgrader import merge
from birnn_grader.nbgrader.course import load_package
from birnn_grader.nbgrader.submissions import keep_timestamp, submitted, timestamp
from birnn_grader.package import Package, PackageError
from birnn_grader.tasks import task

STATE = ".birnn-grade"


def content(package: Package, data: bytes | None, reason: str, limits: Limits) -> str:
    """Return a digest of all that decides a result."""
    parts = [
        __version__,
        package.digest(),
        repr(limits),
        reason,
        "none" if data is None else hashlib.sha256(data).hexdigest(),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _iso(when: Any) -> str | None:
    return when.isoformat() if when else None


def save(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


@contextlib.contextmanager
def executor(workers: int, scheduler: str = "") -> Iterator[futures.Executor]:
    """Give a `concurrent.futures` executor: processes here, or those of the cluster at ``scheduler``."""
    if scheduler:
        from distributed import Client

        with Client(scheduler) as client, client.get_executor(pure=False) as pool:
            yield pool
    else:
        context = multiprocessing.get_context("forkserver")
        with futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
            yield pool


class Run:
    """One assignment of a course, graded for everyone who handed in.

    Parameters
    ----------
    coursedir : nbgrader.coursedir.CourseDirectory
    assignment : str
    backend
        As `sandbox.choose` returns it.
    limits : Limits

    Raises
    ------
    PackageError
        If the assignment has not been generated.
    """

    def __init__(self, coursedir: Any, assignment: str, backend: Sandbox, limits: Limits) -> None:
        self.coursedir, self.assignment, self.backend, self.limits = coursedir, assignment, backend, limits
        self.state = Path(coursedir.root, STATE, assignment)
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            try:
                names = [notebook.name for notebook in gradebook.find_assignment(assignment).notebooks]
            except MissingEntry:
                puts = f"`nbgrader generate_assignment {assignment} --force` puts it there"
                message = f"{assignment} is not in the gradebook: {puts}"
                raise PackageError(message) from None
        self.packages = {name: load_package(coursedir, assignment, name) for name in names}

    @property
    def _pattern(self) -> Path:
        return Path(self.coursedir.format_path(self.coursedir.submitted_directory, "*", self.assignment))

    def students(self) -> list[str]:
        """Return everyone with a folder for this assignment."""
        pattern = self._pattern
        depth = pattern.parts.index("*")
        folders = Path(*pattern.parts[:depth]).glob(str(Path(*pattern.parts[depth:])))
        found = sorted(path.parts[depth] for path in folders if path.is_dir())
        for name in found:
            if not name.isprintable():  # bytes that are no UTF-8: the gradebook could not hold it
                self.coursedir.log.error("left out, its name is no text: %s of %s", ascii(name), pattern)
        return [name for name in found if name.isprintable()]

    def _folder(self, step: str, student: str) -> Path:
        return Path(self.coursedir.format_path(step, student, self.assignment))

    def grade(self, workers: int = 1, scheduler: str = "", progress: Any = iter) -> list[dict[str, Any]]:
        """Grade what has no result yet, and return every result; ``progress`` wraps the stream of finished tasks.

        Raises
        ------
        PackageError
            If nobody has handed in.
        """
        wanted = [(student, name) for student in self.students() for name in self.packages]
        if not wanted:
            raise PackageError(f"nobody has handed in: there is no folder {self._pattern}, * being a student's name")
        results, open_ = {}, []
        for student, name in wanted:
            data, reason = submitted(
                self._folder(self.coursedir.submitted_directory, student) / f"{name}.ipynb", self.limits
            )
            digest = content(self.packages[name], data, reason, self.limits)
            found = self._stored(student, name, digest)
            if found is None:
                open_.append((student, name))
            else:
                results[student, name] = {**found, "timestamp": _iso(self._when(student))}
        if open_ and not scheduler:
            selftest.ensure(self.backend, self.limits, [self.coursedir.root])
        for _ in range(3):  # a worker that was killed takes the others' running tasks with it: they get another pool
            if open_:
                with executor(workers, scheduler) as pool:
                    for key, result in progress(self._finished(pool, open_, not scheduler, workers)):
                        results[key] = result
            open_ = [key for key in open_ if results[key].get("error") is not None]
        return [results[key] for key in wanted]

    def _finished(
        self, pool: futures.Executor, open_: list[tuple[str, str]], checked: bool, workers: int
    ) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
        """Submit a few tasks ahead, so that a large class never lies in memory, and yield what is done."""
        waiting = open_[::-1]
        running: dict[futures.Future[Any], tuple[tuple[str, str], str]] = {}
        ahead = max(2 * workers, 8)
        while waiting or running:
            while waiting and len(running) < ahead:
                student, name = waiting.pop()
                path = self._folder(self.coursedir.submitted_directory, student) / f"{name}.ipynb"
                data, reason = submitted(path, self.limits)
                try:
                    future = pool.submit(task, self.packages[name], data, reason, self.backend, self.limits, checked)
                except futures.BrokenExecutor as error:  # a worker was killed: the rest waits for the next pool
                    future = futures.Future()
                    future.set_exception(error)
                running[future] = (student, name), content(self.packages[name], data, reason, self.limits)
            done, _ = futures.wait(running, return_when=futures.FIRST_COMPLETED)
            for future in done:
                (student, name), digest = running.pop(future)
                try:
                    graded = future.result()
                except Exception as error:  # a worker that was killed
                    graded = {"error": f"{type(error).__name__}: {error}"}
                try:
                    result = self._store(student, name, digest, graded)
                except Exception as error:  # a full disk, or what no one thought of: the others go on
                    failed = {"error": f"the result could not be stored: {type(error).__name__}: {error}"}
                    result = self._result(student, name, digest, failed)
                yield (student, name), result

    def _when(self, student: str) -> Any:
        return timestamp(self.coursedir, str(self._folder(self.coursedir.submitted_directory, student)))

    def _stored(self, student: str, name: str, digest: str) -> dict[str, Any] | None:
        path = self.state / student / f"{name}.json"
        with contextlib.suppress(OSError, ValueError):
            result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if result["content"] == digest:
                return result
        return None

    def _store(self, student: str, name: str, digest: str, graded: dict[str, Any]) -> dict[str, Any]:
        result = self._result(student, name, digest, graded)
        if result["error"] is None:
            self._write_notebook(student, name, graded, self._when(student))
            save(self.state / student / f"{name}.json", json.dumps(result))
        return result

    def _result(self, student: str, name: str, digest: str, graded: dict[str, Any]) -> dict[str, Any]:
        return {
            "student": student,
            "notebook": name,
            "content": digest,
            "timestamp": _iso(self._when(student)),
            **{key: graded.get(key) for key in ("scores", "blank", "notes", "seconds", "error")},
        }

    def _write_notebook(self, student: str, name: str, graded: dict[str, Any], when: Any) -> None:
        """Put the graded notebook where nbgrader's feedback and formgrader look for it."""
        notebook = nbformat.from_dict(graded["notebook"])
        notebook.metadata["birnn_grader"] = {"notes": graded["notes"]}
        path = self._folder(self.coursedir.autograded_directory, student) / f"{name}.ipynb"
        save(path, nbformat.writes(notebook))
        path.chmod(0o644)
        keep_timestamp(path.parent, when)

    def merge(self, results: list[dict[str, Any]], penalty: Any = None) -> int:
        """Merge the results into the gradebook; those that failed stay out, to be graded by the next run."""
        good = [result for result in results if result.get("error") is None]
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            return merge.merge(gradebook, self.assignment, good, penalty)


def summary(results: list[dict[str, Any]], points: dict[str, float]) -> str:
    """Return one line a student with the score, and under it whatever was unusual."""
    lines = []
    for result in results:
        if result.get("error") is not None:
            lines.append(f"{result['student']:20} {result['notebook']}: NOT GRADED, run again: {result['error']}")
            continue
        known = [score for score in result["scores"].values() if score is not None]
        by_hand = sum(score is None for score in result["scores"].values())
        tail = f", {by_hand} cell(s) to mark by hand" if by_hand else ""
        lines.append(
            f"{result['student']:20} {result['notebook']}: {sum(known):g} of {points[result['notebook']]:g}{tail}"
        )
        lines += [f"    {note}" for note in result["notes"]]
    return "\n".join(lines)
