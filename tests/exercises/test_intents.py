"""Problem set 5 on real sentences, with the solution's functions: it learns, says what came, and shows its mistakes."""

import examples as tool
import pytest

from birnn_student import session
from birnn_student.intents import KINDS, intents
from birnn_student.problem_set import read


@pytest.fixture
def solved():
    pytest.importorskip("keras")
    session.start(read("ps5"), tool.functions("ps5", {}))
    yield
    session.start(read(""), {})


def test_it_learns_and_shows_its_mistakes(solved, capsys):
    (found,) = intents(4, 1, sentences=800)
    assert found["accuracy"] > 0.8
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "split 0, 80 of 800 sentences held out, loss after each epoch:"
    assert len(said[1].split()) == 4
    assert said[2].startswith(f"  best after epoch {found['epoch']}: {100 * found['accuracy']:.1f} %")
    mistakes = round(80 * (1 - found["accuracy"]))
    assert said[3].startswith(f"{mistakes} mistakes in the last split")
    assert all(line.split()[0] in KINDS for line in said[4:])


def test_a_part_that_is_missing_is_named():
    session.start(read("ps5"), {"encode": print, "pad": print, "hold_out": print})
    with pytest.raises(RuntimeError, match="write train first"):
        intents()
    session.start(read(""), {})
