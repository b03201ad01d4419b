"""The studies' training loop in PyTorch: the same, bit for bit, as the loop written out."""

import copy

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from birnn_ref.experiments.training import falling_rate  # noqa: E402
from birnn_ref.experiments.training_torch import adam, train  # noqa: E402


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


@pytest.fixture
def batches():
    generator = torch.Generator().manual_seed(1)
    return [
        ((torch.randn(5, 3, generator=generator),), torch.randn(5, 1, generator=generator)) for _ in range(20)
    ]  # fmt: skip


def test_it_is_the_loop_written_out_bit_for_bit(model, batches):
    expected = copy.deepcopy(model)
    optimiser, schedule = adam(model, falling_rate(0.1, 20))
    train(model, batches, nn.functional.mse_loss, optimiser, schedule=schedule, clip=0.05)
    optimiser = torch.optim.Adam(expected.parameters(), 0.1)
    for step, ((x,), y) in enumerate(batches):
        optimiser.param_groups[0]["lr"] = falling_rate(0.1, 20)(step)
        optimiser.zero_grad()
        nn.functional.mse_loss(expected(x), y).backward()
        assert nn.utils.clip_grad_norm_(expected.parameters(), 0.05) > 0.05, "it clips"
        optimiser.step()
    for own, other in zip(model.parameters(), expected.parameters(), strict=True):
        assert torch.equal(own, other)


def test_without_a_limit_nothing_is_clipped_and_each_step_is_followed_by_the_call(model, batches):
    values, expected = [], copy.deepcopy(model)
    train(
        model.eval(), batches[:2], nn.functional.mse_loss, torch.optim.SGD(model.parameters(), 0.1),
        after_step=lambda: values.append(model[2].bias.item()),
    )  # fmt: skip
    optimiser = torch.optim.SGD(expected.parameters(), 0.1)
    for ((x,), y), value in zip(batches[:2], values, strict=True):
        optimiser.zero_grad()
        nn.functional.mse_loss(expected(x), y).backward()
        optimiser.step()
        assert expected[2].bias.item() == value
    assert model.training
