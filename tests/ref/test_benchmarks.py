"""The speed benchmarks run every contestant and say what they promise, at sizes where it takes no time."""

import json
import sys

import numpy as np
import pytest
from support import ROOT, run

pytest.importorskip("torch")
SCRIPT = """
import json
from benchmarks.machine import Contestants
from benchmarks.passes import installed
from benchmarks.recurrent import GATES, MODES, measure
found = []
of_mode = {mode: [n for n in own if n not in ("keras", "torch_cuda") and installed(n)] for mode, own in MODES.items()}
with Contestants({name for names in of_mode.values() for name in names}) as contestants:
    for mode, names in of_mode.items():
        for cell in GATES if "backward" in mode else ("lstm",):
            found.append(measure(contestants, mode, cell, (2, 1 if "step" in mode else 3, 4, 5), rounds=1, names=names))
print(json.dumps(found))
"""


def test_measures_times_ratios_and_memory():
    found = json.loads(run([sys.executable, "-c", SCRIPT], cwd=ROOT).stdout)
    assert [row["cell"] for row in found] == ["rnn", "lstm", "gru", "lstm", "lstm"]
    for row in found:
        first, *others = row["times"]
        assert row["ratios"].keys() == set(others)
        for name in others:
            ratio = row["times"][first]["median"] / row["times"][name]["median"]
            assert np.isclose(row["ratios"][name], ratio)
        assert all(0 < t["best"] <= t["low"] <= t["median"] <= t["high"] for t in row["times"].values())
        assert all(mib is None or mib >= 0 for mib in row["peak_memory"].values())


def test_help_names_the_benchmarks():
    told = run([sys.executable, "-m", "benchmarks", "--help"]).stdout
    assert all(name in told for name in ("grading", "outputs", "recurrent", "training", "tutorial"))


def test_a_contestant_that_fails_is_named():
    script = """
from functools import partial
from benchmarks.machine import Contestants
with Contestants(["products"]) as contestants:
    contestants.measure({"products": partial(int, "no number")}, rounds=1)
"""
    with pytest.raises(AssertionError, match="products failed: what it printed stands above"):
        run([sys.executable, "-c", script], cwd=ROOT)


def test_a_long_pass_is_a_turn_by_itself(monkeypatch):
    from benchmarks import machine

    calls = []
    monkeypatch.setattr(machine, "LONG", 0.0)
    assert len(machine._turn(lambda: calls.append(0))) == len(calls) == 1
    monkeypatch.setattr(machine, "LONG", 60.0)
    monkeypatch.setattr(machine, "ENOUGH", 0.0)
    calls.clear()
    assert len(machine._turn(lambda: calls.append(0))) == len(calls) - 1 == machine.PASSES


def test_the_tutorials_runs_are_compared():
    from benchmarks.tutorial import compare

    found = compare({"compiled": [[(2.0, 0.74)]], "keras": [[(50.0, 0.79), (100.0, 0.73)]]})
    assert found["ratios"] == {"compiled": {"to_figure": 0.02, "to_level": np.inf}}
