"""Translators without a network, BLEU from counts, and its interval."""

import numpy as np
import pytest

from birnn_ref.datasets import load_tatoeba
from birnn_ref.datasets.pairs import PairData
from birnn_ref.experiments.translations import (
    bleu_of,
    count,
    group_sizes,
    over_seeds_and_groups,
    pack,
    text,
    translate,
    unpack,
)
from birnn_ref.experiments.translators import nearest, word_for_word, word_table
from birnn_ref.metrics import bleu
from birnn_ref.models import Seq2Seq

TRUE = ["he isn't here any more.", "where are you going?", "i ate 3.5 apples, not 4.", "go."]
SAID = ["he is not here any more.", "where are you going today?", "i ate 3.5 apples, not 5.", "stop."]


def pairs(train, test=()):
    parts = {"train": train, "validation": [], "test": list(test)}
    return PairData.of(
        "made up", {k: [(tuple(f.split()), tuple(e.split())) for f, e in v] for k, v in parts.items()}, "-"
    )


KNOWN = [("das haus", "the house"), ("das buch", "the book"), ("ein buch", "a book"), ("mein haus", "my house")] * 2


def test_counts_add_up_to_sacrebleus_score():
    pytest.importorskip("sacrebleu")
    counts = count(TRUE, SAID)
    assert counts.shape == (4, 10)
    assert bleu_of(counts.sum(axis=0)) == pytest.approx(bleu(TRUE, SAID), abs=1e-9)
    assert bleu_of(counts.sum(axis=0)) < 99
    assert bleu_of(count(TRUE, [s.rpartition(" ")[0] for s in TRUE]).sum(axis=0)) < 99  # too short
    assert bleu_of(count(TRUE, ["", "", "", ""]).sum(axis=0)) == 0
    np.testing.assert_array_equal(unpack(pack(counts)), counts)
    with pytest.raises(ValueError, match="between 0 and 255, got 0 to 256"):
        pack(np.array([0, 256]))


def test_em_tells_words_apart_that_each_single_pair_does_not():
    data = pairs(KNOWN)
    part = data["train"]
    once, often = (word_table(part.ids, np.where(part.targets > 3, part.targets, 0), rounds) for rounds in (1, 20))
    np.testing.assert_allclose(often.sum(axis=1)[2:], 1, rtol=1e-6)
    (house,), (haus,) = data.target_vocabulary.encode(["house"]), data.vocabulary.encode(["haus"])
    assert once[haus, house] < 0.6 < 0.9 < often[haus, house]


def test_word_for_word_keeps_the_order_and_copies_what_is_unknown():
    data = pairs(KNOWN, [("buch das zelda", "-")])
    assert word_for_word(data, data["test"]) == [["book", "the", "*zelda"]]


def test_nearest_shares_the_rarest_words():
    data = pairs(KNOWN)
    assert nearest(data["train"], [("mein", "buch"), ("ein", "haus")]) == [["my", "house"], ["a", "book"]]


def test_a_model_copies_the_word_it_looks_at():
    data = pairs([(f"{'abcd'[i]} {'abcd'[j]}", "x y") for i in range(4) for j in range(4)], [("zelda a", "x y")])
    model = Seq2Seq("gru", 6, 6, 4, 5, start=2, end=3, rng=np.random.default_rng(0))
    model.readout.params["W"][...] = 0
    model.readout.params["b"][...] = np.eye(6)[1]  # always the unknown word
    (said,) = translate(model, data, data["test"])
    assert len(said) == 25
    assert set(said) <= {"*zelda", "*a"}
    looked = model.write(data["test"].ids, data["test"].lengths, max_steps=25)[0].alpha.argmax(axis=1)
    assert said == [("*zelda", "*a")[at] for at in looked]


def test_groups_are_neighbours_in_the_package():
    data = load_tatoeba()
    sizes = group_sizes(data["test"])
    assert sizes.sum() == len(data["test"].ids) > len(sizes)
    ends = np.cumsum(sizes)
    words = data["test"].words
    between = [(words[end - 1], words[end]) for end in ends[:-1]]
    assert all(a != b for a, b in between)


class TestInterval:
    def systems(self, right, seeds=2, groups=300):
        rng = np.random.default_rng(0)
        hits = rng.binomial(10, right, size=(seeds, groups, 1))
        counts = np.concatenate([np.repeat(hits, 4, axis=2), np.full((seeds, groups, 6), 10)], axis=2)
        return counts, np.ones(groups, int)

    def test_a_difference_is_paired(self):
        counts, sizes = self.systems(0.5)
        alone = over_seeds_and_groups(counts, sizes)
        assert alone["mean"] == pytest.approx(50, abs=2)
        better = counts.copy()
        better[..., :4] += better[..., :4] < 10
        more = over_seeds_and_groups(better, sizes, counts)
        assert more["mean"] == pytest.approx(10, abs=0.2)
        assert more["items"] < alone["items"] / 5
        assert over_seeds_and_groups(counts, sizes, counts)["half_width"] == 0

    def test_covers_the_truth_as_often_as_it_says(self):
        rng, inside = np.random.default_rng(1), 0
        for _ in range(200):
            hits = rng.binomial(10, 0.5, size=(1, 100, 1))
            counts = np.concatenate([np.repeat(hits, 4, axis=2), np.full((1, 100, 6), 10)], axis=2)
            found = over_seeds_and_groups(counts, np.ones(100, int))
            assert found["seeds"] == 0
            inside += abs(found["mean"] - 50) < found["half_width"]
        assert 0.9 <= inside / 200 <= 0.985

    def test_related_pairs_widen_it(self):
        counts, _ = self.systems(0.5)
        counts = np.repeat(counts, 5, axis=1)
        apart, together = (
            over_seeds_and_groups(counts, sizes)["items"] for sizes in (np.ones(1500, int), np.full(300, 5))
        )
        assert together > 1.8 * apart


def test_text_puts_signs_to_their_words():
    assert text(["no", ",", "*zermatt", "!"]) == "no, zermatt!"
    assert text(["no", ",", "*zermatt", "!"], copy=False) == "no,!"
