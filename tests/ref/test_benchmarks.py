"""The speed benchmark runs every contestant and says what it promises, at a size where it takes no time."""

import json
import sys

import numpy as np
import pytest
from support import ROOT, run

SCRIPT = """
import json
from benchmarks.recurrent import measure
print(json.dumps(measure({cell!r}, (2, 3, 4, 5), rounds=2, names=("numpy", "floor"))))
"""


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_measures_times_ratios_and_memory(cell):
    found = json.loads(run([sys.executable, "-c", SCRIPT.format(cell=cell)], cwd=ROOT).stdout)
    times = {name: found["times"][name]["median"] for name in ("numpy", "floor")}
    assert np.isclose(found["ratios"]["floor"], times["numpy"] / times["floor"])
    assert all(t["low"] <= t["median"] <= t["high"] for t in found["times"].values())
    assert all(mib is None or mib >= 0 for mib in found["peak_memory"].values())


def test_help_names_the_benchmarks():
    told = run([sys.executable, "-m", "benchmarks", "--help"]).stdout
    assert all(name in told for name in ("grading", "recurrent", "tutorial"))
