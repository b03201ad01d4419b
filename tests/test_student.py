"""A student's machine: `pip install .` alone, an empty folder, JupyterLab, the notebook run from top to bottom."""

import json
import os
import shutil
import subprocess

import pytest
from support import BIN, ROOT, run


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """An environment that holds only what `pip install .` brings; the path of its programs."""
    folder = tmp_path_factory.mktemp("student")
    run([BIN / "uv", "venv", "--quiet", "--python", BIN / "python", folder / "env"])
    install = ["pip", "install", "--quiet", "--python", folder / "env" / "bin" / "python"]
    run([BIN / "uv", *install, "--constraint", ROOT / "constraints.txt", ROOT])
    return folder / "env" / "bin"


def _as_student(student, *command, cwd):
    environment = {"PATH": f"{student}{os.pathsep}/usr/bin{os.pathsep}/bin", "HOME": str(cwd)}
    command = [str(part) for part in (student / command[0], *command[1:])]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=900)


def test_jupyter_lab_starts(student, tmp_path):
    assert _as_student(student, "jupyter", "lab", "--version", cwd=tmp_path).returncode == 0


def test_problem_set_1_runs_and_every_test_cell_says_what_is_missing(student, tmp_path):
    shutil.copy(ROOT / "exercises" / "ps1" / "ps1.ipynb", tmp_path)
    done = _as_student(
        student, "jupyter", "execute", "--allow-errors", "--startup_timeout=300", "--inplace", "ps1.ipynb", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    for cell in json.loads((tmp_path / "ps1.ipynb").read_text())["cells"]:
        if "visible" in cell["id"]:
            assert cell["outputs"][-1]["ename"] == "NotImplementedError"


def test_the_package_works_without_any_framework(student, tmp_path):
    code = "from birnn_ref.datasets import embedded_reviews; print(len(embedded_reviews(reviews=20)['test']))"
    assert _as_student(student, "python", "-c", code, cwd=tmp_path).stdout == "10\n"
