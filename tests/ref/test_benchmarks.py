"""The speed benchmark runs every contestant and says what it promises, at a size where it takes no time."""

import json
import sys

import numpy as np
import pytest
from support import ROOT, run

SCRIPT = """
import json
from benchmarks.machine import Contestants
from benchmarks.recurrent import GATES, measure
names = ("numpy", "floor")
with Contestants(names) as contestants:
    print(json.dumps([measure(contestants, cell, (2, 3, 4, 5), rounds=2, names=names) for cell in GATES]))
"""


def test_measures_times_ratios_and_memory():
    of_cells = json.loads(run([sys.executable, "-c", SCRIPT], cwd=ROOT).stdout)
    assert [found["cell"] for found in of_cells] == ["rnn", "lstm", "gru"]
    for found in of_cells:
        times = {name: found["times"][name]["median"] for name in ("numpy", "floor")}
        assert np.isclose(found["ratios"]["floor"], times["numpy"] / times["floor"])
        assert all(0 < t["low"] <= t["median"] <= t["high"] for t in found["times"].values())
        assert all(mib is None or mib >= 0 for mib in found["peak_memory"].values())


def test_help_names_the_benchmarks():
    told = run([sys.executable, "-m", "benchmarks", "--help"]).stdout
    assert all(name in told for name in ("grading", "outputs", "recurrent", "tutorial"))


def test_a_contestant_that_fails_is_named():
    script = """
from functools import partial
from benchmarks.machine import Contestants
with Contestants(["floor"]) as contestants:
    contestants.measure({"floor": partial(int, "no number")}, rounds=1)
"""
    with pytest.raises(AssertionError, match="floor failed: what it printed stands above"):
        run([sys.executable, "-c", script], cwd=ROOT)
