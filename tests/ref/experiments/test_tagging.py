"""What the studies of tags share: sizes, scores sentence by sentence, and the opponent's features."""

from dataclasses import replace

import numpy as np
import pytest

from birnn_ref.datasets import load_snips
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.tagging import (
    Recipe,
    answers,
    build,
    by_sentence,
    counts,
    pack_tags,
    sequences,
    spans_right,
    trained,
    true_tags,
    unpack_tags,
    words_right,
)
from birnn_ref.experiments.window_tagger import window_answers, window_features
from birnn_ref.metrics import score_spans, span_f1

DATA = load_snips(min_count=2)
SMALL = Recipe(hidden=8, embedding=8, char_embedding=4, filters=6, epochs=1, train_sentences=64, rate=0.01)


@pytest.mark.parametrize("kind", ["", "_letters", "_crf", "_letters_crf"])
@pytest.mark.parametrize("hidden", [8, 128])
def test_two_directions_and_one_have_equally_many_parameters(kind, hidden):
    rng, recipe = np.random.default_rng(0), Recipe(hidden=hidden, embedding=64, filters=64)
    both, forward = (parameter_count(build(name + kind, DATA, rng, recipe)) for name in ("both", "forward"))
    assert abs(both - forward) < 0.002 * both


def test_one_direction_may_have_a_size_of_its_own():
    model = build("forward", DATA, np.random.default_rng(0), replace(SMALL, hidden_forward=5))
    assert model.tags.readout.params["W"].shape[0] == 5


def test_a_name_says_what_a_network_has():
    rng = np.random.default_rng(0)
    models = {name: build(name, DATA, rng, SMALL) for name in ("both_letters_crf", "forward")}
    assert models["both_letters_crf"].crf.names == DATA.tag_names
    assert models["forward"].crf is None
    assert hasattr(models["both_letters_crf"], "chars")
    assert not hasattr(models["forward"], "chars")


def test_a_forward_tagger_answers_before_it_has_read_on():
    model, part = build("forward_letters", DATA, np.random.default_rng(0), SMALL), sequences(DATA, "test", 20)
    whole = model.forward(part.x, part.lengths)
    begun = model.forward(tuple(x[:, :3] for x in part.x), np.minimum(part.lengths, 3))
    np.testing.assert_allclose(begun, whole[:, :3], atol=1e-6)


def test_one_epoch_is_a_run_with_answers_of_the_right_lengths():
    model, history = trained("both_letters_crf", DATA, 0, SMALL, span_f1(DATA.tag_names))
    assert len(history) == 1
    said = answers(model, sequences(DATA, "test", 30), batch=7)
    assert [len(row) for row in said] == DATA["test"].lengths[:30].tolist()


class TestScores:
    TRUE = (np.array([0, 1, 2, 0]), np.array([1, 0]), np.array([0]))
    SAID = (np.array([0, 1, 2, 1]), np.array([0, 0]), np.array([0]))
    NAMES = ("O", "B-x", "I-x")

    def test_counts_of_spans_are_f1_in_sum(self):
        right, of = spans_right(self.NAMES, self.TRUE, self.SAID)
        assert (right.tolist(), of.tolist()) == ([2, 0, 0], [3, 1, 0])
        named = ([[self.NAMES[k] for k in row] for row in rows] for rows in (self.TRUE, self.SAID))
        assert right.sum() / of.sum() == score_spans(*named)["all"].f1 == 0.5

    def test_counts_of_words(self):
        right, of = words_right(self.TRUE, self.SAID)
        assert (right.tolist(), of.tolist()) == ([3, 1, 1], [4, 2, 1])

    def test_the_mean_over_sentences_is_the_ratio_of_the_sums(self):
        rng = np.random.default_rng(0)
        of = rng.integers(0, 9, 50)
        right = rng.binomial(of, 0.8)
        stored = counts(right, of)
        assert by_sentence(stored).mean() == pytest.approx(right.sum() / of.sum(), abs=1e-12)
        assert stored["test"] == round(right.sum() / of.sum(), 5)

    def test_its_spread_is_that_of_other_sentences(self):
        rng = np.random.default_rng(0)
        of = rng.integers(1, 9, 400)
        right = rng.binomial(of, 0.8)
        expected = by_sentence(counts(right, of)).std() / np.sqrt(400)
        rows = rng.integers(400, size=(2000, 400))
        assert (right[rows].sum(axis=1) / of[rows].sum(axis=1)).std() == pytest.approx(expected, rel=0.06)

    def test_taggings_are_read_back(self):
        lengths = np.array([len(row) for row in self.TRUE])
        back = unpack_tags(pack_tags(self.TRUE), lengths)
        assert [row.tolist() for row in back] == [row.tolist() for row in self.TRUE]


class TestWindow:
    def test_it_sees_its_neighbours_and_no_others(self):
        words = ["add", "this", "tune", "to", "my"]
        features = list(window_features(words, 1, 1))
        assert {"-1 this", "+0 tune", "+1 to", "-1 this tune", "+0 tune to", "^tu", "$ne"} <= features[2].keys()
        assert not any("add" in name or "my" in name for name in features[2])
        assert list(window_features([*words[:4], "your"], 1, 1))[:3] == features[:3]

    def test_it_answers_every_word_and_learns(self):
        said = window_answers(DATA, 1, 1, 300)
        true = true_tags(DATA, "test")
        right, of = words_right(true, said)
        outside = sum((row == 0).sum() for row in true)
        assert right.sum() > 1.05 * outside
        assert of.sum() == DATA["test"].lengths.sum()
