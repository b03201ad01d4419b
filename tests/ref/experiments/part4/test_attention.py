"""The studies of attention: the lists they draw, the reader's gradients, other weights."""

import numpy as np
import pytest
from gradients import check_parameters

from birnn_ref.datasets.tasks.lists import DIGITS, LETTERS, draw, example, spelled
from birnn_ref.experiments.networks.lookup import WAYS, Lookup, on_pair, permuted
from birnn_ref.experiments.part4 import attention_lookup
from birnn_ref.experiments.part4.attention_imdb import SENTENCES, drawn, other_weights, parts, yes
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import Sequences


@pytest.fixture(scope="module")
def lists():
    return draw(np.random.default_rng(0), 200, 2, 6, 3)


class TestLists:
    def test_hold_their_answers_behind_the_letters_asked_for(self, lists):
        for x, n, asked, place, answer in zip(*lists, strict=True):
            pairs = spelled(x[:n]).split()
            assert [pairs[2 * p] for p in place] == spelled(asked).split()
            assert [pairs[2 * p + 1] for p in place] == [str(a) for a in answer]

    def test_no_letter_stands_twice_and_padding_is_zero(self, lists):
        assert set(lists.lengths) == {4, 6, 8, 10, 12}
        for x, n in zip(lists.x, lists.lengths, strict=True):
            assert len(set(x[:n:2])) == n // 2
            assert x[:n:2].max() <= LETTERS < x[1:n:2].min() <= x[1:n:2].max() <= LETTERS + DIGITS
            assert not x[n:].any()

    def test_the_example_is_asked_in_the_order_of_the_alphabet(self):
        lists = example()
        pairs = spelled(lists.x[0]).split()
        assert spelled(lists.asked[0]).split() == sorted(pairs[::2])
        assert [pairs[2 * p + 1] for p in lists.place[0]] == [str(a) for a in lists.answer[0]]

    def test_every_place_is_asked_for(self, lists):
        assert set(lists.place[lists.lengths == 12].ravel()) == set(range(6))


def lookup(how):
    """A small reader, off the points where small initial weights hide errors."""
    rng = np.random.default_rng(1)
    model = Lookup(how, 3, 2, 4, rng=rng, dtype=np.float64)
    for _, array in model.named_parameters():
        array += rng.normal(size=array.shape) * 0.5
    return model


class TestLookup:
    @pytest.mark.parametrize("how", WAYS)
    def test_gradients_equal_central_differences(self, how):
        model, lists = lookup(how), draw(np.random.default_rng(0), 3, 1, 3, 2)

        def value():
            return softmax_cross_entropy(model.forward(lists.x, lists.lengths, lists.asked), lists.answer)

        model.backward(value()[1])
        check_parameters(model, lambda: value()[0], rtol=2e-5, atol=1e-9)

    @pytest.mark.parametrize("how", WAYS)
    def test_padding_changes_nothing(self, how):
        model, lists = lookup(how), draw(np.random.default_rng(0), 5, 1, 4, 2)
        together = model.forward(lists.x, lists.lengths, lists.asked)
        for i, n in enumerate(lists.lengths):
            own = slice(i, i + 1)
            alone = model.forward(lists.x[own, :n], lists.lengths[own], lists.asked[own])
            np.testing.assert_allclose(together[own], alone, rtol=1e-10)

    @pytest.mark.parametrize("how", ["additive", "dot"])
    def test_its_own_weights_give_its_own_answers(self, how):
        model, lists = lookup(how), draw(np.random.default_rng(0), 5, 1, 4, 2)
        logits = model.forward(lists.x, lists.lengths, lists.asked)
        np.testing.assert_allclose(model.answer_by(model.alpha, lists.asked), logits, rtol=1e-12)


def test_a_lookup_is_trained_on_lists_of_the_size_it_is_tested_on():
    seen = []

    class Spy(Lookup):
        def forward(self, x, lengths, asked, **options):
            seen.append(set(lengths))
            return super().forward(x, lengths, asked, **options)

    rng = np.random.default_rng(0)
    settings = attention_lookup.Settings(steps=3, every=3)
    assert attention_lookup.train(Spy("final", 4, 3, 4, rng=rng), rng, settings, 0.01, 5) == 3
    assert len(seen) == 4
    assert set.union(*seen) == {10}


def test_shuffling_keeps_each_weight_and_leaves_padding_alone():
    rng = np.random.default_rng(0)
    lengths = np.array([6, 3, 1])
    alpha = rng.random((3, 2, 6)) * (np.arange(6) < lengths[:, None, None])
    dealt = permuted(alpha, lengths, rng)
    np.testing.assert_array_equal(np.sort(dealt), np.sort(alpha))
    np.testing.assert_array_equal(dealt > 0, alpha > 0)
    assert np.any(dealt[0] != alpha[0])


def test_the_weight_on_a_pair_is_that_of_its_two_steps():
    alpha = np.array([[[0.1, 0.2, 0.3, 0.4]]])
    np.testing.assert_allclose(on_pair(alpha, np.array([[1]])), [[0.7]])


class TestReviews:
    @pytest.fixture
    def model(self):
        return Classifier("rnn", 30, 4, 3, pooling="attention", rng=np.random.default_rng(0), dtype=np.float64)

    @pytest.fixture
    def held_out(self):
        rng = np.random.default_rng(0)
        return Sequences(rng.integers(30, size=(50, 8)), rng.integers(2, size=50), rng.integers(1, 9, size=50))

    def test_the_parts_make_the_whole(self, model, held_out):
        h, alpha = parts(model, held_out.x, held_out.lengths)
        logits = model.forward(held_out.x, held_out.lengths)[:, 0]
        np.testing.assert_allclose(yes(model, h, alpha), 1 / (1 + np.exp(-logits)), rtol=1e-10)

    def test_a_model_that_weighs_all_alike_loses_nothing_by_equal_weights(self, model, held_out):
        v = model.summary.pool.params["v"]
        kept = v.copy()
        v[:] = 0
        found = other_weights(model, held_out, np.random.default_rng(0))
        v[:] = kept
        for name in ("permuted", "equal"):
            assert found[name]["decisions_changed"] == found[name]["median_change"] == 0
        assert found["words_read"] == pytest.approx(found["words_there"], abs=1e-3)

    def test_a_drawn_sentence_has_one_weight_a_word(self, model):
        found = drawn(model, np.array([1, 5, 6, 7]))
        assert len(found["alpha"]) == len(found["ids"]) == 4
        assert sum(found["alpha"]) == pytest.approx(1, abs=1e-3)

    def test_the_sentences_are_short_enough_to_be_read_whole(self):
        assert max(len(text.split()) for text in SENTENCES) < 50
