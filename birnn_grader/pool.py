"""Grade a class: each submission is a pure task, on this machine's cores or on a Dask cluster.

A task takes bytes and gives a result; it shares no file and no database. Results are kept as they come, so that a run
that was killed goes on where it stopped. At the end one writer merges.
"""

from __future__ import annotations

import concurrent.futures as futures
import contextlib
import multiprocessing
from collections.abc import Callable, Iterator
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from birnn_grader.judge import selftest
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Sandbox
from birnn_grader.nbgrader import merge
from birnn_grader.nbgrader.course import load_package
from birnn_grader.nbgrader.submissions import submitted
from birnn_grader.package import Package, PackageError
from birnn_grader.results import Shelf, content
from birnn_grader.tasks import task


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


def notebooks_of(coursedir: Any, assignment: str) -> list[str]:
    """Return the names of an assignment's notebooks in the gradebook.

    Raises
    ------
    PackageError
        If it is not there.
    """
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            return [notebook.name for notebook in gradebook.find_assignment(assignment).notebooks]
        except MissingEntry:
            puts = f"`nbgrader generate_assignment {assignment} --force` puts it there"
            raise PackageError(f"{assignment} is not in the gradebook: {puts}") from None


class Run:
    """One assignment of a course, graded for everyone who handed in.

    Parameters
    ----------
    coursedir : nbgrader.coursedir.CourseDirectory
    assignment : str
    backend
        As `sandbox.choose` returns it.
    limits : Limits
    packages : dict of str to Package, optional
        By notebook, those to grade by in place of the gradebook's. The results are staged then.

    Raises
    ------
    PackageError
        If the assignment has not been generated.
    """

    def __init__(
        self,
        coursedir: Any,
        assignment: str,
        backend: Sandbox,
        limits: Limits,
        packages: dict[str, Package] | None = None,
    ) -> None:
        self.coursedir, self.assignment, self.backend, self.limits = coursedir, assignment, backend, limits
        self.shelf = Shelf(coursedir, assignment, staged=packages is not None)
        if packages is None:
            names = notebooks_of(coursedir, assignment)
            packages = {name: load_package(coursedir, assignment, name) for name in names}
        self.packages = packages

    def _submitted(self, student: str, name: str) -> tuple[bytes | None, str, str]:
        """Return a submitted file's bytes or why there are none, and the digest of what decides its result."""
        path = self.shelf.folder(self.coursedir.submitted_directory, student) / f"{name}.ipynb"
        data, reason = submitted(path, self.limits)
        return data, reason, content(self.packages[name], data, reason, self.limits)

    def grade(
        self, workers: int = 1, scheduler: str = "", progress: Callable[[Any, int], Any] = lambda stream, total: stream
    ) -> list[dict[str, Any]]:
        """Grade what has no result yet, and return every result.

        Parameters
        ----------
        progress : callable
            ``progress(stream, total)`` wraps the stream of finished tasks, of which there will be ``total``.

        Raises
        ------
        PackageError
            If nobody has handed in.
        """
        wanted = [(student, name) for student in self.shelf.students() for name in self.packages]
        if not wanted:
            raise PackageError(
                f"nobody has handed in: there is no folder {self.shelf.pattern}, * being a student's name"
            )
        results, open_ = {}, []
        for student, name in wanted:
            found = self.shelf.load(student, name, self._submitted(student, name)[2])
            if found is None:
                open_.append((student, name))
            else:
                results[student, name] = found
        if open_ and not scheduler:
            selftest.ensure(self.backend, self.limits, [self.coursedir.root])
        for _ in range(3):  # a worker that was killed takes the others' running tasks with it: they get another pool
            if open_:
                with executor(workers, scheduler) as pool:
                    finished = self._finished(pool, open_, not scheduler, workers)
                    for key, result in progress(finished, len(open_)):
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
                data, reason, digest = self._submitted(student, name)
                try:
                    future = pool.submit(task, self.packages[name], data, reason, self.backend, self.limits, checked)
                except futures.BrokenExecutor as error:  # a worker was killed: the rest waits for the next pool
                    future = futures.Future()
                    future.set_exception(error)
                running[future] = (student, name), digest
            done, _ = futures.wait(running, return_when=futures.FIRST_COMPLETED)
            for future in done:
                (student, name), digest = running.pop(future)
                try:
                    graded = future.result()
                except Exception as error:  # a worker that was killed
                    graded = {"error": f"{type(error).__name__}: {error}"}
                try:
                    result = self.shelf.keep(student, name, digest, graded)
                except Exception as error:  # a full disk, or what no one thought of: the others go on
                    failed = {"error": f"the result could not be stored: {type(error).__name__}: {error}"}
                    result = self.shelf.result(student, name, digest, failed)
                yield (student, name), result

    def merge(self, results: list[dict[str, Any]], penalty: Any = None) -> int:
        """Merge the results into the gradebook; those that failed stay out, to be graded by the next run."""
        good = [result for result in results if result.get("error") is None]
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            return merge.merge(gradebook, self.assignment, good, penalty)


def summary(results: list[dict[str, Any]], points: dict[str, float]) -> str:
    """Return one line per student with the score, and under it whatever was unusual."""
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
    # What students wrote stands in the notes: a terminal must not take it for its own signs.
    return "\n".join("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)
