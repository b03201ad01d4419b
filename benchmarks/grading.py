"""The grader against ``nbgrader autograde`` as it is: the same honest class, in one run, alternating.

Seconds per submission of problem set 1 (NumPy) and 6 (PyTorch), and 100 submissions of problem set 1 by two workers, by
one and by stock; classes of 10, 100 and 1,000: about 25 minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "birnn"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
"""
WANTED = {
    "ps1, one worker, a submission, of stock's time": ("at most", 0.15),
    "ps6, one worker, a submission, of stock's time": ("at most", 0.7),
    "two workers, times one worker's speed": ("at least", 1.8),
    "two workers, the class, of stock's time": ("at most", 0.2),
    "merging and exporting 10,000 students, seconds": ("at most", 10.0),
}


def _command(folder: Path, *words: str) -> float:
    """Run a command of this environment in a course folder; return its seconds."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{words} failed:\n{done.stderr[-2000:]}")
    return time.perf_counter() - began


def _course(folder: Path, students: int, assignment: str = "ps1") -> Path:
    """Make a course with ``students`` that solved one problem set."""
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(ROOT / "solutions" / assignment, folder / "solutions" / assignment)
    _command(folder, "nbgrader", "generate_assignment", assignment, "--create")
    for n in range(students):
        shutil.copytree(ROOT / "solutions" / assignment, folder / "submitted" / f"student{n:05}" / assignment)
    return folder


def mixed_course(folder: Path, students: int) -> Path:
    """Make a course for problem set 1 and a class as it is: blank, right, every wrong answer in turn."""
    from birnn_grader.mutants import read_mutants
    from birnn_grader.package import answers_of, read

    course = _course(folder, 0)
    solution = answers_of(read(course / "solutions/ps1/ps1.ipynb")["cells"])
    wrong, right = read_mutants(ROOT / "tests/exercises/mutants/ps1.toml")
    made = [{}, solution, *(mutant.answers(solution) for mutant in (*wrong, *right))]
    for n in range(students):
        notebook = read(course / "exercises/ps1/ps1.ipynb")
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if cell["metadata"].get("nbgrader", {}).get("solution"):
                cell["source"] = made[n % len(made)].get(name, cell["source"])
        path = course / "submitted" / f"student{n:05}" / "ps1" / "ps1.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook))
    return course


def _timed(course: Path, way: str) -> float:
    """Grade a fresh copy of a course by stock, by ``autograde`` or by a number of workers; return the seconds."""
    (assignment,) = (path.name for path in (course / "solutions").iterdir())
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name, "course")
        shutil.copytree(course, copy)
        if way == "stock":
            (copy / "nbgrader_config.py").write_text(STOCK)
        if way in ("stock", "autograde"):
            return _command(copy, "nbgrader", "autograde", assignment)
        return _command(copy, "birnn_grader.cli", "run", assignment, "--workers", way)


def _large() -> float:
    """Merge and export 10,000 students; return the seconds."""
    from nbgrader.api import Gradebook

    from birnn_grader.nbgrader.export import choose, write
    from birnn_grader.nbgrader.merge import merge

    scores = {"test_rnn_step_visible": 1.0, "explain_last_output": None}
    result = {"notebook": "ps1", "scores": scores, "blank": [], "timestamp": None}
    results = [{**result, "student": f"s{n:05}", "content": f"{n:064}"} for n in range(10_000)]
    with tempfile.TemporaryDirectory() as name:
        course = _course(Path(name, "course"), 0)
        began = time.perf_counter()
        with Gradebook(f"sqlite:///{course}/gradebook.db", "birnn") as book:
            merge(book, "ps1", results)
            write(choose(book), Path(name, "grades.csv"))
        return time.perf_counter() - began


def _each(folder: Path, assignment: str, students: int, rounds: int, ways: tuple[str, ...]) -> dict[str, list[float]]:
    """Return for each way the seconds per submission, one number per round.

    A command's own start counts in a class of any size, so they are the difference between a class of
    ``students + 1`` and one of 1, divided by ``students``.
    """
    one, many = (_course(folder / assignment / str(n), n, assignment) for n in (1, students + 1))
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, found in seconds.items():
            found.append((_timed(many, way) - _timed(one, way)) / students)
    return seconds


def _by_size(folder: Path, sizes: tuple[int, ...]) -> dict[str, float]:
    """Return the seconds of a whole class by two workers, and of a second run with nothing to do, by its size."""
    figures = {}
    for size in sizes:
        course = mixed_course(folder / f"class{size}", size)
        for words in ("by two workers", "again, nothing to do"):
            seconds = _command(course, "birnn_grader.cli", "run", "ps1", "--workers", "2")
            figures[f"a class of {size}, {words}, seconds"] = seconds
        figures[f"a class of {size}, its report, seconds"] = _command(course, "birnn_grader.cli", "report", "ps1")
    return figures


def measure(
    students: int = 6, rounds: int = 3, whole: int = 100, sizes: tuple[int, ...] = (10, 100, 1000), torch: bool = True
) -> dict[str, Any]:
    """Return seconds by assignment and contestant, and the figures that are wanted of them; ``whole`` is the class.

    Without ``torch``, problem set 6 is left out, and merging 10,000 students too.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = {"ps1": _each(folder, "ps1", students, rounds, ("stock", "autograde", "1"))}
        if torch:
            seconds["ps6"] = _each(folder, "ps6", max(students // 2, 1), rounds, ("stock", "1"))
        middle = {a: {way: statistics.median(f) for way, f in found.items()} for a, found in seconds.items()}
        figures = {f"{a}, one worker, a submission, of stock's time": m["1"] / m["stock"] for a, m in middle.items()}
        figures["ps1, nbgrader autograde with this grader, of stock's time"] = (
            middle["ps1"]["autograde"] / middle["ps1"]["stock"]
        )
        if torch:
            figures["merging and exporting 10,000 students, seconds"] = _large()
        one, course = folder / "ps1" / "1", _course(folder / "whole", whole)
        took = {way: _timed(course, way) for way in ("2", "1", "stock")}
        start = {way: _timed(one, way) for way in ("2", "1")}
        figures["two workers, times one worker's speed"] = (took["1"] - start["1"]) / (took["2"] - start["2"])
        figures["two workers, the class, of stock's time"] = took["2"] / took["stock"]
        figures |= {f"{whole} submissions, {way}, seconds": found for way, found in took.items()}
        figures |= _by_size(folder, sizes)
    return {"seconds": seconds, "figures": figures, "wanted": WANTED}


def run(say: Callable[[str], None] = print, quick: bool = False) -> dict[str, Any]:
    """Measure, and say each figure beside what is wanted of it; ``quick`` takes three minutes on a quiet machine."""
    result = measure(students=4, rounds=2, whole=24, sizes=(10,), torch=False) if quick else measure()
    for assignment, ways in result["seconds"].items():
        for way, found in ways.items():
            spread = f"{min(found):.2f} to {max(found):.2f}"
            name = way if way in ("stock", "autograde") else f"birnn-grade, {way} worker(s)"
            say(f"{assignment} {name:28} {statistics.median(found):6.2f} s a submission ({spread})")
    for name, value in result["figures"].items():
        wanted = WANTED.get(name)
        say(f"{name:60} {value:8.2f}" + (f"   wanted: {wanted[0]} {wanted[1]:g}" if wanted else ""))
    return result
