"""Every chapter that uses Keras, and the script of one, on Keras's other two backends.

The stored outputs are TensorFlow's, and a chapter is compared with them strictly: what it prints of Keras is whether
two libraries are apart by less than a bound, which holds on each backend; what a training prints is not compared on
any. Those that read reviews or recordings run to their end on the embedded corpus as well, and are compared where there
are the real ones. A backend's warnings are no outputs of a chapter.

One is not compared, the chapter on three libraries: it prints bounds of 64 bits, which only TensorFlow keeps. JAX would
have them for most cells and refuses them to the bidirectional simple RNN of that chapter (`ref.twins.test_backends` has
the refusal, and fails when it is gone).
"""

import importlib.util
import sys

import pytest
from executing import KERAS_CHAPTERS, WITH_STAND_IN, execute_only, passed, strict
from needs import need
from support import ROOT, run

SCRIPT = ROOT / "book/part3_keras_imdb/code/keras_birnn.py"
BACKENDS = ("torch", "jax")
IN_64_BITS = "three_ways"
each_backend = pytest.mark.parametrize("backend", BACKENDS)


@pytest.fixture(autouse=True)
def _installed(backend):
    if backend == "jax":
        need("jax", importlib.util.find_spec("jax"), "JAX is not installed")
    else:
        pytest.importorskip(backend)


@each_backend
def test_the_script_runs_and_its_checks_hold(backend, tmp_path):
    done = run(
        [sys.executable, SCRIPT, "--cell", "gru", "--reviews", "96", "--epochs", "1", "--out", "made"], cwd=tmp_path,
        check=False, BIRNN_DATA="embedded", KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "padding does not matter" in done.stdout
    assert f'"backend": "{backend}"' in (tmp_path / "made/result.json").read_text()


def _chapters(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


@each_backend
@_chapters([path for path in KERAS_CHAPTERS if path.stem != IN_64_BITS])
def test_a_chapter_gives_what_is_stored(path, backend, request):
    folder = request.getfixturevalue("data_folder") if path in WITH_STAND_IN else "embedded"
    passed(strict(path, folder, KERAS_BACKEND=backend, PYTHONWARNINGS="ignore"))


@each_backend
@_chapters([path for path in KERAS_CHAPTERS if path in WITH_STAND_IN])
def test_a_chapter_runs_to_its_end_on_the_embedded_corpus(path, backend, tmp_path):
    passed(execute_only(path, tmp_path, KERAS_BACKEND=backend))
