"""Translation: networks of one size, no test sentence in train, and a cut-down run that learns something."""

import pytest

from birnn_ref.datasets import load_tatoeba
from birnn_ref.experiments.part5.translation import NETWORKS, STUDY, run
from birnn_ref.experiments.results import load_result
from birnn_ref.experiments.translations import bleu_of, unpack


def test_the_networks_are_of_one_size():
    both, forward = (load_result("translation")["runs"][0][name]["parameters"] for name in NETWORKS)
    assert abs(both - forward) < 0.001 * both


def test_no_sentence_of_test_is_in_train():
    data = load_tatoeba()
    for words in ("words", "target_words"):
        assert not set(getattr(data["test"], words)) & set(getattr(data["train"], words))


def test_a_cut_down_run_needs_the_package_alone(monkeypatch):
    pytest.importorskip("sacrebleu")
    monkeypatch.delenv("BIRNN_DATA", raising=False)
    found = run(0, STUDY.changed(STUDY.check))
    assert found["source"] == "package"
    assert 8 < found["word_for_word"]["bleu"] < 30
    assert 4 < found["nearest"]["bleu"] < 25
    for name in NETWORKS:
        assert found[name]["loss"] < 5
        assert bleu_of(unpack(found[name]["counts"]).sum(axis=0)) == pytest.approx(found[name]["bleu"], abs=1e-3)
    summary = STUDY.summarise([found, found])
    more = summary["both_minus_word_for_word"]
    assert more["mean"] == pytest.approx(found["both"]["bleu"] - found["word_for_word"]["bleu"], abs=0.01)
    assert more["seeds"] == 0 < more["items"]
