"""Modules of one's own, in PyTorch and Keras: influence as the reference's, and what leaks."""

import copy

import numpy as np
import pytest

from birnn_ref.inspect import Leaks, find_leaks, influence_matrix, jacobian
from birnn_ref.layers import Bidirectional, Recurrent, Stack

RNG = np.random.default_rng(0)
X, LENGTHS = RNG.normal(size=(3, 5, 2)), np.array([5, 3, 1])
LAYERS = {
    "forward": lambda rng: Recurrent("gru", 2, 3, rng=rng, dtype=np.float64),
    "both": lambda rng: Bidirectional("lstm", 2, 3, rng=rng, dtype=np.float64),
    "apart": lambda rng: Stack("rnn", 2, 3, 2, mixed=False, rng=rng, dtype=np.float64),
}
each_layer = pytest.mark.parametrize("name", LAYERS)


class TestLeaks:
    @each_layer
    @pytest.mark.parametrize("fill", [1e3, np.nan])
    def test_the_packages_layers_have_none(self, name, fill):
        leaks = find_leaks(LAYERS[name](np.random.default_rng(0)), X, LENGTHS, fill=fill)
        assert leaks.found() == (("past",) if name == "forward" else ("future", "past"))
        assert leaks.padding == 0
        assert leaks.neighbours < 1e-12

    def test_what_is_planted_is_found(self):
        """A layer that adds to each output its next input, the batch's mean, or what stands behind."""

        class Leaky:
            def __init__(self, kind):
                self.kind = kind

            def forward(self, x, lengths=None):
                self.x = x
                y = x.copy()
                if self.kind == "future":
                    y[:, :-1] += 0.5 * x[:, 1:]
                if self.kind == "past":
                    y[:, 1:] += 0.25 * x[:, :-1]
                if self.kind == "neighbours":
                    y += 0.1 * x[:, :1].mean(axis=0)
                if self.kind == "padding":
                    y += 0.1 * x[:, -1:]
                return y

            def backward(self, d):
                dx = d.copy()
                if self.kind == "future":
                    dx[:, 1:] += 0.5 * d[:, :-1]
                if self.kind == "past":
                    dx[:, :-1] += 0.25 * d[:, 1:]
                return dx

        for kind, share in (("future", 0.5), ("past", 0.25), ("neighbours", None), ("padding", None)):
            leaks = find_leaks(Leaky(kind), X, LENGTHS)
            # The next step of a sequence's last one is padding.
            assert leaks.found() == (("future", "padding") if kind == "future" else (kind,))
            if share:
                assert getattr(leaks, kind) == pytest.approx(share)
            assert np.isnan(leaks.future) == (kind == "neighbours")
        assert find_leaks(Leaky("none"), X, LENGTHS) == Leaks(0, 0, 0, 0)
        assert find_leaks(Leaky("padding"), X, LENGTHS, fill=np.nan).padding == np.inf

    def test_bad_arguments(self):
        layer = LAYERS["forward"](np.random.default_rng(0))
        with pytest.raises(ValueError, match="steps must be at least 1"):
            find_leaks(layer, X, np.zeros(3, int))
        with pytest.raises(ValueError, match="x has shape"):
            find_leaks(layer, X[0], None)


class TestTorch:
    @pytest.fixture(autouse=True)
    def torch(self):
        return pytest.importorskip("torch")

    @each_layer
    def test_influence_is_the_references(self, name):
        from birnn_ref.twins.torch import TorchLayer, to_torch

        layer = LAYERS[name](np.random.default_rng(0))
        own = TorchLayer(to_torch(layer))  # which takes lengths
        for lengths in (None, LENGTHS):
            np.testing.assert_allclose(
                influence_matrix(own, X, lengths), influence_matrix(layer, X, lengths), rtol=1e-8, atol=1e-12
            )
        np.testing.assert_allclose(jacobian(own, X, LENGTHS), jacobian(layer, X, LENGTHS), rtol=1e-8, atol=1e-12)
        assert find_leaks(own, X, LENGTHS, fill=np.nan).found() == find_leaks(layer, X, LENGTHS).found()

    def test_the_module_stays_as_it_is(self, torch):
        from birnn_ref.twins.torch import TorchLayer

        module = torch.nn.GRU(2, 3, batch_first=True, dropout=0.5, num_layers=2, dtype=torch.float64).train()
        before = copy.deepcopy(module.state_dict())
        first, second = (influence_matrix(TorchLayer(module), X) for _ in range(2))
        np.testing.assert_array_equal(first, second)  # nothing is dropped
        assert module.training
        assert all(parameter.grad is None for parameter in module.parameters())
        assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())

    def test_batch_normalisation_over_the_batch_is_found(self, torch):
        from birnn_ref.twins.torch import TorchLayer

        class Centred(torch.nn.Module):
            def forward(self, x):
                return x - x.mean(dim=0)

        assert find_leaks(TorchLayer(Centred()), X).found() == ("neighbours",)

    def test_what_does_not_fit_is_refused(self, torch):
        from birnn_ref.twins.torch import TorchLayer

        with pytest.raises(TypeError, match="must be batch-first: make it with batch_first=True"):
            TorchLayer(torch.nn.GRU(2, 3))
        with pytest.raises(TypeError, match=r"x has dtype float64, and the module's parameters torch\.float32: one of"):
            TorchLayer(torch.nn.GRU(2, 3, batch_first=True)).forward(X)
        with pytest.raises(TypeError, match=r"must be a torch\.nn\.Module, got int"):
            TorchLayer(3)
        last = TorchLayer(
            torch.nn.GRU(2, 3, batch_first=True, dtype=torch.float64), lambda module, x, _: module(x)[0][:, -1]
        )
        with pytest.raises(ValueError, match=r"outputs have shape \(3, 3\), expected \(3, 5\)"):
            last.forward(X)
        with pytest.raises(RuntimeError, match="backward was called before forward"):
            last.backward(X)


class TestKeras:
    @pytest.fixture(autouse=True)
    def keras(self):
        return pytest.importorskip("keras")

    @pytest.mark.parametrize("name", ["forward", "both"])
    def test_influence_is_the_references(self, name):
        from birnn_ref.twins.keras import KerasLayer, to_keras

        layer = LAYERS[name](np.random.default_rng(0))
        own = KerasLayer(to_keras(layer), lambda twin, x, mask: twin(x, lengths=np.asarray(mask).sum(axis=1))[0])
        for lengths in (None, LENGTHS):
            np.testing.assert_allclose(
                influence_matrix(own, X, lengths), influence_matrix(layer, X, lengths), rtol=1e-6, atol=1e-9
            )

    def test_what_does_not_fit_is_refused(self):
        from birnn_ref.twins.keras import KerasLayer, keras

        with pytest.raises(TypeError, match=r"must be a keras\.Layer, got int"):
            KerasLayer(3)
        last = KerasLayer(keras.layers.GRU(3))
        with pytest.raises(
            ValueError, match=r"outputs have shape \(3, 3\), expected \(3, 5\) and features: return_seq"
        ):
            last.forward(X.astype(np.float32))
        with pytest.raises(RuntimeError, match="backward was called before forward"):
            last.backward(X)
