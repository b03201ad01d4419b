"""A made-up class, from the hand-in to the pages: what the grader does, seen in a minute or two."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

from birnn_grader.judge.cells import kind, settings_of

SOURCE = Path(__file__).with_suffix(".ipynb")
ASSIGNMENT = "demo"
CONFIG = """
from birnn_grader.plugin import configure

c = get_config()
c.CourseDirectory.course_id = "demo"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
configure(c)
"""

# What each hostile student writes in place of the first answer.
HOSTILE = {
    "loops": "def forward_sums(*arguments):\n    while True:\n        pass\n",
    "exits": "import os\nos._exit(0)\n",
    "patches": "import numpy as np\nnp.allclose = lambda *a, **k: True\nforward_sums = lambda *a: np.zeros((1, 1))\n",
    "reads": "import glob\nprint(glob.glob('/**/demo.ipynb', recursive=True))\nfrom birnn_ref.plain import rnn_step\n",
    "calls": "import socket\nsocket.create_connection(('1.1.1.1', 53), 2)\n",
    "floods": "while True:\n    print('x' * 10**6)\n",
    "scripts": "print('<script>alert(1)</script>')\n",
}


def _put(released: dict[str, Any], answers: dict[str, str]) -> dict[str, Any]:
    """Return a submission: the released notebook with these answers."""
    made: dict[str, Any] = json.loads(json.dumps(released))
    for cell in made["cells"]:
        name = settings_of(cell).get("grade_id")
        if name in answers and settings_of(cell).get("solution"):
            cell["source"] = answers[name]
    return made


def make_class(source: dict[str, Any], released: dict[str, Any]) -> dict[str, bytes]:
    """Return the files of a class: right, partial, blank, wrong and hostile students, and one without a notebook."""
    full = {settings_of(c)["grade_id"]: "".join(c["source"]) for c in source["cells"] if settings_of(c).get("solution")}
    code = [settings_of(c)["grade_id"] for c in source["cells"] if kind(c) == "answer"]
    made = {"ada-right": _put(released, full), "ben-blank": released}
    for n, student in enumerate(("cy", "dee", "eve"), start=1):
        made[f"{student}-partial"] = _put(released, {name: full[name] for name in code[:n]})
    wrong = {name: text.replace("[:, ::-1]", "") for name, text in full.items()}
    made["finn-mutant"] = _put(released, wrong)
    for name, attack in HOSTILE.items():
        made[f"mallory-{name}"] = _put(released, {**full, code[0]: attack})
    files = {student: json.dumps(notebook).encode() for student, notebook in made.items()}
    return {**files, "gus-no-notebook": b"my notebook is in the other folder"}


def _nbgrader(folder: Path, *words: str) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [sys.executable, "-m", "nbgrader", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"nbgrader {' '.join(words)} failed:\n{done.stderr[-2000:]}")


def page(results: list[dict[str, Any]], full: float) -> str:
    """Return the class's results as a page with a link to everyone's feedback."""
    rows = []
    for result in results:
        score = sum(score for score in (result["scores"] or {}).values() if score is not None)
        link = f"feedback/{result['student']}/{ASSIGNMENT}/{ASSIGNMENT}.html"
        notes = "<br>".join(html.escape(note) for note in result["notes"] or [])
        rows.append(f'<tr><td><a href="{link}">{result["student"]}</a><td>{score:g} of {full:g}<td>{notes}')
    style = "body{font:16px sans-serif;margin:2em}td,th{padding:.3em 1em;text-align:left;border-bottom:1px solid #ccc}"
    head = f"<!doctype html><meta charset=utf-8><title>The class</title><style>{style}</style><h1>{ASSIGNMENT}</h1>"
    return f"{head}<table><tr><th>student<th>points<th>unusual{''.join(rows)}</table>"


def show(folder: Path | None, workers: int, open_: bool) -> int:
    """Make the class in ``folder``, grade it, write the feedback, and print where the results are."""
    from birnn_grader.judge.limits import Limits
    from birnn_grader.judge.sandbox import choose
    from birnn_grader.nbgrader.course import course
    from birnn_grader.pool import Run, summary

    backend = choose()
    folder = Path(folder or tempfile.mkdtemp(prefix="birnn-demo-")).resolve()
    if (folder / "solutions").exists():
        print(f"{folder} already holds a course; name an empty folder", file=sys.stderr)
        return 2
    (folder / "solutions" / ASSIGNMENT).mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    shutil.copy(SOURCE, folder / "solutions" / ASSIGNMENT)
    print("generating the assignment", flush=True)
    _nbgrader(folder, "generate_assignment", ASSIGNMENT)
    source, released = (
        json.loads((folder / step / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text())
        for step in ("solutions", "exercises")
    )
    for student, data in make_class(source, released).items():
        path = folder / "submitted" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    print("grading the class", flush=True)
    run = Run(course(str(folder)).coursedir, ASSIGNMENT, backend, Limits(cell=5))
    results = run.grade(workers)
    run.merge(results)
    points = {name: sum(package.points().values()) for name, package in run.packages.items()}
    print(summary(results, points))
    print("writing the feedback", flush=True)
    _nbgrader(folder, "generate_feedback", ASSIGNMENT)
    _nbgrader(folder, "export")
    (folder / "index.html").write_text(page(results, sum(points.values())), encoding="utf-8")
    print(f"{folder / 'index.html'}\n{folder / 'grades.csv'}")
    if open_:
        webbrowser.open((folder / "index.html").as_uri())
    return 0
