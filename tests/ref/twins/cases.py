"""What the tests of both frameworks' twins draw: every cell, merge and form of stack, with random weights."""

import numpy as np
import pytest

from birnn_ref.layers import Stack
from birnn_ref.twins.parity import draw_case
from birnn_ref.twins.spec import describe

CELLS = {"rnn": {}, "relu": {"activation": "relu"}, "lstm": {}, "gru": {}, "gru_before": {"reset_after": False}}
MERGES = ("concat", "sum", "mul", "ave", None)
# A level's two directions, each level reading both or each stacked alone; or one direction.
FORMS = [(True, mixed, merge) for mixed in (True, False) for merge in MERGES] + [(False, True, "concat")]
each_cell = pytest.mark.parametrize("cell", CELLS)
each_form = pytest.mark.parametrize(("bidirectional", "mixed", "merge"), FORMS)


def kind(cell):
    """Return the package's name of one of `CELLS`."""
    return cell.split("_")[0].replace("relu", "rnn")


def randomise(layer, rng):
    """Draw every weight, biases too: a zero bias would hide one that is lost."""
    for _, value in layer.named_parameters():
        value[...] = rng.normal(size=value.shape) / 2
    return layer


def stack(cell, depth, bidirectional, mixed, merge, features=3, hidden=4, seed=0):
    rng = np.random.default_rng(seed)
    options = {"bidirectional": bidirectional, "mixed": mixed, "merge": merge, "rng": rng, "dtype": np.float64}
    return randomise(Stack(kind(cell), features, hidden, depth, **options, **CELLS[cell]), rng)


def case_of(layer, batch=3, time=4, padded=False, seed=1):
    return draw_case(describe(layer)[0], batch, time, padded=padded, rng=np.random.default_rng(seed))


def same_weights(a, b):
    return all(
        name == other and np.array_equal(value, theirs)
        for (name, value), (other, theirs) in zip(a.named_parameters(), b.named_parameters(), strict=True)
    )
