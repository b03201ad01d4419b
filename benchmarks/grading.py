"""The grader against ``nbgrader autograde`` as it is: the same honest class of problem set 1, in one run, alternating.

``python -m benchmarks.grading [--students N] [--whole] [--into FILE]`` prints seconds a submission and their ratios
beside what is wanted; ``--whole`` adds 100 submissions on two workers, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "birnn"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
"""
WANTED = {
    "one worker, a submission, of stock's time": ("at most", 0.4),
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


def _course(folder: Path, students: int) -> Path:
    """Make a course with ``students`` that solved problem set 1."""
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(ROOT / "solutions/ps1", folder / "solutions/ps1")
    _command(folder, "nbgrader", "generate_assignment", "ps1", "--create")
    for n in range(students):
        shutil.copytree(ROOT / "solutions/ps1", folder / "submitted" / f"student{n:05}" / "ps1")
    return folder


def _timed(course: Path, way: str) -> float:
    """Grade a fresh copy of a course one way; return the seconds."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name, "course")
        shutil.copytree(course, copy)
        if way == "stock":
            (copy / "nbgrader_config.py").write_text(STOCK)
        if way in ("stock", "autograde"):
            return _command(copy, "nbgrader", "autograde", "ps1")
        return _command(copy, "birnn_grader.cli", "run", "ps1", "--workers", way)


def _large() -> float:
    """Merge and export 10,000 students; return the seconds."""
    from nbgrader.api import Gradebook

    from birnn_grader.export import write
    from birnn_grader.merge import merge

    scores = {"test_rnn_step_visible": 1.0, "explain_last_output": None}
    result = {"notebook": "ps1", "scores": scores, "blank": [], "timestamp": None}
    results = [{**result, "student": f"s{n:05}", "content": f"{n:064}"} for n in range(10_000)]
    with tempfile.TemporaryDirectory() as name:
        course = _course(Path(name, "course"), 0)
        began = time.perf_counter()
        with Gradebook(f"sqlite:///{course}/gradebook.db", "birnn") as book:
            merge(book, "ps1", results)
            write(book, Path(name, "grades.csv"))
        return time.perf_counter() - began


def measure(students: int = 6, rounds: int = 3, whole: bool = False) -> dict:
    """Return seconds by contestant, and the figures that are wanted of them.

    A command's own start counts in a class of any size, so a submission's seconds are the difference between a class
    of ``students + 1`` and one of 1, divided by ``students``.
    """
    seconds: dict[str, list[float]] = {way: [] for way in ("stock", "autograde", "1", "2")}
    with tempfile.TemporaryDirectory() as name:
        one, many = _course(Path(name, "one"), 1), _course(Path(name, "many"), students + 1)
        for _ in range(rounds):
            for way, found in seconds.items():
                found.append((_timed(many, way) - _timed(one, way)) / students)
        middle = {way: statistics.median(found) for way, found in seconds.items()}
        figures = {
            "one worker, a submission, of stock's time": middle["1"] / middle["stock"],
            "nbgrader autograde with this grader, of stock's time": middle["autograde"] / middle["stock"],
            "two workers, times one worker's speed": middle["1"] / middle["2"],
            "merging and exporting 10,000 students, seconds": _large(),
        }
        if whole:
            course = _course(Path(name, "whole"), 100)
            ours, stock = _timed(course, "2"), _timed(course, "stock")
            figures["two workers, the class, of stock's time"] = ours / stock
            figures["100 submissions, stock, seconds"], figures["100 submissions, ours, seconds"] = stock, ours
    about = {"python": platform.python_version(), "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    return {"seconds": seconds, "figures": figures, "wanted": WANTED, "about": about}


def main() -> None:
    """Measure, print, and store where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--whole", action="store_true", help="also a class of 100")
    parser.add_argument("--into", type=Path, help="a JSON file for the result")
    arguments = parser.parse_args()
    result = measure(arguments.students, arguments.rounds, arguments.whole)
    for way, found in result["seconds"].items():
        spread = f"{min(found):.2f} to {max(found):.2f}"
        name = way if way in ("stock", "autograde") else f"birnn-grade, {way} worker(s)"
        print(f"{name:28} {statistics.median(found):6.2f} s a submission ({spread})")
    for name, value in result["figures"].items():
        wanted = WANTED.get(name)
        print(f"{name:56} {value:8.2f}" + (f"   wanted: {wanted[0]} {wanted[1]:g}" if wanted else ""))
    print(", ".join(f"{key} {value}" for key, value in result["about"].items()))
    if arguments.into:
        arguments.into.parent.mkdir(parents=True, exist_ok=True)
        arguments.into.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
