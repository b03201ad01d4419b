"""The twins in PyTorch: weights carried there and back, and the same results from any layer of the reference."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ref.twins.cases import CELLS, FORMS, MERGES, case_of, each_cell, each_form, kind, randomise, same_weights, stack

from birnn_ref.experiments import load_result
from birnn_ref.experiments.part3 import parity
from birnn_ref.experiments.study import plain
from birnn_ref.layers import Bidirectional, Dense, Recurrent, Stack
from birnn_ref.twins.parity import Case, largest_difference, ref_results
from birnn_ref.twins.spec import Spec, build, describe
from birnn_ref.twins.weights import ref_from_torch, torch_from_ref

torch = pytest.importorskip("torch")
from birnn_ref.twins.torch import from_torch, to_torch  # noqa: E402
from birnn_ref.twins.torch.parity import torch_results  # noqa: E402
from birnn_ref.twins.torch.recurrence import TorchRecurrence  # noqa: E402
from birnn_ref.twins.torch.weights import torch_gradients  # noqa: E402


class TestParity:
    @pytest.mark.parametrize("padded", [False, True])
    @pytest.mark.parametrize("depth", [1, 2, 3])
    @each_form
    @each_cell
    def test_every_result_and_gradient_is_the_same(self, cell, bidirectional, mixed, merge, depth, padded):
        layer = stack(cell, depth, bidirectional, mixed, merge)
        case = case_of(layer, padded=padded)
        difference, name = largest_difference(torch_results(layer, case), ref_results(layer, case))
        assert difference < 1e-10, name

    @settings(max_examples=40, deadline=None, database=None, derandomize=True)
    @given(
        cell=st.sampled_from(list(CELLS)),
        form=st.sampled_from(FORMS),
        depth=st.integers(1, 3),
        sizes=st.tuples(*[st.integers(1, 6)] * 4),
        padded=st.booleans(),
        seed=st.integers(0, 99),
    )
    def test_of_any_shape(self, cell, form, depth, sizes, padded, seed):
        batch, time, features, hidden = sizes
        layer = stack(cell, depth, *form, features=features, hidden=hidden, seed=seed)
        case = case_of(layer, batch, time, padded, seed)
        difference, name = largest_difference(torch_results(layer, case), ref_results(layer, case))
        assert difference < 1e-10, name

    @pytest.mark.parametrize("merge", MERGES)
    @each_cell
    def test_one_level_has_its_own_shapes(self, cell, merge):
        rng, options = np.random.default_rng(0), {"dtype": np.float64, **CELLS[cell]}
        for layer in (
            Recurrent(kind(cell), 3, 4, rng=rng, **options),
            Bidirectional(kind(cell), 3, 4, merge=merge, rng=rng, **options),
        ):
            case = case_of(randomise(layer, rng), padded=True)
            assert largest_difference(torch_results(layer, case), ref_results(layer, case))[0] < 1e-10

    @pytest.mark.parametrize("pad", [np.nan, np.inf])
    @each_cell
    def test_padding_does_not_reach_the_twin(self, cell, pad):
        layer = stack(cell, 2, True, False, "concat")
        case = case_of(layer, padded=True)
        x = case.x.copy()
        x[np.arange(4) >= case.lengths[:, None]] = pad
        dirty = Case(x, case.lengths, case.initial, case.d_outputs, case.d_final)
        assert largest_difference(torch_results(layer, dirty), torch_results(layer, case))[0] == 0


class TestThereAndBack:
    @pytest.mark.parametrize("depth", [1, 3])
    @each_form
    @each_cell
    def test_nothing_is_lost(self, cell, bidirectional, mixed, merge, depth):
        layer = stack(cell, depth, bidirectional, mixed, merge)
        back = from_torch(to_torch(layer))
        assert same_weights(layer, back)
        assert describe(back)[0] == describe(layer)[0]

    def test_the_copy_is_independent(self):
        layer = stack("lstm", 2, True, True, "concat")
        twin, before = to_torch(layer), [value.copy() for _, value in layer.named_parameters()]
        with torch.no_grad():
            for parameter in twin.parameters():
                parameter.zero_()
        assert all(np.array_equal(a, b) for a, (_, b) in zip(before, layer.named_parameters(), strict=True))

    @pytest.mark.parametrize("bias", [True, False])
    @pytest.mark.parametrize("depth", [1, 2])
    @pytest.mark.parametrize("bidirectional", [False, True])
    @pytest.mark.parametrize("kind", ["RNN", "relu", "LSTM", "GRU"])
    def test_a_module_of_torch_becomes_a_layer(self, kind, bidirectional, depth, bias):
        torch.manual_seed(0)
        options = {"nonlinearity": "relu"} if kind == "relu" else {}
        module = getattr(torch.nn, kind.replace("relu", "RNN"))(
            3, 4, depth, bias=bias, bidirectional=bidirectional, batch_first=True, dtype=torch.float64, **options
        )
        x = np.random.default_rng(0).normal(size=(2, 5, 3))
        layer = from_torch(module)
        assert type(layer) is (Stack if depth > 1 else Bidirectional if bidirectional else Recurrent)
        with torch.no_grad():
            theirs, final = module(torch.from_numpy(x))
        ours, states = layer.forward(x)
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-14)
        for state, expected in zip(states, final if isinstance(final, tuple) else (final,), strict=True):
            np.testing.assert_allclose(state.reshape(expected.shape), expected.numpy(), rtol=1e-10, atol=1e-14)

    def test_where_torch_has_the_module_the_twin_is_it(self):
        part = to_torch(stack("lstm", 3, True, True, "concat")).parts[0]
        assert type(part) is torch.nn.LSTM
        assert (part.num_layers, part.bidirectional) == (3, True)

    def test_a_float32_layer_stays_one(self):
        layer = Bidirectional("gru", 3, 4, rng=np.random.default_rng(0))
        twin = to_torch(layer)
        assert {parameter.dtype for parameter in twin.parameters()} == {torch.float32}
        assert same_weights(from_torch(twin), layer)

    @pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
    def test_half_precision_becomes_float32_with_the_same_numbers(self, dtype):
        module = torch.nn.GRU(3, 4, 2, bidirectional=True).to(getattr(torch, dtype))
        layer = from_torch(module)
        assert layer.dtype == np.float32
        theirs = module.weight_hh_l1_reverse.detach().float().numpy()
        np.testing.assert_array_equal(layer.children["1"].params["W_hh"][1], theirs.T)
        again = from_torch(to_torch(layer).to(getattr(torch, dtype)))
        np.testing.assert_array_equal(again.children["1"].params["W_hh"][1], theirs.T)

    def test_a_twin_made_float64_keeps_what_it_has_learnt_since(self):
        twin = to_torch(Stack("lstm", 3, 4, 2, rng=np.random.default_rng(0))).double()
        with torch.no_grad():
            twin.parts[0].weight_hh_l0.fill_(0.1)
        assert from_torch(twin).children["0"].params["W_hh"][0, 0, 0] == 0.1


class TestDropout:
    @pytest.mark.parametrize("mixed", [True, False])
    @pytest.mark.parametrize("name", ["dropout", "variational_dropout"])
    def test_is_carried_and_drops_in_training_alone(self, name, mixed):
        options = {"rng": np.random.default_rng(0), "dtype": np.float64, "mixed": mixed, "merge": "sum"}
        twin = to_torch(Stack("rnn", 3, 8, 2, **options, **{name: 0.5}))
        assert getattr(describe(from_torch(twin))[0], name) == 0.5
        x = torch.ones(2, 5, 3, dtype=torch.float64)
        torch.manual_seed(0)
        assert not torch.equal(twin(x)[0], twin(x)[0])
        twin.eval()
        assert torch.equal(twin(x)[0], twin(x)[0])

    def test_variational_has_one_mask_for_all_steps(self):
        torch.manual_seed(0)
        twin = TorchRecurrence(Spec("stack", "rnn", 3, 64, 2, variational_dropout=0.5))
        dropped = twin._drop(torch.ones(2, 5, 64)) == 0
        assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
        assert 0 < dropped.sum() < dropped.numel()


class TestWhatIsRefused:
    @pytest.mark.parametrize("convert", [to_torch, describe])
    def test_another_layer(self, convert):
        with pytest.raises(TypeError, match="layer must be a Recurrent, Bidirectional or Stack, got Dense"):
            convert(Dense(3, 4, rng=np.random.default_rng(0)))

    def test_another_module(self):
        with pytest.raises(
            TypeError, match=r"module must be a TorchRecurrence, torch\.nn\.RNN, LSTM or GRU, got Linear"
        ):
            from_torch(torch.nn.Linear(3, 4))

    def test_a_projection(self):
        with pytest.raises(ValueError, match="module has proj_size=2, which the reference lacks"):
            from_torch(torch.nn.LSTM(3, 4, proj_size=2))

    def test_gradients_before_backward(self):
        with pytest.raises(ValueError, match="weight_ih_l0 has no gradient: call backward first"):
            torch_gradients(torch.nn.GRU(3, 4))

    def test_an_unknown_cell(self):
        with pytest.raises(ValueError, match="no framework has the cell 'elman': only rnn, lstm, gru have twins"):
            torch_from_ref("elman", {})


class TestWeights:
    def test_two_biases_become_their_sum_but_in_the_candidate(self):
        rng = np.random.default_rng(0)
        weights = {"weight_ih": rng.normal(size=(6, 3)), "weight_hh": rng.normal(size=(6, 2))}
        weights |= {"bias_ih": rng.normal(size=6), "bias_hh": rng.normal(size=6)}
        params = ref_from_torch("gru", weights)
        np.testing.assert_array_equal(params["b_h"][:4], (weights["bias_ih"] + weights["bias_hh"])[:4])
        np.testing.assert_array_equal(params["b_h"][4:], weights["bias_ih"][4:])
        np.testing.assert_array_equal(params["b_hn"], weights["bias_hh"][4:])
        before = ref_from_torch("gru", weights, reset_after=False)
        np.testing.assert_array_equal(before["b_h"], weights["bias_ih"] + weights["bias_hh"])
        assert "b_hn" not in before

    def test_a_weight_of_another_shape_is_refused(self):
        spec, chains = describe(Recurrent("rnn", 3, 4, rng=np.random.default_rng(0)))
        with pytest.raises(ValueError, match=r"W_xh has shape \(1, 4\), expected \(3, 4\)"):
            build(spec, [[{**chains[0][0], "W_xh": np.zeros((1, 4))}]])


class TestLargestDifference:
    def test_a_missing_array_is_an_error(self):
        with pytest.raises(ValueError, match=r"only one side has \['dx'\]"):
            largest_difference({"dx": np.ones(1)}, {})

    def test_another_shape_is_an_error(self):
        with pytest.raises(ValueError, match=r"dx has shape \(1,\), expected \(2,\)"):
            largest_difference({"dx": np.ones(1)}, {"dx": np.ones(2)})

    def test_nan_is_not_agreement(self):
        with pytest.raises(ValueError, match="dx is not finite"):
            largest_difference({"dx": np.array([np.nan])}, {"dx": np.array([np.nan])})


@pytest.mark.parametrize(("framework", "bound"), [("torch", 1e-10), ("keras", 1e-6)])
def test_the_stored_table_is_whole_and_within_bounds(framework, bound):
    result = load_result("parity")
    table = result["runs"][0][framework]
    settings = result["settings"]
    found = {
        (cell, merge, int(depth), lengths): value
        for cell, merges in table.items()
        for merge, depths in merges.items()
        for depth, cases in depths.items()
        for lengths, value in cases.items()
    }
    merges = ["forward", *(merge or "none" for merge in MERGES)]
    assert set(found) == set(product(parity.CELLS, merges, (1, 2, 3), parity.LENGTHS))
    assert settings == plain(parity.STUDY.settings)
    assert 0 < max(found.values()) < bound
