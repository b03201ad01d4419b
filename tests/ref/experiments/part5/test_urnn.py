"""The studies of the U-RNN: networks of one size, padding that changes nothing, a loss and times that add up."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from birnn_ref.datasets import load_snips  # noqa: E402
from birnn_ref.experiments.networks import mixers  # noqa: E402
from birnn_ref.experiments.networks.variant_taggers import READERS, VariantTagger  # noqa: E402
from birnn_ref.experiments.part5 import past_xor_urnn, snips_urnn  # noqa: E402


def test_all_readers_of_snips_are_about_as_large():
    settings, data = snips_urnn.STUDY.settings, load_snips(min_count=snips_urnn.STUDY.settings.min_count)
    sizes = {name: snips_urnn.build(name, data, settings).size() for name in settings.hidden}
    assert sizes.keys() == READERS.keys()
    assert all(abs(size - sizes["both"]) < 0.04 * sizes["both"] for size in sizes.values()), sizes


def test_all_networks_on_past_xor_future_are_about_as_large():
    settings = past_xor_urnn.STUDY.settings
    sizes = [
        sum(p.numel() for p in mixers.build(name, settings.cell, n).parameters()) for name, n in settings.hidden.items()
    ]
    assert max(sizes) < 1.1 * min(sizes)


@pytest.mark.parametrize("name", READERS)
def test_padding_changes_nothing(name):
    torch.manual_seed(0)
    model = VariantTagger(name, 20, 6, 4, 5).double()
    ids, lengths = torch.tensor([[3, 4, 5, 6], [7, 8, 0, 0]]), torch.tensor([4, 2])
    together, alone = model(ids, lengths), model(ids[1:, :2], lengths[1:])
    torch.testing.assert_close(together[1:, :2], alone)
    ids[1, 2:] = 9
    torch.testing.assert_close(model(ids, lengths)[1, :2], together[1, :2])


def test_the_loss_is_the_mean_over_words():
    logits, tags = torch.zeros(2, 3, 4), torch.tensor([[0, 1, 2], [3, 0, 0]])
    logits[1, 1:] = torch.tensor([-50.0, 0.0, 0.0, 0.0])  # padding that would cost much
    assert float(snips_urnn.loss(logits, (tags, torch.tensor([3, 1])))) == pytest.approx(np.log(4))


def test_the_bidirectional_network_is_the_measure_of_time():
    settings = snips_urnn.STUDY.changed(snips_urnn.STUDY.check)
    found = snips_urnn.step_times(0, settings)
    assert found.keys() == settings.hidden.keys()
    assert found["both"]["ratio_of_seconds"] == 1
    assert all(figures["step_seconds"] > 0 for figures in found.values())
