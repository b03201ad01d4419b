"""The review classifier of a convolution and a BiLSTM: padding, order, and what shuffling changes."""

import pytest

torch = pytest.importorskip("torch")
from birnn_ref.experiments.networks.conv_classifier import ConvRecurrentClassifier  # noqa: E402


class TestConvRecurrentClassifier:
    SIZES = ({"filters": 6}, {"hidden": 4}, {"filters": 6, "hidden": 4})

    def _model(self, **sizes):
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
