"""The variants: shapes, padding, which way information flows, a specification in loops, and refusals."""

import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from birnn_ref.variants.asymmetrical import AsymmetricalBiRNN  # noqa: E402
from birnn_ref.variants.gated_exchange import ExchangeBiRNN, GatedExchange  # noqa: E402
from birnn_ref.variants.graph_imputation import DiffusionConv, GraphImputation, imputation_loss  # noqa: E402
from birnn_ref.variants.slstm import SLSTM  # noqa: E402

READERS = {
    "exchange": lambda: ExchangeBiRNN("gru", 3, 4),
    "exchange without gate": lambda: ExchangeBiRNN("rnn", 3, 4, gated=False),
    "exchange, second layer": lambda: ExchangeBiRNN("lstm", 3, 4, second=True),
    "per step": lambda: AsymmetricalBiRNN("lstm", 3, 4),
    "summary": lambda: AsymmetricalBiRNN("gru", 3, 4, form="summary"),
    "S-LSTM": lambda: SLSTM(3, 4, steps=2),
    "S-LSTM, window 2": lambda: SLSTM(3, 4, steps=3, window=2),
}
each_reader = pytest.mark.parametrize("name", READERS)


def _build(name, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return READERS[name]().double()


def _states(model, x, lengths=None):
    found = model(x, lengths)
    return found[0] if isinstance(found, tuple) else found


def _x(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def _reaches(model, time=6):
    """Return which inputs each output depends on, ``(time, time)``."""
    x = _x(1, time, 3).requires_grad_()
    outputs = _states(model, x)
    rows = [torch.autograd.grad(outputs[0, t].sum(), x, retain_graph=True)[0][0] for t in range(time)]
    return torch.stack(rows).abs().amax(dim=2) > 0


class TestReaders:
    @each_reader
    def test_shapes(self, name):
        width = 8 if "exchange" in name else 4
        assert _states(_build(name), _x(2, 5, 3)).shape == (2, 5, width)

    @each_reader
    @pytest.mark.parametrize("pad", [7.0, float("nan"), float("inf")])
    def test_padding_changes_nothing(self, name, pad):
        """Outputs and gradients are those of each sequence alone, and 0 in the padding."""
        model, lengths = _build(name), torch.tensor([5, 2, 0, 1])
        x, upstream = _x(4, 5, 3), _x(4, 5, 8, seed=1)
        for i, length in enumerate(lengths):
            x[i, length:] = pad
        x.requires_grad_()
        outputs = _states(model, x, lengths)
        (outputs * upstream[..., : outputs.shape[2]]).sum().backward()
        grads = [p.grad.clone() for p in model.parameters() if p.grad is not None]
        model.zero_grad()
        for i, length in enumerate(lengths.tolist()):
            assert (outputs[i, length:] == 0).all()
            assert (x.grad[i, length:] == 0).all()
            if length:
                alone = x[i : i + 1, :length].detach().requires_grad_()
                states = _states(model, alone)
                torch.testing.assert_close(outputs[i : i + 1, :length], states)
                (states * upstream[i : i + 1, :length, : outputs.shape[2]]).sum().backward()
                torch.testing.assert_close(x.grad[i, :length], alone.grad[0])
        for ours, theirs in zip(grads, (p.grad for p in model.parameters() if p.grad is not None), strict=True):
            torch.testing.assert_close(ours, theirs)

    @each_reader
    def test_every_output_knows_the_whole_sequence(self, name):
        assert _reaches(_build(name)).all()

    @each_reader
    @pytest.mark.parametrize(
        ("x", "lengths", "error", "message"),
        [
            (np.zeros((2, 5, 3)), None, TypeError, "x must be a tensor, got ndarray"),
            (torch.zeros(2, 5, 3, dtype=torch.int), None, TypeError, "x must hold floating-point numbers"),
            (torch.zeros(2, 5, 4), None, ValueError, "x has shape (2, 5, 4), expected (batch, time, 3)"),
            (torch.zeros(5, 3), None, ValueError, "x has shape (5, 3), expected (batch, time, 3)"),
            (torch.zeros(0, 5, 3), None, ValueError, "an empty batch has no result"),
            (torch.zeros(2, 5, 3), torch.tensor([5, 6]), ValueError, "lengths must lie between 0 and the 5 steps of x"),
            (torch.zeros(2, 5, 3), torch.tensor([5]), ValueError, "lengths has shape (1,), expected (2,)"),
            (torch.zeros(2, 5, 3), torch.tensor([5.0, 1.0]), TypeError, "lengths must be a tensor of integers"),
            (torch.zeros(2, 5, 3), [5, 1], TypeError, "lengths must be a tensor of integers, got list"),
        ],
    )
    def test_bad_input(self, name, x, lengths, error, message):
        with pytest.raises(error, match=re.escape(message)):
            READERS[name]()(x, lengths)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ExchangeBiRNN("grin", 3, 4), "cell must be one of 'rnn', 'lstm', 'gru', got 'grin'"),
        (lambda: AsymmetricalBiRNN("urnn", 3, 4), "cell must be one of 'rnn', 'lstm', 'gru', got 'urnn'"),
        (
            lambda: AsymmetricalBiRNN("gru", 3, 4, form="final"),
            "form must be one of 'per_step', 'summary', got 'final'",
        ),
        (lambda: SLSTM(3, 4, steps=0), "steps must be at least 1, got 0"),
        (lambda: SLSTM(3, 4, window=0), "window must be at least 1, got 0"),
        (lambda: GatedExchange(0), "hidden must be at least 1, got 0"),
        (lambda: GraphImputation(torch.ones(2, 3), 4), "adjacency has shape (2, 3), expected (nodes, 2)"),
        (lambda: GraphImputation(-torch.ones(2, 2), 4), "adjacency must not hold negative weights"),
    ],
)
def test_bad_options(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


class TestGatedExchange:
    def test_computes_its_equations(self):
        layer, f_, b_ = GatedExchange(4).double(), _x(2, 5, 4), _x(2, 5, 4, seed=1)
        f, b = f_.numpy(), b_.numpy()
        weights = {name: value.detach().numpy() for name, value in layer.named_parameters()}
        both = np.concatenate([f, b], axis=2)

        def sigmoid(a):
            return 1 / (1 + np.exp(-a))

        gate_f = sigmoid(both @ weights["gate_f.weight"].T + weights["gate_f.bias"])
        gate_b = sigmoid(both @ weights["gate_b.weight"].T + weights["gate_b.bias"])
        found_f, found_b = layer(f_, b_)
        np.testing.assert_allclose(found_f.detach(), f + gate_f * np.tanh(b @ weights["to_f.weight"].T))
        np.testing.assert_allclose(found_b.detach(), b + gate_b * np.tanh(f @ weights["to_b.weight"].T))

    @pytest.mark.parametrize("gated", [True, False])
    def test_only_the_gate_mixes(self, gated):
        """Over the corners of two pasts and two futures, what is additive has the alternating sum 0."""
        layer, f, b = GatedExchange(4, gated=gated).double(), _x(2, 1, 4), _x(2, 1, 4, seed=1)
        mixed = torch.cat(layer(f[[0, 0, 1, 1]], b[[0, 1, 0, 1]]), dim=2)
        alternating = (mixed[0] - mixed[1] - mixed[2] + mixed[3]).abs().max()
        assert (alternating > 1e-3) if gated else (alternating < 1e-12)

    @pytest.mark.parametrize(
        ("f", "b", "message"),
        [
            (torch.zeros(2, 5, 3), torch.zeros(2, 5, 4), "f has shape (2, 5, 3), expected (batch, time, 4)"),
            (torch.zeros(2, 5, 4), torch.zeros(2, 6, 4), "b has shape (2, 6, 4), expected (2, 5, 4)"),
        ],
    )
    def test_bad_states(self, f, b, message):
        with pytest.raises(ValueError, match=re.escape(message)):
            GatedExchange(4)(f, b)


class TestAsymmetrical:
    def test_backward_states_know_the_future_alone(self):
        model = _build("per step")
        x = _x(1, 6, 3).requires_grad_()
        told = []
        model.forward_chain.register_forward_pre_hook(lambda _, given: told.append(given[0][..., 3:]))
        model(x)
        for t in range(6):
            (row,) = torch.autograd.grad(told[0][0, t].sum(), x, retain_graph=True)
            assert ((row[0].abs().amax(dim=1) > 0) == (torch.arange(6) >= t)).all()

    @pytest.mark.parametrize("form", ["per_step", "summary"])
    def test_the_forward_chain_is_told_the_right_state(self, form):
        """Against both chains run by hand; a sequence of its own length in the batch."""
        model = AsymmetricalBiRNN("rnn", 3, 4, form=form).double()
        x = _x(2, 5, 3)
        found = model(x, torch.tensor([5, 3]))
        back, ahead = model.backward_chain.parts[0], model.forward_chain.parts[0]
        for i, length in enumerate((5, 3)):
            states, h = {}, torch.zeros(4).double()
            for t in reversed(range(length)):
                h = _rnn_step(back, x[i, t], h)
                states[t] = h
            h = torch.zeros(4).double()
            for t in range(length):
                h = _rnn_step(ahead, torch.cat([x[i, t], states[t if form == "per_step" else 0]]), h)
                torch.testing.assert_close(found[i, t], h)


def _rnn_step(part, x_t, h):
    inner = part.weight_ih_l0 @ x_t + part.bias_ih_l0 + part.weight_hh_l0 @ h + part.bias_hh_l0
    return torch.tanh(inner)


class TestSLSTM:
    @pytest.mark.parametrize(("steps", "window"), [(1, 1), (3, 1), (2, 2)])
    def test_equals_its_loops(self, steps, window):
        model = SLSTM(3, 4, steps=steps, window=window).double()
        x, lengths = _x(3, 6, 3), [6, 3, 1]
        h, g = model(x, torch.tensor(lengths))
        for i, length in enumerate(lengths):
            words, sentence = _slstm_in_loops(model, x[i, :length].numpy())
            np.testing.assert_allclose(h[i, :length].detach(), words, rtol=1e-10)
            np.testing.assert_allclose(g[i].detach(), sentence, rtol=1e-10)

    def test_without_the_sentence_two_steps_reach_two_words(self):
        """What lies further off comes through the sentence alone."""
        model = SLSTM(3, 4, steps=2, window=1).double()
        with torch.no_grad():
            model.of_word.weight[:, -4:] = 0  # no gate reads the sentence
        original = model._words
        model._words = lambda h, c, e, g, c_g, valid: original(h, c, e, g, torch.zeros_like(c_g), valid)
        reach = _reaches(model, time=7)
        at = torch.arange(7)
        assert (reach == ((at[:, None] - at).abs() <= 2)).all()


def _slstm_in_loops(model, x):
    """One sentence, word by word, gate by gate and unit by unit where the softmax runs."""
    hidden, steps, window = model.hidden, model.steps, model.window
    p = {name: value.detach().numpy() for name, value in model.named_parameters()}

    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    def linear(name, z):
        return p[name + ".weight"] @ z + p[name + ".bias"]

    def softmax(rows):
        powers = np.exp(np.array(rows))
        return powers / powers.sum(axis=0)

    e = [linear("embed", x_t) for x_t in x]
    h, c, n = list(e), list(e), len(e)
    g, c_g = np.mean(e, axis=0), np.mean(e, axis=0)
    zero = np.zeros(hidden)
    for _ in range(steps):
        new_h, new_c = [], []
        for t in range(n):
            left = [k for k in range(t - window, t) if k >= 0]
            right = [k for k in range(t + 1, t + 1 + window) if k < n]
            h_l, h_r = sum((h[k] for k in left), zero), sum((h[k] for k in right), zero)
            c_l, c_r = sum((c[k] for k in left), zero), sum((c[k] for k in right), zero)
            gates = sigmoid(linear("of_word", np.concatenate([h[t], h_l, h_r, e[t], g]))).reshape(6, hidden)
            l, r, f, s, i = softmax(gates[:5])  # noqa: E741
            new_c.append(l * c_l + r * c_r + f * e[t] + s * c_g + i * c[t])
            new_h.append(gates[5] * np.tanh(new_c[-1]))
        own, o = sigmoid(linear("of_sentence", np.concatenate([np.mean(h, axis=0), g]))).reshape(2, hidden)
        shares = softmax([*(sigmoid(linear("of_share", np.concatenate([h_t, g]))) for h_t in h), own])
        c_g = sum(share * c_t for share, c_t in zip(shares, [*c, c_g], strict=True))
        g, h, c = o * np.tanh(c_g), new_h, new_c
    return np.array(h), g


class TestGraphImputation:
    @pytest.fixture
    def model(self):
        torch.manual_seed(0)
        return GraphImputation(torch.rand(4, 4), 5).double()

    @pytest.fixture
    def mask(self):
        return (_x(2, 6, 4, seed=3) > -0.7).double()

    def _jacobian(self, model, mask):
        """Return how each final estimate answers to each entry of the first window, ``(time, nodes, time, nodes)``."""
        x = _x(2, 6, 4).requires_grad_()
        final = model(x, mask).final
        rows = [torch.autograd.grad(final[0, t, k], x, retain_graph=True)[0][0] for t in range(6) for k in range(4)]
        return torch.stack(rows).reshape(6, 4, 6, 4)

    def test_an_estimate_does_not_depend_on_its_own_entry(self, model, mask):
        J, seen = self._jacobian(model, mask), mask[0] > 0
        for t, k in np.ndindex(6, 4):
            assert J[t, k, t, k] == 0
            others = seen.clone()
            others[t, k] = False
            assert ((J[t, k] != 0) == others).all(), "it depends on every other seen entry, before and after"

    def test_a_self_loop_would_break_that(self, model, mask):
        """The property is the convolution's, not an accident of the test."""
        for direction in model.directions:
            direction.from_others.paths[0] += torch.eye(4)
        J = self._jacobian(model, mask)
        assert any(J[t, k, t, k] != 0 for t, k in np.ndindex(6, 4))

    def test_one_direction_knows_the_past_and_its_neighbours(self, mask):
        model = GraphImputation(torch.rand(4, 4), 5, bidirectional=False).double()
        J = self._jacobian(model, mask)
        for t in range(6):
            assert (J[t, :, t + 1 :] == 0).all()
        assert (J[5, :, 0] != 0).any()
        assert len(model(_x(2, 6, 4), mask).intermediate) == 2

    def test_the_backward_half_stands_at_its_own_steps(self, model, mask):
        """The backward direction's first estimate at a step comes from later steps alone."""
        x = _x(2, 6, 4).requires_grad_()
        for which, later in ((0, False), (2, True)):
            for t in range(6):
                (row,) = torch.autograd.grad(model(x, mask).intermediate[which][0, t].sum(), x, allow_unused=True)
                steps = (row[0] != 0).any(dim=1)
                at = torch.arange(6)
                assert (steps == ((at > t) if later else (at < t))).all()

    def test_what_is_hidden_changes_nothing(self, model, mask):
        x = _x(2, 6, 4)
        found = [model(torch.where(mask > 0, x, value), mask) for value in (torch.tensor(0.0), torch.tensor(np.nan))]
        torch.testing.assert_close(found[0].final, found[1].final)
        valid = mask * (_x(2, 6, 4, seed=5) > 0)
        for estimates in found:
            errors = [(e - x)[valid > 0].abs().mean() for e in (estimates.final, *estimates.intermediate)]
            loss = imputation_loss(estimates, torch.where(valid > 0, x, torch.tensor(np.nan)), valid)
            torch.testing.assert_close(loss, sum(errors))

    def test_weights_of_an_edge_may_be_float64(self):
        model = GraphImputation(torch.ones(4, 4, dtype=torch.float64), 5)
        assert model(_x(2, 6, 4).float(), torch.ones(2, 6, 4)).final.dtype == torch.float32

    def test_the_convolution_computes_its_formula(self):
        adjacency = torch.tensor([[5.0, 1.0, 3.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
        z = _x(2, 3, 4).float()
        A_f = torch.tensor([[0, 0.25, 0.75], [0, 0, 1], [0, 0, 0]])
        A_b = torch.tensor([[0, 0, 0], [1.0, 0, 0], [0.6, 0.4, 0]])
        for self_loop, parts in (
            (True, [z, A_f @ z, A_f @ A_f @ z, A_b @ z, A_b @ A_b @ z]),
            (False, [A_f @ z, A_b @ z]),
        ):
            conv = DiffusionConv(adjacency, 4, 6, self_loop=self_loop)
            torch.testing.assert_close(conv(z), torch.cat(parts, dim=2) @ conv.weigh.weight.T + conv.weigh.bias)

    @pytest.mark.parametrize(
        ("x", "mask", "message"),
        [
            (torch.zeros(2, 6, 3), torch.ones(2, 6, 3), "x has shape (2, 6, 3), expected (batch, time, 4)"),
            (torch.zeros(2, 6, 4), torch.ones(2, 5, 4), "mask has shape (2, 5, 4), expected (2, 6, 4)"),
            (torch.zeros(2, 6, 4), torch.full((2, 6, 4), 0.5), "mask must hold nothing but 0 and 1"),
        ],
    )
    def test_bad_input(self, model, x, mask, message):
        with pytest.raises(ValueError, match=re.escape(message)):
            model(x, mask)

    def test_nothing_known_is_refused(self, model, mask):
        with pytest.raises(ValueError, match="valid marks no reading"):
            imputation_loss(model(_x(2, 6, 4), mask), _x(2, 6, 4), torch.zeros(2, 6, 4))
