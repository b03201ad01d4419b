"""The twins in Keras on PyTorch and on JAX: each cell's results and gradients, and what JAX computes otherwise.

A process has one backend, so each of these has a process of its own.
"""

import importlib.util
import json
import sys

import pytest
from needs import need
from support import run

pytest.importorskip("keras")

PARITY = """
import json, warnings
warnings.simplefilter("ignore")  # JAX says of each array that it becomes float32
from ref.twins.cases import CELLS, case_of, stack
from birnn_ref.twins.keras import BACKEND
from birnn_ref.twins.keras.parity import keras_results
from birnn_ref.twins.parity import largest_difference, ref_results

found = {}
for cell in CELLS:
    for padded, merge in ((False, None), (True, "concat")):
        layer = stack(cell, 1, True, True, merge)
        case = case_of(layer, padded=padded)
        found[f"{cell} {merge}"] = largest_difference(keras_results(layer, case), ref_results(layer, case))
print(json.dumps({"backend": BACKEND, "found": found}))
"""
IN_64_BITS = """
import keras
x = keras.ops.ones((2, 4, 3), dtype="float64")
for cell in (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN):
    print(keras.layers.Bidirectional(cell(3, dtype="float64"), dtype="float64")(x).dtype, flush=True)
"""


def on(backend, code, **environment):
    if backend == "jax":
        need("jax", importlib.util.find_spec("jax"), "JAX is not installed")
    environment = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
    return run([sys.executable, "-c", code], check=False, PYTHONPATH=":".join(sys.path), **environment)


@pytest.mark.parametrize(("backend", "tolerance"), [("torch", 1e-6), ("jax", 1e-5)])
def test_every_cell_gives_the_same_results_and_gradients(backend, tolerance):
    if backend == "torch":
        pytest.importorskip("torch")
    done = on(backend, PARITY)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["backend"] == backend
    for case, (difference, name) in told["found"].items():
        assert difference < tolerance, f"{case}: {name}"


def test_on_jax_a_simple_rnn_in_64_bits_is_refused():
    """The page on three libraries says so; where this passes no more, it can compare more strictly."""
    done = on("jax", IN_64_BITS, JAX_ENABLE_X64="1")
    assert done.stdout.split() == ["float64", "float64"], done.stdout
    assert "must have equal types" in done.stderr, done.stderr[-3000:]
