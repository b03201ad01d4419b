"""What a student sees: one line for a test, hints that lead on, examples that are right, and a summary."""

import json
import re

import examples as tool
import mutants
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from support import ROOT

from birnn_student import asking, notebook, session
from birnn_student.problem_set import SETS, decode, flat, read

NAMES = mutants.published()
each_assignment = pytest.mark.parametrize("name", NAMES)
PAGE = re.compile(r"Read “(.+?)”, section “(.+?)”")


def _cells(name):
    return nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4).cells


@pytest.fixture(scope="module")
def headings():
    """The sections of each chapter, by its title."""
    found = {}
    for path in ROOT.glob("book/part*/*.ipynb"):
        text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")
        title, *sections = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        found[title] = sections
    return found


@each_assignment
def test_parts_and_points_are_the_notebooks(name):
    number, found = 0, []
    settings = {}
    for cell in _cells(name):
        if match := re.search(r"^## (?:Part|Case) (\d+)", cell.source, re.MULTILINE):
            number = int(match[1])
        elif cell.cell_type == "markdown" and "In your own words" in cell.source:
            number += 1
        own = cell.metadata.get("nbgrader", {})
        settings[own.get("grade_id")] = own
        if own.get("solution"):
            found.append((own["grade_id"], number))
    parts = read(name).parts
    assert [(part.name, part.number) for part in parts] == found
    for part in parts:
        tests = [settings.get(f"test_{part.name}_{kind}", {}).get("points", 0) for kind in ("visible", "hidden")]
        written = settings[part.name].get("points", 0) if settings[part.name]["grade"] else 0
        assert [part.visible, part.hidden, part.written] == [*tests, written]
        assert part.minutes
        assert part.difficulty in (1, 2, 3)
        assert len(part.hints) == (0 if part.written else 3)


@each_assignment
def test_the_second_hint_names_a_section_that_is_there(name, headings):
    for part in read(name).parts:
        for hint in part.hints[1:2]:
            title, section = PAGE.search(hint).groups()
            assert section in headings[title]


@each_assignment
def test_examples_are_what_the_cases_draw_and_the_solution_returns(name):
    stored = read(name).examples
    drawn, functions = tool.drawn(name), tool.functions(name, {})
    assert stored.keys() == drawn.keys()
    for part, cases in drawn.items():
        assert len(stored[part]) == len(cases)
        for found, arguments in zip(stored[part], cases, strict=True):
            assert json.dumps(tool.encode(found.arguments)) == json.dumps(tool.encode(arguments)), (
                "run `make exercises`"
            )
            right = tool.call(functions[part], arguments)
            pairs = zip(flat(found.result), flat(right), strict=True)
            assert all(np.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in pairs), "run `make exercises`"


@each_assignment
def test_sizes_of_examples_differ_and_exceed_one(name):
    for cases in read(name).examples.values():
        shapes = [np.shape(a) for case in cases for a in flat(case.arguments) if np.ndim(a) > 1]
        for shape in shapes:
            sizes = [n for n in shape if n > 1]
            assert len(sizes) == len(set(sizes)) or shape[-1] == shape[-2] or name == "ps4", shape


def _run(name, answers):
    """Run a released notebook with these answers in place of its own; return its cells by id."""
    made = nbformat.read(ROOT / "exercises" / name / f"{name}.ipynb", as_version=4)
    for cell in made.cells:
        cell.source = answers.get(cell.id, cell.source)
    made.cells.append(nbformat.v4.new_code_cell("hint(1, 1)\nhint(2, 'rnn_step')\nhint(3)\nhint(7)", id="hints"))
    NotebookClient(made, timeout=600, startup_timeout=300, allow_errors=True).execute()
    return {cell.id: cell for cell in made.cells}


def _text(cell):
    return "".join(o.get("text", "") or "\n".join(o.get("traceback", ())) for o in cell.outputs)


def test_a_notebook_says_each_thing_in_a_line():
    step = "def rnn_step(x_t, h_prev, W_xh, W_hh, b_h):\n    return "
    answers = {
        "rnn_step": step + "np.tanh(x_t @ W_xh + h_prev @ W_hh.T + b_h)",
        "rnn_forward": "def rnn_forward(x, h_0, W_xh, W_hh, b_h):\n    h_t = h_0\n    return nothing",
        "birnn_outputs": "def birnn_outputs(h_f, h_b):\n    return np.concatenate([h_f, h_b[:, ::-1]], axis=2)",
    }
    cells = _run("ps1", answers)
    help_ = "\n  hint(1) to hint(3) help, each a little more; %tb shows the whole traceback."
    assert _text(cells["test_rnn_step_visible"]) == "✗ Part 1, rnn_step: W_hh is used transposed" + help_
    assert cells["test_rnn_step_visible"].outputs[0].ename == "AssertionError"
    assert _text(cells["test_rnn_forward_visible"]) == (
        "✗ Part 2, rnn_forward stopped with NameError: name 'nothing' is not defined\n"
        "  in rnn_forward, line 3 of its cell: return nothing" + help_
    )
    assert _text(cells["test_birnn_outputs_visible"]) == (
        "✓ Part 3, birnn_outputs: passed, 1 point safe, 2 points more at grading.\n"
    )
    assert _text(cells["test_birnn_summary_visible"]).startswith("✗ Part 4, birnn_summary is not written yet.")
    assert _text(cells["summary"]) == (
        "Marked automatically: 1 of 11 points safe, up to 2 more at grading.\n"
        "To do: part 1 (rnn_step), part 2 (rnn_forward), part 4 (birnn_summary).\n"
        "Marked by a person: part 5 (explain_last_output), 2 points.\n"
        'The tests at grading use other numbers: "passed" here is no promise there; what is safe stays so.\n'
    )
    first, second, third, seventh = _text(cells["hints"]).splitlines()
    assert first.startswith("Part 1, rnn_step, hint 1 of 3: Which axis")
    assert second.startswith("Part 1, rnn_step, hint 2 of 3: Read “Sequences and the hidden state”")
    assert third.startswith("Part 4, birnn_summary, hint 3 of 3: "), "without a part, the one whose test ran last"
    assert seventh == "Part 4, birnn_summary has hints 1 to 3."


def test_an_error_of_the_students_own_cells_keeps_its_traceback():
    cells = _run("ps1", {"setup": 'import numpy as np\nfrom birnn_student import *\nbegin("ps1")\nprint("on")\n1 / 0'})
    assert _text(cells["setup"]).startswith(
        "ps1, about 65 minutes (* follows a chapter, ** wants a thought, *** wants several):\npart 1 (10 minutes, *), "
    )
    assert "ZeroDivisionError" in _text(cells["setup"])
    assert "---->" in _text(cells["setup"])


def test_a_trainer_that_lacks_a_part_says_so_in_a_line():
    cells = _run("ps8", {"train": "from birnn_student.tagger import train_tagger\ntrain_tagger()"})
    (said,) = [_text(c) for c in cells.values() if "train_tagger" in c.source and "import" in c.source]
    assert said == "✗ Part 1, path_score is not written yet, or stops with an error: run its test cell first"


@each_assignment
def test_the_overview_breaks_between_parts_alone(name):
    parts = read(name).parts
    first, *lines = notebook.overview(name, parts).splitlines()
    assert all(line.startswith("part ") and len(line) <= notebook.WIDTH for line in lines)
    assert sum(line.count("part ") for line in lines) == len({part.number for part in parts})


class TestWithoutANotebook:
    @pytest.fixture(autouse=True)
    def begun(self):
        """The functions that a test defines are those of the notebook."""
        notebook.begin("ps1")
        yield
        session.start(read(""), {})

    def test_an_unknown_mistake_shows_the_first_difference(self, monkeypatch):
        (case, *_) = read("ps1").examples["birnn_summary"]
        wrong = case.result.copy()
        wrong[1, 2] += 1
        monkeypatch.setitem(session.current.names, "birnn_summary", lambda outputs: wrong)
        with pytest.raises(AssertionError) as failed:
            asking.again("birnn_summary")
        told = f"the result at [1, 2] should be {case.result[1, 2]:.4g}, yours is {wrong[1, 2]:.4g}"
        assert told in str(failed.value)
        assert 'example("birnn_summary") returns the case' in str(failed.value)

    def test_what_is_not_finite_is_pointed_to(self, monkeypatch):
        result = np.zeros((2, 3))
        result[1, 0] = np.nan
        monkeypatch.setitem(session.current.names, "f", lambda: (np.zeros(1), result))
        with pytest.raises(AssertionError, match=r"f, result 2 holds NaN or infinity, first at \[1, 0\]"):
            asking.ask("f", returns=[(1,), (2, 3)])

    def test_an_array_for_a_verdict_is_told_what_is_wanted(self, monkeypatch):
        monkeypatch.setitem(session.current.names, "f", lambda: np.ones((2, 4), bool))
        with pytest.raises(AssertionError, match=r"shape \(\) \(one number, True or False\), yours has \(2, 4\)"):
            asking.ask("f", returns=())

    def test_an_example_is_a_copy(self):
        for _ in range(2):
            (outputs,), result = asking.example("birnn_summary")
            assert np.isfinite(outputs).all()
            outputs[:], result[:] = np.nan, np.nan

    def test_what_there_is_no_example_or_hint_of_is_said(self, capsys):
        with pytest.raises(AssertionError, match="there is no example for 'nothing': there are rnn_step"):
            asking.example("nothing")
        notebook.hint(1, "nothing")
        assert capsys.readouterr().out.startswith("There are no hints for 'nothing'; there are for: rnn_step,")

    def test_two_functions_of_one_part_are_told_apart(self, capsys):
        notebook.begin("ps2")
        notebook.hint(1, 3)
        expected = "Part 3 has 2 functions: say hint(1, 'numerical_gradient' or 'relative_error').\n"
        assert capsys.readouterr().out == expected

    def test_a_set_of_a_teachers_own_needs_no_file(self, capsys):
        notebook.begin("ps77")
        notebook.hint()
        assert "There are no hints" in capsys.readouterr().out
        assert notebook.passed("mean") == "✓ mean: passed. More tests run at grading, on other numbers."
        assert notebook.summed_up([], {"mean": True}).startswith("Passed here: mean.")


def test_plain_data_survives_being_stored():
    value = [np.arange(6.0).reshape(2, 3), {"a": np.array([True]), "b": [1, "x"]}, 0.1, (2, 3)]
    again = decode(json.loads(json.dumps(tool.encode(value))))
    assert again[0].shape == (2, 3)
    assert again[1]["a"].dtype == bool
    assert again[1:] == [{"a": [True], "b": [1, "x"]}, 0.1, [2, 3]]


def test_nothing_stored_is_of_a_set_that_is_not_there():
    assert {path.stem for path in SETS.iterdir()} == set(NAMES)
