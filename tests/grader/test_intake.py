"""Only the answers' sources are taken from a submission, by id."""

import copy
import json

import pytest
from course import FULL, answers, grade, released, settings, with_answers

from birnn_grader.intake import Unreadable, defuse, identity, parse, read_file, rebuild
from birnn_grader.judge.limits import Limits

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


def test_cells_of_the_students_own_are_told():
    notebook = with_answers(answers())
    notebook["cells"].insert(2, {"cell_type": "code", "id": "new", "metadata": {}, "source": "import math"})
    assert _rebuild(notebook)[1] == ["1 added code cell(s) left out: only what stands in the answer cells is graded"]


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


STEP = answers()["rnn_step"]
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
def test_what_is_no_notebook_is_unreadable(data):
    with pytest.raises(Unreadable):
        parse(data, LIMITS)


def test_no_tag_is_left_in_a_markdown_answer():
    assert "<" not in defuse("<script><!-- </a> <?php").replace("< ", "")
    assert defuse("1 < 2, $a <= b$") == "1 < 2, $a <= b$"


def test_a_file_is_read_without_following_links(tmp_path):
    (tmp_path / "real").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert read_file(tmp_path / "real", LIMITS) == b"{}"
    for name, words in {"link": "link", "absent": "missing", ".": "no plain file"}.items():
        with pytest.raises(Unreadable, match=words):
            read_file(tmp_path / name, LIMITS)
    with pytest.raises(Unreadable, match="more than 1"):
        read_file(tmp_path / "real", Limits(notebook=1))


def test_a_right_answer_in_long_doubles_scores(package, bwrap):
    long = STEP.replace("return ", "return np.longdouble(1) * ")
    assert grade(package, with_answers({**answers(), "rnn_step": long}))[0] == FULL
