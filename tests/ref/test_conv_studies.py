"""The networks of the studies on convolution and normalisation: gradients, padding, and what shuffling changes."""

import numpy as np
import pytest
from gradients import check_parameters, differences

from birnn_ref.experiments.motif_order import ConvPool
from birnn_ref.experiments.normalisation import NORMS, BatchNorm, NormedReader
from birnn_ref.experiments.suffix_tags import LetterTagger
from birnn_ref.layers import Spelt

torch = pytest.importorskip("torch")
IDS, LENGTHS = np.array([[1, 2, 3, 4, 2], [4, 1, 0, 0, 0]]), np.array([5, 2])


def test_a_pooled_convolution_s_gradients():
    rng = np.random.default_rng(0)
    model = ConvPool(5, 3, 4, 3, rng=rng, dtype=np.float64)
    weights = rng.normal(size=(2, 1))

    def score():
        return float((model.forward(IDS, LENGTHS) * weights).sum())

    score()
    model.backward(weights)
    check_parameters(model, score)


def test_a_letter_tagger_s_gradients_and_padding():
    rng = np.random.default_rng(0)
    model = LetterTagger(6, 3, 4, 3, 2, rng=rng, dtype=np.float64)
    chars, counts = rng.integers(1, 6, size=(2, 3, 4)), np.array([[4, 2, 1], [3, 0, 0]])
    weights = rng.normal(size=(2, 3, 2))

    def score():
        return float((model.forward((None, Spelt.of_arrays(chars, counts))) * weights).sum())

    before = score()
    model.backward(weights)
    check_parameters(model, score)
    chars[np.arange(4) >= counts[:, :, None]] = 5
    assert score() == before


@pytest.mark.parametrize("padding", [True, False])
def test_batch_norm_s_gradients(padding):
    rng = np.random.default_rng(0)
    layer = BatchNorm(3, padding=padding)
    layer.params = {name: rng.normal(size=3) for name in layer.params}
    x, weights = rng.normal(size=(2, 2, 5, 3))

    def score():
        return float((layer.forward(x, LENGTHS, rng=rng) * weights).sum())

    score()
    dx = layer.backward(weights)
    np.testing.assert_allclose(dx, differences(score, x), rtol=1e-6, atol=1e-8)
    check_parameters(layer, score)


@pytest.mark.parametrize("norm", NORMS)
def test_only_batch_norm_ties_a_sequence_to_its_batch(norm):
    def output(rng, rows):
        model = NormedReader(norm, 5, 3, 4, 2, rng=np.random.default_rng(0))
        return model.forward(IDS[rows], LENGTHS[rows], rng=rng)[0]

    rng = np.random.default_rng(1)
    in_training = np.abs(output(rng, [0]) - output(rng, [0, 1])).max()
    assert (in_training > 1e-3) == norm.startswith("batch")
    np.testing.assert_allclose(output(None, [0]), output(None, [0, 1]), atol=1e-6)


class TestConvRecurrentClassifier:
    SIZES = ({"filters": 6}, {"hidden": 4}, {"filters": 6, "hidden": 4})

    def _model(self, **sizes):
        from birnn_ref.experiments.networks.conv_classifier import ConvRecurrentClassifier

        torch.manual_seed(0)
        return ConvRecurrentClassifier(9, 5, width=3, pool=2, **sizes).double().eval()

    @pytest.mark.parametrize("sizes", SIZES)
    def test_padding_and_batch_mates_change_nothing(self, sizes):
        model = self._model(**sizes)
        x, lengths = torch.randint(1, 9, (4, 7)), torch.tensor([7, 3, 1, 4])
        together = model(x, None, lengths)
        for i, n in enumerate(lengths):
            torch.testing.assert_close(model(x[i : i + 1, :n], None, n[None]), together[i : i + 1])

    def test_the_words_order_is_nothing_to_a_convolution_of_width_one(self):
        from birnn_ref.experiments.networks.conv_classifier import ConvRecurrentClassifier

        model = ConvRecurrentClassifier(9, 5, filters=6, width=1).double().eval()
        x, lengths = torch.randint(1, 9, (4, 7)), torch.full((4,), 7)
        torch.testing.assert_close(model(x, None, lengths), model(x.flip(1), None, lengths))

    def test_shuffling_moves_whole_windows_and_no_padding(self):
        model = self._model(filters=6, hidden=4)
        states, lengths = torch.randn(3, 9, 5).double(), torch.tensor([9, 4, 1])
        plain, counts = model.phrases(states, lengths)
        model.shuffled = True
        moved, _ = model.phrases(states, lengths)
        assert counts.tolist() == [5, 2, 1]
        for a, b, n in zip(plain, moved, counts, strict=True):
            torch.testing.assert_close(a[:n].sort(dim=0).values, b[:n].sort(dim=0).values)
            torch.testing.assert_close(a[n:], b[n:])
        assert not torch.equal(plain, moved)

    @pytest.mark.parametrize(
        ("sizes", "message"), [({}, "must not both be 0"), ({"filters": 3, "shuffled": True}, "no windows to shuffle")]
    )
    def test_bad_sizes_are_refused(self, sizes, message):
        with pytest.raises(ValueError, match=message):
            self._model(**sizes)
