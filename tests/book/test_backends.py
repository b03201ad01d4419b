"""Every chapter that uses Keras, and the script of one, on Keras's other two backends.

The stored outputs are TensorFlow's. A chapter that does the same on any data is compared with them strictly: what it
prints of Keras is whether two libraries are apart by less than a bound, and that holds on each backend. The others read
reviews or recordings, in whose place the embedded corpus has others, so their figures cannot be the stored ones: they
run to their end, with their own assertions. Nor could they be on the real data, where a network is trained: each
backend draws other weights from the same seed, and sums in another order.
"""

import importlib.util
import sys

import pytest
from executing import KERAS_CHAPTERS, WITH_STAND_IN, execute_only, passed, strict
from needs import need
from support import ROOT, run

SCRIPT = ROOT / "book/part3_keras_imdb/code/keras_birnn.py"
BACKENDS = ("torch", "jax")
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


@each_backend
@pytest.mark.parametrize("path", [path for path in KERAS_CHAPTERS if path in WITH_STAND_IN], ids=lambda path: path.stem)
def test_a_chapter_runs_to_its_end(path, backend, tmp_path):
    passed(execute_only(path, tmp_path, KERAS_BACKEND=backend))


@each_backend
@pytest.mark.parametrize(
    "path", [path for path in KERAS_CHAPTERS if path not in WITH_STAND_IN], ids=lambda path: path.stem
)
def test_a_chapter_gives_what_is_stored(path, backend):
    passed(strict(path, "embedded", KERAS_BACKEND=backend))
