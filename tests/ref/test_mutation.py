"""The mutation runner itself: it finds changes, spares what is not run, and its tests kill a wrong formula."""

import pytest
from ref.mutation import EXPLAINED, ROOT, changes, survives

SOURCE = '''
def step(x: "a - b", k=2):
    """Docstring, 1 + 1."""
    if k < 3:
        raise ValueError("k - 1" + str(k - 1))
    x *= k
    return x @ x.T, *zip(x, strict=True)
'''


def test_every_small_change_is_found_and_text_is_spared():
    found = [what for _, what, _ in changes(SOURCE)]
    assert set(found) == {
        "2 -> 3",
        "3 -> 4",
        "k < 3 -> k <= 3",
        "x *= k -> x += k",
        "x *= k -> nothing",
        "x @ x.T -> x * x.T",
        "x.T -> x.real",
    }
    assert len(found) == len(set(found))
    for _, _, source in changes(SOURCE):
        compile(source, "changed", "exec")


@pytest.mark.parametrize("module", EXPLAINED)
def test_every_explanation_is_of_a_line_that_is_there(module):
    lines = [line.strip() for line in (ROOT / "birnn_ref" / module).read_text().splitlines()]
    assert all(any(line.startswith(start) for line in lines) for start in EXPLAINED[module])


@pytest.mark.parametrize(
    ("change", "lives"),
    [(("f * c_prev + i * g", "f * c_prev + i * g"), True), (("f * c_prev + i * g", "f * c_prev - i * g"), False)],
)
@pytest.mark.slow
def test_the_tests_kill_a_wrong_formula_and_pass_the_right_one(change, lives):
    module = "cells/lstm.py"
    source = (ROOT / "birnn_ref" / module).read_text()
    assert change[0] in source
    assert survives(module, source.replace(*change)) == lives
