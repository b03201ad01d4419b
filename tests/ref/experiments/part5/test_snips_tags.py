"""The slots of SNIPS: both networks are of one size, and a cut-down run learns something."""

import numpy as np
import pytest

from birnn_ref.datasets import load_snips
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.part5.snips_tags import NAMES, STUDY, run
from birnn_ref.experiments.tagging import build


def test_both_networks_are_of_one_size():
    data, rng = load_snips(min_count=STUDY.settings.min_count), np.random.default_rng(0)
    both, forward = (parameter_count(build(f"{name}_letters_crf", data, rng, STUDY.settings)) for name in NAMES)
    assert abs(both - forward) < 0.002 * both


def test_a_cut_down_run_needs_the_package_alone(monkeypatch):
    monkeypatch.delenv("BIRNN_DATA", raising=False)
    found = run(0, STUDY.changed(STUDY.check))
    assert found["source"] == "package"
    for name in NAMES:
        assert 0.02 < found[name]["test_f1"] < 0.6
        assert 0.02 < found[name]["validation_f1"] < 0.6
    summary = STUDY.summarise([found, found])
    added = found["both"]["test_f1"] - found["forward"]["test_f1"]
    assert summary["added"]["mean"] == pytest.approx(added, abs=1e-4)
    assert summary["both"]["test_f1"]["mean"] == pytest.approx(found["both"]["test_f1"], abs=1e-4)
