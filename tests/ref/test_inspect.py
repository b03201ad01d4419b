"""Looking inside: each figure against differences of the layer's own outputs, and what must be exactly zero."""

import matplotlib as mpl
import numpy as np
import pytest

from birnn_ref.cells import CELLS
from birnn_ref.inspect import direction_contributions, gradient_by_distance, influence_matrix, jacobian
from birnn_ref.layers import Bidirectional, Recurrent

mpl.use("Agg")

MERGES = ("concat", "sum", "mul", "ave", None)


def _bidirectional(cell="gru", features=3, hidden=4, merge="concat", seed=0):
    layer = Bidirectional(cell, features, hidden, merge=merge, rng=np.random.default_rng(seed), dtype=np.float64)
    layer.params["b_h"][:] = np.random.default_rng(seed).normal(size=layer.params["b_h"].shape)
    return layer


def _outputs(layer, x, lengths=None):
    outputs, _ = layer.forward(x, lengths)
    return np.concatenate(outputs, axis=2) if isinstance(outputs, tuple) else outputs


def _by_differences(function, x, step=1e-6):
    """The derivative of every entry of function(x) by every entry of x, by central differences."""
    columns = []
    for at in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[at] = step
        columns.append((function(x + nudge) - function(x - nudge)) / (2 * step))
    return np.stack(columns, axis=-1).reshape(*columns[0].shape, *x.shape)


class TestJacobian:
    @pytest.mark.parametrize("merge", MERGES)
    @pytest.mark.parametrize("cell", CELLS)
    def test_equals_differences(self, cell, merge):
        layer, x = _bidirectional(cell, merge=merge), np.random.default_rng(1).normal(size=(2, 5, 3))
        lengths = np.array([5, 3])
        expected = _by_differences(lambda x: _outputs(layer, x, lengths), x)
        found = jacobian(layer, x, lengths)
        for b in range(2):
            np.testing.assert_allclose(found[b], expected[b, :, :, b], atol=1e-8)

    def test_one_pass_or_many_give_the_same(self, monkeypatch):
        layer, x = _bidirectional(), np.random.default_rng(1).normal(size=(2, 7, 3))
        whole = jacobian(layer, x)
        monkeypatch.setattr("birnn_ref.inspect.influence._ROWS", 17)
        np.testing.assert_allclose(jacobian(layer, x), whole, rtol=1e-12)

    @pytest.mark.parametrize("merge", MERGES)
    def test_both_directions_add_to_the_whole(self, merge):
        layer, x = _bidirectional(merge=merge), np.random.default_rng(1).normal(size=(2, 5, 3))
        W = np.random.default_rng(2).normal(size=(8 if merge in ("concat", None) else 4, 2))
        forward, backward = (jacobian(layer, x, readout=W, direction=d) for d in ("forward", "backward"))
        np.testing.assert_allclose(forward + backward, jacobian(layer, x, readout=W), atol=1e-12)
        # The forward direction has not read what comes later, the backward one not what came before.
        for t in range(5):
            assert not forward[:, t, :, t + 1 :].any()
            assert not backward[:, t, :, :t].any()
            assert forward[:, t, :, : t + 1].all()
            assert backward[:, t, :, t:].all()

    @pytest.mark.parametrize("merge", MERGES)
    def test_a_readout_is_the_chain_rule(self, merge):
        layer, x = _bidirectional("lstm", merge=merge), np.random.default_rng(1).normal(size=(1, 5, 3))
        W = np.random.default_rng(2).normal(size=(8 if merge in ("concat", None) else 4, 2))
        expected = np.einsum("btosi,oc->btcsi", jacobian(layer, x), W)
        np.testing.assert_allclose(jacobian(layer, x, readout=W), expected, atol=1e-12)


class TestInfluence:
    @pytest.mark.parametrize(("norm", "order"), [("spectral", 2), ("frobenius", "fro")])
    def test_is_the_norm_of_the_jacobian(self, norm, order):
        layer, x = _bidirectional("lstm"), np.random.default_rng(1).normal(size=(1, 6, 3))
        blocks = jacobian(layer, x)[0].transpose(0, 2, 1, 3)
        expected = [[np.linalg.norm(block, order) for block in row] for row in blocks]
        np.testing.assert_allclose(influence_matrix(layer, x, norm=norm)[0], expected, rtol=1e-12)

    @pytest.mark.parametrize("pad", [0.0, np.nan, np.inf])
    def test_padding_has_none(self, pad):
        layer, x = _bidirectional(), np.random.default_rng(1).normal(size=(3, 5, 3))
        lengths = np.array([5, 2, 0])
        x[np.arange(5) >= lengths[:, None]] = pad
        matrix = influence_matrix(layer, x, lengths)
        np.testing.assert_allclose(matrix[1, :2, :2], influence_matrix(layer, x[1:2, :2])[0], rtol=1e-12)
        assert not matrix[1, 2:].any()
        assert not matrix[1, :, 2:].any()
        assert not matrix[2].any()

    def test_leaves_the_layer_as_it_was(self):
        layer, x = _bidirectional(), np.random.default_rng(1).normal(size=(2, 5, 3))
        outputs, _ = layer.forward(x)
        influence_matrix(layer, x)
        gradient_by_distance(layer, x, direction="forward")
        direction_contributions(layer, np.ones((8, 1)), np.zeros(1), x)
        assert not layer.grads
        assert layer.merge == "concat"
        layer.backward(np.ones_like(outputs))  # its cache is still there

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            ({"norm": "max"}, ValueError, "norm must be one of 'spectral', 'frobenius', got 'max'"),
            ({"direction": "left"}, ValueError, "direction must be one of 'forward', 'backward', got 'left'"),
            ({"readout": np.zeros((4, 1))}, ValueError, r"readout has shape \(4, 1\), expected \(8, outputs\)"),
            ({"x": [[1.0]]}, TypeError, "x must be a NumPy array"),
            ({"x": np.zeros(5)}, ValueError, r"x has shape \(5,\), expected \(batch, time, features\)"),
            ({"x": np.zeros((5, 3))}, ValueError, r"x has shape \(5, 3\), expected \(batch, time, features\)"),
            ({"lengths": np.array([9])}, ValueError, "lengths must lie between 0 and the 5 steps of x"),
        ],
    )
    def test_bad_input_is_refused_by_name(self, change, error, message):
        arguments = {"layer": _bidirectional(), "x": np.zeros((1, 5, 3)), **change}
        with pytest.raises(error, match=message):
            influence_matrix(**arguments)

    def test_one_direction_of_a_one_way_layer_is_refused(self):
        layer = Recurrent("rnn", 3, 4, rng=np.random.default_rng(0), dtype=np.float64)
        with pytest.raises(TypeError, match="layer must be a Bidirectional to tell its directions apart"):
            influence_matrix(layer, np.zeros((1, 5, 3)), direction="forward")


class TestGradientByDistance:
    @pytest.mark.parametrize("cell", CELLS)
    def test_equals_differences(self, cell):
        layer = Recurrent(cell, 3, 4, rng=np.random.default_rng(0), dtype=np.float64)
        rng = np.random.default_rng(1)
        x, lengths = rng.normal(size=(2, 6, 3)), np.array([6, 4])
        found = gradient_by_distance(layer, x, lengths)
        assert len(found) == (2 if cell == "lstm" else 1)
        for b, length in enumerate(lengths):
            for distance in range(1, length + 1):
                start = length - distance
                _, states = layer.forward(x[b : b + 1], np.array([start]))
                tail = x[b : b + 1, start:length]
                for i, norms in enumerate(found):

                    def last(state, i=i, tail=tail, states=states):
                        return layer.forward(tail, None, (*states[:i], state, *states[i + 1 :]))[1][0]

                    block = _by_differences(last, states[i])[0, :, 0]
                    assert np.isclose(norms[b, distance], np.linalg.norm(block, 2), atol=1e-8), (b, distance, i)
            assert all(np.isnan(norms[b, length + 1 :]).all() for norms in found)
        assert (found[0][:, 0] == 1).all()

    @pytest.mark.parametrize("direction", ["forward", "backward"])
    @pytest.mark.parametrize("cell", CELLS)
    def test_each_chain_of_both_is_a_recurrent_layer(self, cell, direction):
        layer, x = _bidirectional(cell), np.random.default_rng(1).normal(size=(2, 6, 3))
        lengths = np.array([6, 3])
        chain = Recurrent(cell, 3, 4, rng=np.random.default_rng(0), dtype=np.float64)
        for name, value in chain.params.items():
            value[:] = layer.params[name][int(direction == "backward")]
        ordered = x.copy()
        if direction == "backward":
            for b, length in enumerate(lengths):
                ordered[b, :length] = x[b, :length][::-1]
        found = gradient_by_distance(layer, x, lengths, direction=direction, norm="frobenius")
        for ours, theirs in zip(found, gradient_by_distance(chain, ordered, lengths, norm="frobenius"), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10)

    def test_an_empty_sequence_has_distance_0_alone(self):
        layer = Recurrent("gru", 3, 4, rng=np.random.default_rng(0), dtype=np.float64)
        (norms,) = gradient_by_distance(layer, np.full((1, 2, 3), np.nan), np.array([0]))
        np.testing.assert_array_equal(norms, [[1, np.nan, np.nan]])

    def test_which_chain_must_be_said(self):
        with pytest.raises(ValueError, match="direction must be 'forward' or 'backward': a Bidirectional has two"):
            gradient_by_distance(_bidirectional(), np.zeros((1, 2, 3)))

    def test_a_layer_without_states_is_refused(self):
        with pytest.raises(TypeError, match="layer must be a Recurrent or a Bidirectional, got int"):
            gradient_by_distance(3, np.zeros((1, 2, 3)))


class TestContributions:
    @pytest.mark.parametrize("merge", ["concat", "sum", "ave", None])
    @pytest.mark.parametrize("cell", CELLS)
    def test_add_to_the_readout(self, cell, merge):
        layer, rng = _bidirectional(cell, merge=merge), np.random.default_rng(1)
        x, lengths, b = rng.normal(size=(3, 5, 3)), np.array([5, 2, 0]), rng.normal(size=2)
        W = rng.normal(size=(8 if merge in ("concat", None) else 4, 2))
        found = direction_contributions(layer, W, b, x, lengths)
        np.testing.assert_allclose(found.total, _outputs(layer, x, lengths) @ W + b, atol=1e-12)
        assert not found.forward[1, 2:].any()
        assert not found.backward[2].any()

    def test_each_is_one_directions_own(self):
        layer, rng = _bidirectional(), np.random.default_rng(1)
        x, W, b = rng.normal(size=(1, 5, 3)), rng.normal(size=(8, 1)), np.zeros(1)
        later = x.copy()
        later[:, 3:] += 1
        before, after = direction_contributions(layer, W, b, x), direction_contributions(layer, W, b, later)
        np.testing.assert_array_equal(before.forward[:, :3], after.forward[:, :3])
        assert (before.backward != after.backward).all()

    def test_a_product_is_not_a_sum(self):
        with pytest.raises(ValueError, match="merge 'mul' is not linear, so its outputs are not a sum"):
            direction_contributions(_bidirectional(merge="mul"), np.zeros((4, 1)), np.zeros(1), np.zeros((1, 2, 3)))

    def test_a_readout_of_another_size_is_refused(self):
        with pytest.raises(ValueError, match=r"W has shape \(4, 1\), expected \(8, outputs\)"):
            direction_contributions(_bidirectional(), np.zeros((4, 1)), np.zeros(1), np.zeros((1, 2, 3)))


class TestPlots:
    @pytest.fixture
    def plots(self):
        import matplotlib.pyplot as plt

        from birnn_ref.inspect import plots

        yield plots
        plt.close("all")

    def test_the_image_is_the_matrix(self, plots):
        matrix = np.random.default_rng(0).random((4, 4))
        ax = plots.plot_influence(matrix, tokens=["not", "a", "good", "film"])
        np.testing.assert_array_equal(ax.images[0].get_array(), matrix)
        assert [label.get_text() for label in ax.get_yticklabels()] == ["not", "a", "good", "film"]
        assert ax.get_xlabel() == "input step $s$"

    def test_zeros_stay_blank_on_a_logarithmic_scale(self, plots):
        image = plots.plot_influence(np.tril(np.ones((3, 3))), logarithmic=True).images[0]
        np.testing.assert_array_equal(image.get_array().mask, np.triu(np.ones((3, 3), bool), 1))

    def test_the_line_is_the_median_where_a_sequence_reaches(self, plots):
        norms = np.array([[1.0, 0.5, np.nan, np.nan], [1.0, 0.4, 0.1, np.nan], [1.0, 0.0, np.nan, np.nan]])
        ax = plots.plot_gradient_by_distance(norms, label="GRU")
        np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0, 1], [1, 0.4], [2, 0.1]])
        assert ax.get_yscale() == "log"
        assert plots.plot_gradient_by_distance(norms, label="LSTM", ax=ax) is ax

    def test_bars_are_the_contributions_and_dots_their_sum(self, plots):
        ax = plots.plot_contributions(np.array([1.0, 2.0]), np.array([-3.0, 4.0]))
        assert [bar.get_height() for bar in ax.patches] == [1, 2, -3, 4]
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), [-2, 6])

    def test_a_name_for_each_step_is_asked_for(self, plots):
        with pytest.raises(ValueError, match="tokens has 2 entries, expected 3: one per step"):
            plots.plot_influence(np.eye(3), tokens=["a", "b"])
