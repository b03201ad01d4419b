"""Problem set 10 on real readings, with the solution's functions: the leak pays on paper and fails live."""

import examples as tool
import pytest

from birnn_student import series, session
from birnn_student.problem_set import read


@pytest.fixture(autouse=True)
def solved():
    session.start(read("ps10"), tool.functions("ps10", {}))
    yield
    session.start(read(""), {})


def test_the_leak_pays_on_finished_windows_and_fails_live(capsys):
    found = series.leak()
    now, both = found["as much as now"], found["both directions"]
    assert both["finished"] < 0.5 * now["finished"]
    assert both["live"] > 1.1 * now["live"]
    assert found["both, one target"]["live"] < 1.1 * now["live"]
    assert [name for name, model in found.items() if model["leaks"]] == ["both directions"]
    assert capsys.readouterr().out.count("honest") == 3


def test_lines_fill_gaps_better_than_the_last_reading():
    found = series.gaps()
    assert found["mean of the others"] < found["your lines"] < found["carried forward"]


@pytest.mark.parametrize("which", ["leak", "gaps"])
def test_a_part_that_is_missing_is_named(which):
    name = series.WANTED[which][-1]
    del session.current.names[name]
    with pytest.raises(RuntimeError, match=f"write {name} first"):
        getattr(series, which)()
