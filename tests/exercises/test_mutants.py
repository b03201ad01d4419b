"""The tests of every assignment, tested: wrong answers lose the points that they should, and right ones none."""

import json
import re

import mutants as tool
import nbformat
import pytest

from birnn_grader.starter import TEMPLATE
from birnn_student import asking

CELLS = {name: tool.code_cells(name) for name in tool.assignments()}
WRONG, RIGHT = ([(name, m) for name in CELLS for m in tool.mutants(name)[kind]] for kind in (0, 1))
PARTS = [(name, cell.id) for name, cells in CELLS.items() for cell in cells if cell.kind == "answer"]
each_assignment = pytest.mark.parametrize("name", CELLS)
each_tested = pytest.mark.parametrize("name", tool.tested())

# What a learner may hand in that is no answer at all, and the help that the tests give.
BAD = {
    "no function": ("", "there is no function {part}"),
    "printed": ("def {part}(*arguments):\n    print(0.5)", "does it print its answer instead of returning it"),
    "text": ("def {part}(*arguments):\n    return 'h_t'", "should (be|return)"),
    "wrong shape": ("def {part}(*arguments):\n    return np.zeros((9, 9, 9, 9, 9))", "should (have|be|return)"),
    "signature": ("def {part}():\n    return 0.5", "did you change its first line"),
}


def _named(pairs):
    return pytest.mark.parametrize(("name", "mutant"), pairs, ids=[f"{name}-{m.name}" for name, m in pairs])


def _tests(name, *parts):
    return sorted(tool.tests_of(CELLS[name], parts or [part for other, part in PARTS if other == name]))


@each_assignment
def test_the_solution_passes_every_test(name):
    assert not tool.mark(name, CELLS[name], {})


@_named(WRONG)
def test_a_wrong_answer_loses_its_points_and_only_those(name, mutant):
    failed = tool.mark(name, CELLS[name], mutant.answers(tool.solution(CELLS[name])))
    assert sorted(failed) == sorted(mutant.fails), failed
    assert re.search(mutant.says, "\n".join(failed.values())), failed
    assert mutant.tell in "\n".join(failed.values()), failed


@_named(RIGHT)
def test_a_right_answer_in_another_form_loses_nothing(name, mutant):
    assert not tool.mark(name, CELLS[name], mutant.answers(tool.solution(CELLS[name])))


@each_tested
def test_there_are_enough_wrong_answers(name):
    found = sum(other == name for other, _ in WRONG)
    more = f"{name} has {found} wrong answers and needs 8: write more, or say `draft = true` at the top of their file"
    assert found >= 8, more


@each_assignment
def test_each_test_catches_a_wrong_answer(name):
    wrong = [m for other, m in WRONG if other == name]
    assert {test for m in wrong for test in m.fails} == set(_tests(name))


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize(("name", "part"), PARTS)
def test_what_is_no_answer_gets_help_and_costs_only_its_part(name, part, kind):
    source, says = BAD[kind]
    failed = tool.mark(name, CELLS[name], {part: source.format(part=part)})
    assert sorted(failed) == _tests(name, part)
    for message in failed.values():
        assert re.match("AssertionError: .*" + says.format(part=part), message, re.DOTALL), message


def test_nan_and_an_endless_loop_get_help(monkeypatch):
    monkeypatch.setattr(asking, "SECONDS", 0.2)
    cells = CELLS["ps1"]
    endless = tool.mark("ps1", cells, {"rnn_step": "def rnn_step(*arguments):\n    while True:\n        pass"})
    not_finite = tool.mark("ps1", cells, {"rnn_step": "def rnn_step(x_t, h_prev, *w):\n    return h_prev * np.nan"})
    assert all("does its loop end" in message for message in endless.values())
    assert all("holds NaN" in message for message in not_finite.values())
    assert sorted(endless) == sorted(not_finite) == _tests("ps1", "rnn_step")


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        ("[[np.ones((1, 1, 1))]] * 51", "asks for 51 calls: 50 are enough"),
        (
            "[[np.ones((1, 2000, 1)), {'h_0': np.ones((1, 1))}, {}]]",
            "has 200. numbers in its arguments: 1000 are enough",
        ),
        ("[[np.ones((1, 1, 1)), {'h_0': 'x' * 5000}, {}]]", "has 500. numbers in its arguments"),
        ("[[np.ones((1, 1, 1)), {'no': 1}, {}]]", "does not suit the function"),
    ],
)
def test_a_test_of_ps7_may_not_ask_for_much(calls, says):
    """Its calls are carried out in the process that gives the marks."""
    source = f"def hunt_both_directions(results):\n    return {calls} if results is None else True"
    failed = tool.mark("ps7", CELLS["ps7"], {"hunt_both_directions": source})
    assert sorted(failed) == _tests("ps7", "hunt_both_directions")
    assert all(re.search(says, message) for message in failed.values()), failed


@each_assignment
def test_every_assignment_has_the_same_first_cell(name):
    first = CELLS[name][0]
    assert first.id == "setup"
    assert first.source == CELLS["ps1"][0].source.replace('"ps1"', f'"{name}"')


def test_a_student_sees_nearly_every_mistake_and_each_other_one_has_its_reason():
    unseen = [m for _, m in WRONG if not tool.seen(m.fails)]
    assert 1 - len(unseen) / len(WRONG) >= 0.97
    assert [m.name for m in unseen if not m.unseen] == []


def test_a_new_assignment_begins_as_the_others_do():
    """With their first cell, and with the paragraph that says how to work."""
    new = nbformat.read(TEMPLATE / "problem_set.ipynb", as_version=4).cells
    (setup,) = (cell.source for cell in new if cell.id == "setup")
    assert setup == CELLS["ps1"][0].source.replace('"ps1"', '"PROBLEM_SET"')
    known = nbformat.read(tool.ROOT / "solutions/ps1/ps1.ipynb", as_version=4).cells[0].source
    (how,) = (part for part in known.split("\n\n") if part.startswith("**How to work.**"))
    assert how in new[0].source


@each_assignment
def test_a_test_binds_its_own_name_alone(name):
    """What a test binds could take the place of a student's function, or of a helper that it calls."""
    for cell in CELLS[name]:
        if cell.kind == "test":
            assert tool.names_bound(cell.source) <= {cell.id}


@each_assignment
@pytest.mark.slow
def test_twenty_markings_agree(name):
    for mutant in (m for other, m in WRONG + RIGHT if other == name):
        parts = {mutant.part, *mutant.code} - {""}
        if not parts & tool.slow_parts(name):
            own = tool.tests_of(CELLS[name], parts)
            cells = [c for c in CELLS[name] if c.kind != "test" or c.id in own]
            found = {tuple(tool.marked(name, cells, mutant)) for _ in range(20)}
            assert found == {tuple(tool.declared(name, cells, mutant))}, mutant.name


@each_tested
def test_the_page_for_instructors_shows_what_the_mutants_lose(name):
    stored = json.loads(tool.TABLE.read_text(encoding="utf-8"))
    assert name in stored, "run `make mutants`"
    assert stored[name] == tool.table([name], tool.declared)[name], "run `make mutants`"
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(stored), "run `make mutants`"
