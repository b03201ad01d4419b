"""Which networks add what the two directions say: changing the past then does the same whatever the future holds."""

import pytest

torch = pytest.importorskip("torch")
from birnn_ref.experiments.networks.mixers import READERS, build  # noqa: E402
from birnn_ref.experiments.part4.past_xor_future import ADDITIVE  # noqa: E402


@pytest.mark.parametrize("name", READERS)
def test_only_the_additive_ones_are_additive(name):
    torch.manual_seed(0)
    model = build(name, "rnn", 5).double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.8)
    pasts, futures = torch.randn(2, 2, 3, 3).double()
    now = torch.randn(1, 3).double()
    with torch.no_grad():
        z = [[model(torch.cat([p, now, f])[None])[0, 3, 0] for f in futures] for p in pasts]
    interaction = abs(float(z[0][0] - z[0][1] - z[1][0] + z[1][1]))
    assert (interaction < 1e-10) == (name in ADDITIVE), interaction
