"""The generated tasks of the chapter on CNN-BiLSTMs: what is promised of them is exact."""

from collections import Counter

import numpy as np
import pytest

from birnn_ref.datasets.tasks.motifs import FIRST, OTHERS, QUESTIONS, SECOND, motif_sequences
from birnn_ref.datasets.tasks.suffixes import ENDINGS, LEXICON, suffix_sentences
from birnn_ref.experiments.networks.conv_pool import ConvPool
from birnn_ref.experiments.part4 import motif_order, suffix_tags


def _blocks(text):
    return [block for block in text.split("·") if block]


class TestMotifs:
    @pytest.fixture(params=QUESTIONS)
    def question(self, request):
        return request.param

    @pytest.fixture
    def data(self, question):
        return motif_sequences(question, 200, np.random.default_rng(0))

    def test_twins_are_as_long_as_each_other_and_differ_in_the_answer(self, data):
        assert np.array_equal(data.lengths[::2], data.lengths[1::2])
        assert np.array_equal(data.y, np.tile([0, 1], 200))
        assert (data.x[::2] != data.x[1::2]).any(axis=1).all()

    def test_the_answer_is_the_question_s(self, data, question):
        for i, y in enumerate(data.y):
            blocks = _blocks(data.text(i))
            assert set(blocks) <= {FIRST, SECOND, *OTHERS}
            if question == "order":
                assert (blocks.index(SECOND) < blocks.index(FIRST)) == y
            else:
                assert (FIRST in blocks) == y

    def test_no_window_of_three_touches_two_blocks_or_the_end(self, data):
        for i in range(len(data.x)):
            gaps = [len(gap) for gap in "".join("x" if s != "·" else s for s in data.text(i)).split("xxx")]
            assert min(gaps) >= 2

    def test_twins_of_another_order_hold_the_same_windows(self):
        data = motif_sequences("order", 200, np.random.default_rng(1))
        for i in range(0, 400, 2):
            windows = [Counter(f"-{text}-"[k : k + 3] for k in range(len(text))) for text in map(data.text, (i, i + 1))]
            assert windows[0] == windows[1]

    def test_a_convolution_that_is_pooled_cannot_tell_such_twins_apart(self):
        data = motif_sequences("order", 50, np.random.default_rng(2))
        logits = ConvPool(5, 8, 20, 3, rng=np.random.default_rng(0), dtype=np.float64).forward(data.x, data.lengths)
        np.testing.assert_allclose(logits[::2], logits[1::2], rtol=1e-12)
        wider = ConvPool(5, 8, 20, 5, rng=np.random.default_rng(0), dtype=np.float64).forward(data.x, data.lengths)
        assert np.abs(wider[::2] - wider[1::2]).max() > 1e-3

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("colour", 1), "question must be one of"),
            (("order", 0), "twins must be at least 1"),
            (("order", 1, 2), "most_blocks must be at least 3"),
        ],
    )
    def test_bad_arguments_are_refused(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            motif_sequences(*arguments[:2], np.random.default_rng(0), *arguments[2:])


class TestSuffixes:
    @pytest.fixture
    def data(self):
        return suffix_sentences(100, np.random.default_rng(0))

    def test_tags_are_what_endings_and_neighbours_say(self, data):
        for i, n in enumerate(data.lengths):
            kinds = [next(k for k in (0, 1) if word.endswith(ENDINGS[k])) for word in data.words(i)]
            both = [0, *(int(kinds[t - 1] and kinds[t + 1]) for t in range(1, n - 1)), 0]
            assert [2 * kind + b for kind, b in zip(kinds, both, strict=True)] == data.y[i, :n].tolist()

    def test_known_words_are_spelt_by_their_number_and_new_ones_vary(self, data):
        new = []
        for i, n in enumerate(data.lengths):
            for number, word in zip(data.x[i, :n], data.words(i), strict=True):
                if number == 1:
                    new.append(word)
                else:
                    assert word == LEXICON[number - 2][0]
        assert 0.4 < len(new) / data.lengths.sum() < 0.6
        assert len(set(new)) > 0.9 * len(new)

    def test_padding_is_zero_and_words_are_not(self, data):
        assert np.array_equal(data.x > 0, data.counts)
        assert np.array_equal(data.char_lengths > 0, data.counts)
        assert not data.y[~data.counts].any()
        assert np.array_equal(data.chars > 0, np.arange(6) < data.char_lengths[:, :, None])

    def test_kinds_are_balanced(self, data):
        assert 0.45 < data.kind[data.counts].mean() < 0.55

    @pytest.mark.parametrize(("count", "new", "message"), [(0, 0.5, "count must be"), (1, 2.0, "new must be")])
    def test_bad_arguments_are_refused(self, count, new, message):
        with pytest.raises(ValueError, match=message):
            suffix_sentences(count, np.random.default_rng(0), new)


@pytest.mark.parametrize("study", [motif_order, suffix_tags])
def test_the_networks_of_a_study_are_of_equal_size(study):
    sizes = [
        sum(p.size for _, p in study.build(name, np.random.default_rng(0)).named_parameters()) for name in study.NAMES
    ]
    assert max(sizes) < 1.01 * min(sizes)
