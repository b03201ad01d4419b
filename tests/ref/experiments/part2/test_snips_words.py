"""The slots of SNIPS by words alone: networks of one size, and a cut-down run learns something."""

import numpy as np
import pytest

from birnn_ref.datasets import load_snips
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.part2.snips_words import STUDY, Settings, build, names, run
from birnn_ref.experiments.results import load_result


@pytest.fixture(scope="module")
def data():
    return load_snips(min_count=Settings().min_count)


def test_two_directions_are_not_the_larger_network(data):
    both, *forward = (
        parameter_count(build(name, data, np.random.default_rng(0), Settings())) for name in names(Settings())
    )
    assert len(set(forward)) == 1
    assert 0.999 * forward[0] < both <= forward[0]


def test_a_cut_down_run_needs_the_package_alone(monkeypatch):
    monkeypatch.delenv("BIRNN_DATA", raising=False)
    found = run(0, STUDY.changed(STUDY.check))
    assert found["source"] == "package"
    assert 0.2 < found["both"]["test_f1"] < 0.8
    summary = STUDY.summarise([found, found])
    added = found["both"]["test_f1"] - found["wait_0"]["test_f1"]
    assert summary["both_minus"]["wait_0"]["mean"] == pytest.approx(added, abs=1e-4)


def test_the_stored_answers_are_of_the_short_utterances(data):
    stored, test = load_result("snips_words"), data["test"]
    lengths = [int(n) for n in test.lengths if n <= 10][: stored["settings"]["examples"]]
    for seed in stored["runs"]:
        for name in names(Settings()):
            assert [len(said.split()) for said in seed[name]["says"]] == lengths
