"""The study of GRIN on Beijing's air: what is hidden stays hidden, and no estimate reads its own answer."""

import numpy as np
import pytest

from birnn_ref.datasets import load_beijing
from birnn_ref.experiments import hidden_hours
from birnn_ref.experiments.hidden_hours import EDGE, KINDS, Gaps, Hiding, errors, graph, held_out, hide, lines, others
from birnn_ref.experiments.part5 import beijing_grin

torch = pytest.importorskip("torch")
from birnn_ref.experiments.networks.brits import Brits, brits_loss, since_seen  # noqa: E402

SETTINGS = beijing_grin.STUDY.changed(beijing_grin.STUDY.check)


def test_blocks_are_as_long_as_they_should_be_and_have_two_ends():
    hidden = hide(50, "blocks", np.random.default_rng(0), Hiding())
    assert not hidden[:, :EDGE].any()
    assert not hidden[:, -EDGE:].any()
    assert set(hidden.any(axis=1).sum(axis=1)) == {3}
    lengths = hidden.sum(axis=1)[hidden.any(axis=1)]
    assert (lengths.min(), lengths.max()) == (4, 12)
    changes = np.abs(np.diff(hidden.astype(int), axis=1)).sum(axis=1)
    assert changes.max() == 2, "one gap a station"


def test_points_are_a_share_of_the_middle():
    hidden = hide(200, "points", np.random.default_rng(0), Hiding())
    assert not hidden[:, :EDGE].any()
    assert hidden[:, EDGE:-EDGE].mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_shown_what_is_hidden(kind):
    gaps = held_out("test", kind, SETTINGS)
    other = Gaps(np.where(gaps.seen, gaps.values, 777.0), gaps.known, gaps.hidden)
    assert torch.equal(gaps.tensors()[0][0], other.tensors()[0][0])
    for fill in (lines, others):
        assert np.array_equal(fill(gaps), fill(other))
    fitted = (hidden_hours.least_squares(g, kind, SETTINGS) for g in (gaps, other))
    assert np.array_equal(*fitted)


def test_the_mean_of_the_others_leaves_the_station_out():
    gaps = held_out("test", "points", SETTINGS)
    moved = Gaps(gaps.values + 50.0 * (np.arange(12) == 3), gaps.known, gaps.hidden)
    enough = gaps.seen.sum(axis=2) > 1
    assert np.array_equal(others(gaps)[enough][:, 3], others(moved)[enough][:, 3])


def test_errors_count_where_readings_were_hidden_and_known():
    values = np.zeros((2, 3, 12))
    known, hidden = np.ones(values.shape, bool), np.zeros(values.shape, bool)
    hidden[:, 1, :2] = True
    known[0, 1, 0] = False
    said = values + 9.0
    said[:, 1, :2] = [[100.0, 2.0], [4.0, 6.0]]
    assert errors(said, Gaps(values, known, hidden)).tolist() == [2.0, 5.0]


def test_the_graph_has_no_diagonal_and_prefers_what_moves_together():
    A = graph()
    assert np.diag(A).tolist() == [0.0] * 12
    assert (A[~np.eye(12, dtype=bool)] > 0).all()
    np.testing.assert_array_equal(A, A.T)
    assert A[0].argmax() == 4  # Guanyuan, 0.96


def test_the_map_keeps_what_moves_together_together():
    d = 1 - load_beijing(hours=None).correlation()
    places = hidden_hours.map_of(d)
    far = np.sqrt(((places[:, None] - places) ** 2).sum(axis=2))
    pairs = np.triu_indices(12, 1)
    assert np.corrcoef(far[pairs], np.sqrt(d[pairs]))[0, 1] > 0.8
    assert far[pairs].min() > 0.08
    assert (places.min(), places.max()) == (0, 1)


@pytest.mark.parametrize("name", beijing_grin.NAMES)
def test_no_estimate_depends_on_its_own_reading(name):
    torch.manual_seed(0)
    model = beijing_grin.network(name, SETTINGS).double()
    x = torch.randn(1, 5, 12, dtype=torch.float64, requires_grad=True)
    final = model(x, torch.ones_like(x)).final
    for t, k in ((0, 0), (2, 5), (4, 11)):
        (depends,) = torch.autograd.grad(final[0, t, k], x, retain_graph=True)
        others_too, later = depends[0, t].abs().sum() > 0, depends[0, t + 1 :].abs().sum() > 0
        assert depends[0, t, k] == 0
        assert others_too == (name != "no_graph")
        assert later == (name != "one_way" and t < 4)


class TestBrits:
    @pytest.fixture
    def model(self):
        torch.manual_seed(0)
        return Brits(3, 4).double()

    def test_each_estimate_by_its_formula(self, model):
        x = torch.randn(2, 4, 3, dtype=torch.float64)
        m = (torch.rand(2, 4, 3) > 0.4).double()
        p, found = model.directions[0], model(x, m)
        h = c = torch.zeros(2, 4, dtype=torch.float64)
        delta = torch.zeros(2, 3, dtype=torch.float64)
        for t in range(4):
            h = h * torch.exp(-torch.clamp(p.decay_h(delta), min=0))
            history = p.from_history(h)
            filled = m[:, t] * x[:, t] + (1 - m[:, t]) * history
            W = p.from_others.weight.clone().fill_diagonal_(0)
            regression = filled @ W.T + p.from_others.bias
            fading = torch.exp(-torch.clamp(p.decay_x(delta), min=0))
            beta = torch.sigmoid(p.balance(torch.cat([fading, m[:, t]], dim=1)))
            both = beta * regression + (1 - beta) * history
            for own, theirs in zip((history, regression, both), found.intermediate[:3], strict=True):
                torch.testing.assert_close(theirs[:, t], own)
            filled = m[:, t] * x[:, t] + (1 - m[:, t]) * both
            h, c = p.cell(torch.cat([filled, m[:, t]], dim=1), (h, c))
            delta = 1 + (1 - m[:, t]) * delta
        torch.testing.assert_close(found.final, (found.directions[0] + found.directions[1]) / 2)

    def test_both_directions_read_their_own_end(self, model):
        x, m = torch.randn(1, 4, 3, dtype=torch.float64), torch.ones(1, 4, 3, dtype=torch.float64)
        there, back = model(x, m), None
        model.directions = torch.nn.ModuleList(reversed(model.directions))
        back = model(x.flip(1), m.flip(1))
        torch.testing.assert_close(back.final.flip(1), there.final)

    def test_steps_since_a_reading(self):
        mask = torch.tensor([[[1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]])
        assert since_seen(mask)[0].T.tolist() == [[0, 1, 2, 1], [0, 1, 2, 3]]

    def test_the_loss_asks_the_directions_to_agree(self, model):
        x, m = torch.randn(1, 4, 3, dtype=torch.float64), torch.ones(1, 4, 3, dtype=torch.float64)
        found = model(x, m)
        apart = 0.1 * (found.directions[0] - found.directions[1]).abs().mean()
        errors_ = sum((e - x).abs().mean() for e in found.intermediate)
        torch.testing.assert_close(brits_loss(found, x, m), errors_ + apart)
