"""A gate that is held open is 1 whatever comes, and training never shuts it; the whole cell keeps all its gates."""

import numpy as np
import pytest

from birnn_ref.cells import lstm_step
from birnn_ref.experiments.part1 import gates_opened
from birnn_ref.experiments.part1.gates_opened import OPEN, PLACE, Settings


@pytest.mark.parametrize("arm", ["lstm", *PLACE])
def test_one_gate_is_open_and_no_other(arm):
    layer = gates_opened.recurrent(arm, 6, np.random.default_rng(0))
    params = {name: value.astype(float) for name, value in layer.params.items()}
    x, h, c = np.random.default_rng(1).normal(size=(3, 5, 6))
    _, _, cache = lstm_step(x[:, :2], h, c, **params)
    open_gates = {name for name, gate in zip(PLACE, (cache.i, cache.f, cache.o), strict=True) if (gate == 1).all()}
    assert open_gates == {arm} & PLACE.keys()


def test_training_leaves_it_open(monkeypatch):
    made = []

    def remember(*arguments):
        made.append(recurrent(*arguments))
        return made[-1]

    recurrent = gates_opened.recurrent
    monkeypatch.setattr(gates_opened, "recurrent", remember)
    gates_opened.train(0, "input", 4, 0.1, Settings(batch=4, test=10, every=10), 10)
    bias = made[0].params["b_h"]
    assert (bias[:24] == OPEN).all()
    assert (bias[24:] != [1.0] * 24 + [0.0] * 48).any(), "the others have learned"


def test_the_arms_are_of_about_equal_size():
    sizes = {
        arm: sum(p.size for p in gates_opened.recurrent(arm, width, np.random.default_rng(0)).params.values())
        for arm, width in Settings().hidden.items()
    }
    assert max(sizes.values()) < 1.05 * min(sizes.values())
