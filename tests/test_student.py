"""A student's machine: `pip install '.[student]'`, an empty folder, JupyterLab, the notebook run from top to bottom.

And the package alone, `pip install .`: NumPy, little else, and data sets that ask for no network.
"""

import json
import os
import shutil
import subprocess
import zipfile

import pytest
from support import BIN, ROOT, run


def _installed(folder, package):
    """Install into a new environment; return the folder of its programs."""
    run([BIN / "uv", "venv", "--quiet", "--python", BIN / "python", folder / "env"])
    install = ["pip", "install", "--quiet", "--python", folder / "env" / "bin" / "python"]
    run([BIN / "uv", *install, "--constraint", ROOT / "constraints.txt", package])
    return folder / "env" / "bin"


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """An environment that holds only what `pip install '.[student]'` brings; the path of its programs."""
    return _installed(tmp_path_factory.mktemp("student"), f"{ROOT}[student]")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """An environment that holds only what `pip install .` brings; the path of its programs."""
    return _installed(tmp_path_factory.mktemp("alone"), ROOT)


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


# NumPy; pooch, which fetches data, with what it brings; tqdm, and colorama for it on Windows.
FEW = {
    "numpy",
    "pooch",
    "platformdirs",
    "packaging",
    "requests",
    "certifi",
    "charset-normalizer",
    "idna",
    "urllib3",
    "tqdm",
}


def test_the_package_alone_brings_numpy_and_little_else(alone):
    listed = run([BIN / "uv", "pip", "list", "--quiet", "--format=json", "--python", alone / "python"]).stdout
    assert {package["name"] for package in json.loads(listed)} <= FEW | {"birnn-course", "colorama"}


def test_the_package_alone_has_real_data_and_a_network_that_reads_it(alone, tmp_path):
    code = """
import numpy as np
import birnn_ref
from birnn_ref.datasets import embedded_reviews, load_beijing, load_snips, load_tatoeba
from birnn_ref.models import Tagger

assert birnn_ref.__version__
snips = load_snips()
model = Tagger("lstm", len(snips.vocabulary), 8, 8, len(snips.tag_names), rng=np.random.default_rng(0))
few = snips["train"].take(np.arange(4))
assert model.forward(few.ids, few.lengths).shape == (*few.ids.shape, len(snips.tag_names))
print(*(len(data["test"]) for data in (snips, load_beijing(), load_tatoeba(), embedded_reviews(reviews=20))))
"""
    done = _as_student(alone, "python", "-c", code, cwd=tmp_path)
    assert done.stdout == "700 53 1075 10\n", done.stderr


def test_what_the_package_alone_lacks_is_named(alone, tmp_path):
    done = _as_student(alone, "python", "-c", "import birnn_ref.figures", cwd=tmp_path)
    assert "pip install 'birnn-course[figures]'" in done.stderr
    done = _as_student(alone, "python", "-c", "import birnn_ref.twins.onnx", cwd=tmp_path)
    assert "pip install 'birnn-course[onnx]'" in done.stderr


def test_the_wheel_is_small_and_holds_data_types_and_attributions(tmp_path):
    run(["uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT])
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {info.filename: info.compress_size for info in archive.infolist()}
    data = "birnn_ref/datasets/files/"
    names = {name.removeprefix(data) for name in held if name.startswith(data)}
    assert names == {path.relative_to(ROOT / data).as_posix() for path in (ROOT / data).rglob("*") if path.is_file()}
    assert sum(size for name, size in held.items() if name.startswith(data)) < 3_000_000
    assert {"birnn_ref/py.typed", "birnn_grader/demo.ipynb", "birnn_student/sets/ps1.toml"} <= held.keys()
    assert "birnn_grader/nbgrader/templates/birnn/index.html.j2" in held
