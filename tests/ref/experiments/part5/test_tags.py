"""The studies of SNIPS and of parts of speech: what they store adds up, and a cut-down run needs the package alone."""

import numpy as np
import pytest

from birnn_ref.experiments.part5 import snips_directions, snips_intents, ud_tags
from birnn_ref.experiments.results import load_result

STORED = ("snips_directions", "ud_tags")


def test_a_network_needs_the_package_alone(monkeypatch):
    monkeypatch.delenv("BIRNN_DATA", raising=False)
    study = snips_directions.STUDY
    found = snips_directions.run_one("both_letters_crf", 0, study.changed(study.check))
    assert 0.3 < found["test"] < 0.8
    assert 0.3 < found["validation"] < 0.8


def test_intents_need_the_package_alone(monkeypatch):
    monkeypatch.delenv("BIRNN_DATA", raising=False)
    study = snips_intents.STUDY
    found = snips_intents.run(0, study.changed(study.check))
    assert found["source"] == "package"
    assert 0.4 < found["both"]["test"] < 0.9
    assert found["bag"]["test"] > 0.95


@pytest.mark.parametrize("name", STORED)
def test_differences_are_those_of_the_means(name):
    result = load_result(name)
    summary, crf = result["summary"], "_letters_crf" if name == "snips_directions" else "_letters"
    gain = summary["both" + crf]["test"]["mean"] - summary["forward" + crf]["test"]["mean"]
    stored = summary["second_direction"]["crf"] if name == "snips_directions" else summary["second_direction"]
    assert stored["mean"] == pytest.approx(gain, abs=3e-5)


@pytest.mark.parametrize("name", STORED)
def test_the_directions_are_of_one_size(name):
    run = load_result(name)["runs"][0]
    for kind in ("_letters_crf", "_letters") if name == "snips_directions" else ("_letters",):
        both, forward = (run[side + kind]["parameters"] for side in ("both", "forward"))
        assert abs(both - forward) < 0.002 * both


@pytest.mark.parametrize("name", [*STORED, "snips_intents"])
def test_memory_stays_within_what_a_small_machine_has(name):
    assert 0 < load_result(name)["summary"]["peak_mb"] < 1500


def test_the_metric_of_parts_of_speech():
    assert ud_tags.accuracy([np.array([1, 2]), np.array([3])], [np.array([1, 1]), np.array([3])]) == 2 / 3
