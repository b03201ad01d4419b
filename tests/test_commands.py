"""The commands that the README shows are commands that run, and `make` explains itself."""

import re
import shutil

import pytest
from support import ROOT, run

README = (ROOT / "README.md").read_text()
SHOWN = [
    line.split("#")[0].strip()
    for block in re.findall(r"```(?:sh|bash)\n(.*?)```", README, flags=re.S)
    for line in block.splitlines()
    if line.strip()
]
# Where each command is run: by .ci/run, or by a test of this name.
RUN_BY = {
    "git clone ADDRESS birnn && cd birnn": "the start of every CI run",
    "make book": ".ci/run",
    "make test": ".ci/run",
    "make lint": ".ci/run",
    "make serve": "tests/site/test_serve.py",
    "pip install '.[student]'": "tests/test_student.py",
    "jupyter lab --notebook-dir=. exercises/ps1/ps1.ipynb": "tests/test_student.py",
    "nbgrader validate exercises/ps1/ps1.ipynb": "tests/exercises/test_assignments.py",
    "nbgrader generate_assignment ps1 --create": "tests/grader/test_commands.py",
    "nbgrader generate_feedback ps1 --force": "tests/grader/test_commands.py",
    "birnn-grade demo": "tests/grader/test_commands.py",
    "birnn-grade run ps1 --workers 2": "tests/grader/test_commands.py",
    "birnn-grade export --to grades.csv": "tests/grader/test_commands.py",
    "make help": "tests/test_commands.py",
}


@pytest.mark.parametrize("command", SHOWN)
def test_each_command_in_the_readme_is_run_somewhere(command):
    assert command in RUN_BY, "add it to RUN_BY, and say what runs it"
    runner = ROOT / RUN_BY[command]
    assert command.startswith("git clone") or command.split()[1] in runner.read_text()


def test_make_help_lists_every_command():
    listed = run(["make", "--no-print-directory", "help"]).stdout
    for line in re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), flags=re.M):
        for target in line.split():
            assert f"make {target}" in listed


def test_a_python_that_is_too_old_is_refused_before_anything_is_made(tmp_path):
    fake = tmp_path / "python3.9"
    fake.write_text('#!/bin/sh\nexec python3 -c "import sys; sys.version_info = (3, 9); exec(sys.argv[1])" "$2"\n')
    fake.chmod(0o755)
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    done = run(["make", f"PYTHON={fake}", "book"], cwd=tmp_path, check=False)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "3.9" in done.stderr
    assert not (tmp_path / ".venv").exists()
