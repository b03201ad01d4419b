"""Only the answers' sources are taken from a submission, by id."""

import copy
import json
import re

import pytest
from course import FULL, answers, grade, released, settings, with_answers

from birnn_grader.handed_in import Unreadable, identity, parse, read_file
from birnn_grader.intake import defuse, rebuild
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Bubblewrap
from birnn_grader.tasks import task

LIMITS = Limits()


def _released():
    notebook = released()
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def _rebuild(notebook):
    return rebuild(json.dumps(notebook).encode(), _released(), LIMITS)


def test_a_solved_notebook_is_the_released_one_with_its_answers():
    notebook, notes, readable = _rebuild(with_answers(answers()))
    assert readable
    assert notes == []
    for found, before in zip(notebook["cells"], _released()["cells"], strict=True):
        name = settings(before).get("grade_id")
        expected = answers()[name] if name in answers() else before["source"]
        assert {**found, "source": None} == {**before, "source": None}
        assert found["source"] == (expected if found["cell_type"] == "code" else defuse(expected))


def test_rebuilding_twice_changes_nothing():
    once, _, _ = _rebuild(with_answers({**answers(), "explain_last_output": "<b>bold</b> a<b"}))
    twice, notes, _ = _rebuild(once)
    assert twice == once
    assert notes == []


def _add(notebook, after, source, kind="code"):
    """Add a cell of the student's own after one of these ids."""
    at = next(n for n, cell in enumerate(notebook["cells"]) if identity(cell)[1] == after)
    notebook["cells"].insert(at + 1, {"cell_type": kind, "id": f"new{len(source)}", "metadata": {}, "source": source})


STEP = answers()["rnn_step"]
HELPED = {**answers(), "rnn_step": STEP.replace("np.tanh(", "squash(")}
HELPER = "from math import e\n\ndef squash(x):\n    return (1 - e ** (-2 * x)) / (1 + e ** (-2 * x))"


def test_a_helper_of_the_students_own_runs_where_it_stands_and_is_listed(package, bwrap):
    notebook = with_answers(HELPED)
    _add(notebook, "setup", HELPER)
    score, graded = grade(package, notebook)
    assert score == FULL
    assert graded["notes"] == ["1 added code cell(s), run where they stand: from math import e"]
    notebook = with_answers(HELPED)
    _add(notebook, "birnn_outputs", HELPER)  # below the tests of what uses it: as in Jupyter
    assert grade(package, notebook)[0] == FULL - 3


def test_what_an_added_cell_does_costs_nothing_but_its_own_time(package, bwrap):
    limits, notebook = Limits(own=0.5), with_answers(answers())
    sources = ["while True: pass", "import os\nos._exit(1)", "1 / 0", "rnn_step(", "%matplotlib inline"]
    for n, source in enumerate(sources * 3):
        _add(notebook, "setup", source + "\n" * n)
    graded = task(package, json.dumps(notebook).encode(), "", Bubblewrap(), limits, checked=True)
    assert sum(score or 0.0 for score in graded["scores"].values()) == FULL
    assert any("it took too long" in note for note in graded["notes"])


def test_added_cells_are_bounded():
    notebook = with_answers(answers())
    for n in range(LIMITS.added + 3):
        _add(notebook, "setup", f"x = {n}")
    _add(notebook, "setup", "#" * (LIMITS.source + 1))
    made, notes, _ = _rebuild(notebook)
    assert len(made["cells"]) == len(_released()["cells"]) + LIMITS.added
    assert notes[1] == "4 added code cell(s) left out: they are too many, or too long"


def _stripped(notebook):
    """As an editor writes it that keeps no metadata and gives ids of its own."""
    notebook = copy.deepcopy(notebook)
    for n, cell in enumerate(notebook["cells"]):
        cell["metadata"] = {}
        cell["id"] = f"fresh-{n}"
    return notebook


def test_lost_metadata_is_restored_by_the_cells_around():
    solved = with_answers(answers())
    made, notes, _ = _rebuild(_stripped(solved))
    assert made == _rebuild(solved)[0]
    assert notes == [f"{name}: its metadata was lost; restored by the cells around it" for name in answers()]


def test_with_lost_metadata_a_helper_is_told_from_the_answer():
    notebook = with_answers(HELPED)
    at = next(n for n, cell in enumerate(notebook["cells"]) if identity(cell)[0] == "rnn_step")
    notebook["cells"].insert(at, {"cell_type": "code", "id": "helper", "metadata": {}, "source": HELPER})
    made, notes, _ = _rebuild(_stripped(notebook))
    assert answers(made) == {**answers(made), "rnn_step": HELPED["rnn_step"]}
    assert notes[-1] == "1 added code cell(s), run where they stand: from math import e"
    assert [cell["source"] for cell in made["cells"]].index(HELPER) < at + 1


def test_what_cannot_be_told_apart_is_not_guessed():
    """Two cells in the place of one answer, and neither defines it."""
    notebook = _stripped(with_answers({**answers(), "rnn_step": "x = 1"}))
    at = next(n for n, cell in enumerate(notebook["cells"]) if "".join(cell["source"]) == "x = 1")
    notebook["cells"].insert(at, {"cell_type": "code", "id": "other", "metadata": {}, "source": "y = 2"})
    made, notes, _ = _rebuild(notebook)
    assert answers(made)["rnn_step"] == answers(_released())["rnn_step"]
    assert "missing, put back as released: rnn_step" in notes


def test_a_missing_answer_is_told_and_put_back():
    notebook = with_answers(answers())
    notebook["cells"] = [cell for cell in notebook["cells"] if identity(cell)[0] != "rnn_step"]
    made, notes, _ = _rebuild(notebook)
    assert notes == ["missing, put back as released: rnn_step"]
    assert [c["source"] for c in made["cells"]].count(answers(_released())["rnn_step"]) == 1


@pytest.mark.parametrize("at", [1, 3, -1])
def test_an_answer_in_two_cells_is_put_together(at):
    lines, notebook = answers()["rnn_step"].splitlines(keepends=True), with_answers(answers())
    (whole,) = (cell for cell in notebook["cells"] if identity(cell)[0] == "rnn_step")
    second = copy.deepcopy(whole)
    whole["source"], second["source"] = lines[:at], lines[at:]
    notebook["cells"].insert(notebook["cells"].index(whole) + 1, second)
    made, notes, _ = _rebuild(notebook)
    (found,) = (cell["source"] for cell in made["cells"] if identity(cell)[0] == "rnn_step")
    assert [line for line in found.splitlines() if line] == [line for line in "".join(lines).splitlines() if line]
    assert notes == ["rnn_step: handed in 2 times; run one after the other"]


DRAFT = "def rnn_step(x_t, h_prev, W_xh, W_hh, b_h):\n    return np.tanh(x_t @ W_xh"


def _copied(name, *copies):
    """The solution with several cells of one id: ``(cell type, source)``, the released source where that is None."""
    notebook, made = with_answers(answers()), []
    for cell in notebook["cells"]:
        if identity(cell)[0] != name:
            made.append(cell)
            continue
        for kind, source in copies:
            source = answers(released())[name] if source is None else source
            made.append({**copy.deepcopy(cell), "cell_type": kind, "source": source})
    return {**notebook, "cells": made}


@pytest.mark.parametrize(
    "copies",
    [
        [("code", DRAFT), ("code", STEP)],
        [("code", "1 / 0"), ("code", STEP)],
        [("code", STEP), ("markdown", "This is how I thought:\n\n" + STEP)],
        [("markdown", "First my notes"), ("code", STEP)],
        [("raw", "notes"), ("code", STEP), ("markdown", "notes")],
        [("code", "%%bash\necho notes"), ("code", STEP)],
        [("code", STEP), ("code", "%%bash\necho notes")],
        [("code", STEP), ("code", DRAFT)],
        [("code", STEP), ("code", None)],
        [("code", None), ("code", STEP)],
        [("code", "def step(a, b):\n    return np.tanh(a + b)"),
         ("code", STEP.split("\n")[0] + "\n    return step(x_t @ W_xh, h_prev @ W_hh + b_h)")],
        [("markdown", STEP)],
    ],
    ids=["unfinished_first", "error_first", "retyped_after", "retyped_first", "raw", "bash_first", "bash_after",
         "unfinished_after", "untouched_after", "untouched_first", "helper_first", "retyped_alone"],
)  # fmt: skip
def test_copies_run_one_after_the_other_and_cost_nothing(copies, package, bwrap):
    score, graded = grade(package, _copied("rnn_step", *copies))
    assert score == FULL, graded["notes"]
    assert graded["blank"] == []


def test_copies_of_a_written_answer_are_put_together():
    made, *_ = _rebuild(_copied("explain_last_output", ("markdown", "One."), ("markdown", "Two.")))
    (found,) = (cell["source"] for cell in made["cells"] if identity(cell)[0] == "explain_last_output")
    assert found == "One.\n\nTwo."
    assert len(made["cells"]) == len(_released()["cells"])


def test_two_cells_that_are_too_long_together_are_left_out():
    notebook = with_answers({**answers(), "rnn_step": "#" * (LIMITS.source - 1)})
    notebook["cells"] += [cell for cell in notebook["cells"] if identity(cell)[0] == "rnn_step"]
    assert "longer than" in _rebuild(notebook)[1][0]


def test_an_answer_that_is_too_long_is_left_out():
    _, notes, _ = _rebuild(with_answers({**answers(), "rnn_step": "#" * (LIMITS.source + 1)}))
    assert "longer than" in notes[0]


def test_a_nbformat_cell_id_stands_in_for_lost_settings():
    notebook = copy.deepcopy(with_answers(answers()))
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    made, notes, _ = _rebuild(notebook)
    assert notes == []
    assert made == _rebuild(with_answers(answers()))[0]


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"3", b"null", b'{"cells": 3}', b"\xff\xff", b"NaN", b"[" * 150_000]
)
def test_what_is_not_a_notebook_is_unreadable(data):
    with pytest.raises(Unreadable):
        parse(data, LIMITS)


def test_no_tag_is_left_in_a_markdown_answer():
    assert "<" not in defuse("<script><!-- </a> <?php").replace("< ", "")
    assert defuse("1 < 2, $a <= b$") == "1 < 2, $a <= b$"


LINKS = ["[a](javascript:alert(1))", "[a]( JavaScript:x)", "[a](\njavascript:x)", "[a](java&#115;&#99;ript:x)"]
LINKS += ["[a](&#x6A;avascript&colon;x)", "[a](javascript\\:x)", "![a](data:text/html,x)", "[a](vbscript:x)"]
LINKS += ["[a](ms-msdt:x)", "[a]\n\n[a]: javascript:x", "> [a]: file:///etc"]


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_to_the_web_or_to_mail(link):
    from nbconvert.filters import markdown2html

    page = markdown2html(defuse(link))
    assert not re.findall(r"(?:href|src)=\"(?!#)", page), page
    assert defuse("[a](javascript:x) text: y") == "[a](#) text: y"


@pytest.mark.parametrize(
    "text",
    ["[a](https://a.org/x?y=1:2)", "[a](mailto:a@b.c)", "[a](part.html#x:y)", "[a]: http://a", "f: x", "[0:3](a/b:c)"],
)
def test_other_links_and_texts_stay(text):
    assert defuse(text) == text


def test_a_file_is_read_without_following_links(tmp_path):
    (tmp_path / "real").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert read_file(tmp_path / "real", LIMITS) == b"{}"
    for name, words in {"link": "link", "absent": "missing", ".": "not a plain file"}.items():
        with pytest.raises(Unreadable, match=words):
            read_file(tmp_path / name, LIMITS)
    with pytest.raises(Unreadable, match="more than 1"):
        read_file(tmp_path / "real", Limits(notebook=1))


def test_a_right_answer_in_long_doubles_scores(package, bwrap):
    long = STEP.replace("return ", "return np.longdouble(1) * ")
    assert grade(package, with_answers({**answers(), "rnn_step": long}))[0] == FULL
