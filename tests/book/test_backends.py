"""Part III's Keras code on the other two backends: the script of one chapter, and on JAX the chapter on traps."""

import importlib.util
import sys

import pytest
from needs import need
from support import ROOT, run

FOLDER = ROOT / "book/part3_keras_imdb"
SCRIPT = FOLDER / "code/keras_birnn.py"
CHAPTERS = ("traps",)


def need_jax():
    need("jax", importlib.util.find_spec("jax"), "JAX is not installed")


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_script_runs_and_its_checks_hold(backend, tmp_path):
    if backend == "jax":
        need_jax()
    else:
        pytest.importorskip("torch")
    done = run(
        [sys.executable, SCRIPT, "--cell", "gru", "--reviews", "96", "--epochs", "1", "--out", "made"], cwd=tmp_path,
        check=False, BIRNN_DATA="embedded", KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "padding does not matter" in done.stdout
    assert f'"backend": "{backend}"' in (tmp_path / "made/result.json").read_text()


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_runs_to_its_end_on_jax(name, tmp_path):
    need_jax()
    command = [
        sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=1800",
        "--nbval-kernel-startup-timeout=300", "--color=no", "-o", "addopts=", "-p", "no:cacheprovider",
        "--import-mode=importlib", "-c", ROOT / "tests/book/sanitize.cfg", "--rootdir", FOLDER,
        FOLDER / f"{name}.ipynb",
    ]  # fmt: skip
    done = run(
        command, cwd=FOLDER, check=False, BIRNN_DATA="embedded", KERAS_BACKEND="jax", BIRNN_CACHE=tmp_path / "none"
    )
    assert done.returncode == 0, done.stdout + done.stderr
