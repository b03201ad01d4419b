"""The compiled scans against NumPy's, which stay the ones that are read."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from birnn_ref.layers import Bidirectional, Embedding, Recurrent
from birnn_ref.layers.scans import compiled, threads

pytestmark = pytest.mark.skipif(bool(compiled._missing()), reason="the extra fast is not installed")
CELLS = [
    ("rnn", {"activation": "tanh"}), ("rnn", {"activation": "relu"}), ("lstm", {}), ("gru", {"reset_after": True}),
    ("gru", {"reset_after": False}),
]  # fmt: skip
TOLERANCE = {np.float32: 3e-5, np.float64: 1e-11}


@pytest.fixture(autouse=True)
def _back_to_the_default():
    yield
    compiled.use_compiled(None)


def both(kind, cell, options, dtype=np.float32, features=5, hidden=7):
    """The same layer twice: NumPy's scan, and the compiled one."""
    layers = []
    for on in (False, True):
        compiled.use_compiled(on)
        layers.append(kind(cell, features, hidden, rng=np.random.default_rng(1), dtype=dtype, **options))
    assert [layer._scan.compiled for layer in layers] == [False, True]
    return layers


def everything(layer, x, lengths, rng):
    """Run forward and backward with random states and gradients; return all that comes out."""
    lead = (2,) if layer.directions == 2 else ()
    names = layer.record.states
    initial = tuple(rng.normal(size=(*lead, len(x), layer.hidden)).astype(layer.dtype) for _ in names)
    outputs, final = layer.forward(x, lengths, initial)
    d_outputs = rng.normal(size=outputs.shape).astype(layer.dtype)
    d_final = tuple(rng.normal(size=state.shape).astype(layer.dtype) for state in final)
    dx, d_initial = layer.backward(d_outputs, d_final)
    return {"outputs": outputs, "dx": dx, **dict(enumerate([*final, *d_initial])), **layer.grads}


@pytest.mark.parametrize(("cell", "options"), CELLS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [Recurrent, Bidirectional])
def test_everything_is_as_in_numpy(cell, options, dtype, kind):
    rng = np.random.default_rng(0)
    for lengths in (None, np.array([4, 0, 11, 1, 11]), np.array([0, 0, 0, 0, 0])):
        x = rng.normal(size=(5, 11, 5)).astype(dtype)
        if lengths is not None:
            x[np.arange(11) >= lengths[:, None]] = np.nan
        found = [everything(layer, x, lengths, np.random.default_rng(2)) for layer in both(kind, cell, options, dtype)]
        for name, value in found[0].items():
            scale = max(1.0, np.abs(value).max())
            np.testing.assert_allclose(found[1][name], value, rtol=0, atol=TOLERANCE[dtype] * scale, err_msg=name)


@pytest.mark.parametrize(("cell", "options"), CELLS, ids=str)
def test_many_blocks_and_portions(cell, options):
    x = np.random.default_rng(0).normal(size=(70, 40, 5)).astype(np.float64)  # more rows than a block, and a portion
    lengths = np.random.default_rng(1).integers(0, 41, 70)
    layers = both(Bidirectional, cell, options, np.float64, hidden=150)
    found = [everything(layer, x, lengths, np.random.default_rng(2)) for layer in layers]
    for name, value in found[0].items():
        np.testing.assert_allclose(found[1][name], value, rtol=1e-9, atol=1e-9 * np.abs(value).max(), err_msg=name)


@pytest.mark.parametrize(("cell", "options"), CELLS, ids=str)
def test_words_that_an_embedding_looks_up(cell, options):
    ids = np.random.default_rng(0).integers(0, 9, (3, 6))
    found = []
    for layer in both(Bidirectional, cell, options):
        words = Embedding(9, 5, rng=np.random.default_rng(3))
        outputs, _ = layer.forward(words.look_up(ids))
        dx, _ = layer.backward(np.random.default_rng(4).normal(size=outputs.shape).astype(np.float32))
        found.append((outputs, dx.values, *layer.grads.values()))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=3e-5)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_one_core_gives_the_same_bits(cell, monkeypatch):
    x = np.random.default_rng(0).normal(size=(32, 20, 5)).astype(np.float32)
    layer = both(Bidirectional, cell, {}, hidden=64)[1]
    found = []
    for cores in (2, 1):
        monkeypatch.setattr(threads, "_cores", lambda cores=cores: cores)
        found.append(everything(layer, x, None, np.random.default_rng(2)))
    for name, value in found[0].items():
        np.testing.assert_array_equal(found[1][name], value, err_msg=str(name))


def test_nan_comes_out_again():
    x = np.ones((2, 3, 5), np.float32)
    x[0, 1, 0] = np.nan
    for cell, options in CELLS:
        outputs, _ = both(Recurrent, cell, options)[1].forward(x)
        assert np.isnan(outputs[0, 1:]).all()
        assert np.isfinite(outputs[1]).all()


def test_a_wide_range_of_sums():
    """The rational tanh stays within its error, and within -1 and 1."""
    layer = both(Recurrent, "rnn", {}, features=1, hidden=1)[1]
    layer.params["W_xh"][:] = 1
    x = np.linspace(-12, 12, 4001, dtype=np.float32)[:, None, None]
    outputs, _ = layer.forward(x)
    assert np.abs(outputs).max() <= 1
    np.testing.assert_allclose(outputs[:, 0, 0], np.tanh(x[:, 0, 0].astype(np.float64)), rtol=0, atol=4e-7)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_has_threads_of_its_own():
    layer = both(Bidirectional, "lstm", {})[1]
    x = np.ones((2, 3, 5), np.float32)
    before, _ = layer.forward(x)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = int(not np.array_equal(layer.forward(x)[0], before))
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


def test_an_error_of_one_direction_is_raised():
    def fails():
        raise ZeroDivisionError

    for tasks in ([fails, int], [int, fails]):
        with pytest.raises(ZeroDivisionError):
            threads.at_once(tasks)


def test_a_layer_can_be_copied():
    layer = both(Bidirectional, "gru", {})[1]
    x = np.ones((2, 3, 5), np.float32)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(layer)).forward(x)[0], layer.forward(x)[0])


def test_a_cell_without_one_runs_as_before():
    compiled.use_compiled(True)
    layer = Bidirectional("mgu", 5, 7, rng=np.random.default_rng(0))
    assert not layer._scan.compiled
    assert layer.forward(np.ones((2, 3, 5), np.float32))[0].shape == (2, 3, 14)


def test_the_variable_switches_them_off(monkeypatch):
    monkeypatch.setenv(compiled.VARIABLE, "1")
    assert compiled.uses_compiled()
    monkeypatch.setenv(compiled.VARIABLE, "0")
    assert not compiled.uses_compiled()


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(compiled, "NEEDED", ("numba", "no_such_package"))
    with pytest.raises(RuntimeError, match=r"need no_such_package: pip install 'birnn-course\[fast\]'"):
        compiled.use_compiled(True)
    assert not compiled.uses_compiled()


def test_a_numba_that_does_not_load_is_one_line(monkeypatch):
    compiled.use_compiled(True)
    monkeypatch.setitem(sys.modules, "birnn_ref.layers.scans.compiled.rnn", None)
    with pytest.warns(RuntimeWarning, match="NumPy's are used"):
        layer = Recurrent("rnn", 5, 7, rng=np.random.default_rng(0))
    assert not layer._scan.compiled


def test_nothing_is_imported_before_it_is_used():
    code = "import sys, birnn_ref.layers; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
