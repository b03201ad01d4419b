"""The BRNN whose backward pass is written out: PyTorch's results and gradients, and padding that changes nothing."""

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from birnn_ref.experiments.networks.brnn_by_hand import HandBRNN, Recurrence  # noqa: E402

LENGTHS = torch.tensor([7, 1, 4])


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return HandBRNN(3, 5).double()


def _torch_twin(layer):
    twin = nn.RNN(3, 5, batch_first=True, bidirectional=True).double()
    with torch.no_grad():
        for k, suffix in enumerate(("", "_reverse")):
            own = slice(5 * k, 5 * k + 5)
            getattr(twin, f"weight_ih_l0{suffix}").copy_(layer.project.weight[own])
            getattr(twin, f"weight_hh_l0{suffix}").copy_(layer.W_hh[k].T)
            getattr(twin, f"bias_ih_l0{suffix}").copy_(layer.project.bias[own])
            getattr(twin, f"bias_hh_l0{suffix}").zero_()
    return twin


def _inputs():
    torch.manual_seed(1)
    return torch.randn(3, 7, 3, dtype=torch.float64, requires_grad=True)


def test_equals_torchs_own_packed_layer_in_results_and_gradients(layer):
    twin, x = _torch_twin(layer), _inputs()
    packed = nn.utils.rnn.pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    theirs, _ = nn.utils.rnn.pad_packed_sequence(twin(packed)[0], batch_first=True)
    valid = (torch.arange(7) < LENGTHS[:, None])[..., None]
    ours = layer(x, LENGTHS) * valid
    torch.testing.assert_close(ours, theirs)

    weights = torch.randn_like(theirs)
    ours_x, ours_w = torch.autograd.grad((ours * weights).sum(), [x, layer.W_hh])
    theirs_x, forward, backward = torch.autograd.grad(
        (theirs * weights).sum(), [x, twin.weight_hh_l0, twin.weight_hh_l0_reverse]
    )
    torch.testing.assert_close(ours_x, theirs_x)
    torch.testing.assert_close(ours_w, torch.stack([forward.T, backward.T]))


def test_its_gradient_is_the_numerical_one():
    torch.manual_seed(2)
    projected = torch.randn(4, 2, 3, 2, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(2, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(Recurrence.apply, (projected, weights))


def test_padding_changes_no_state_that_counts(layer):
    x = _inputs().detach()
    filled = x.clone()
    filled[1, 1:], filled[2, 4:] = 99.0, -99.0
    valid = torch.arange(7) < LENGTHS[:, None]
    assert torch.equal(layer(x, LENGTHS)[valid], layer(filled, LENGTHS)[valid])
    alone = layer(x[2:, :4], LENGTHS[2:])
    torch.testing.assert_close(alone[0], layer(x, LENGTHS)[2, :4])
