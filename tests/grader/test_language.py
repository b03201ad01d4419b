"""The language that students write is IPython's: what Jupyter runs, the sandbox runs, but for magics and commands."""

import pytest
from course import FULL, answers, grade, with_answers

from birnn_grader.inside.language import to_python
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.names import defined, used
from birnn_grader.judge.sandbox import Bubblewrap
from birnn_grader.judge.session import Session

STEP = answers()["rnn_step"]
HEAD, BODY = STEP.split("\n", 1)
WAYS = {
    "help": "np.tanh?\n" + STEP,
    "help_twice": STEP + "\nrnn_step??\n",
    "magic": "%matplotlib inline\n" + STEP,
    "magic_in_a_function": f"{HEAD}\n    %precision 3\n{BODY}",
    "magic_in_an_if": f"if True:\n    %load_ext autoreload\n{STEP}",
    "magic_assigned": "version = %env HOME\n" + STEP,
    "timed": "%%time\n" + STEP,
    "timed_and_captured": "\n%%time\n%%capture\n" + STEP,
    "time_of_a_line": STEP + "\nzero = 1\n%time zero = 0\nassert zero == 0\n",
    "command": "!ls /\n" + STEP,
    "command_in_a_loop": f"for n in range(2):\n    !echo {{n}}\n{STEP}",
    "command_assigned": "files = !ls\nassert len(files) == 0\n" + STEP,
    "command_by_hand": "import sys\nget_ipython().system('exit 3')\nget_ipython().getoutput('ls')\n" + STEP,
    "shell": "shell = get_ipython()\nshell.events.register('post_run_cell', print)\nshell.magic('who')\n" + STEP,
    "shell_imported": "from IPython import get_ipython\nget_ipython().run_line_magic('matplotlib', 'inline')\n" + STEP,
    "display": f"display(np.zeros(2), 'text', clear=True)\n{STEP}",
    "display_handle": f"display(1, display_id=True).update(2)\n{STEP}",
    "display_imported": f"from IPython.display import HTML, clear_output, display\ndisplay(HTML('<b>'))\n{STEP}",
    "await": f"import asyncio\nawait asyncio.sleep(0)\n{STEP}",
    "await_last": f"import asyncio\n{STEP}\nawait asyncio.sleep(0, 3)",
    "async_for": f"async def count():\n    yield 1\nasync for n in count():\n    assert n == 1\n{STEP}",
    "text_of_percents": f'"""\n%d of these\n!not a command\n"""\n{STEP}',
    "remainder": f"left = (7\n%4)\nassert left == 3\n{STEP}",
    "prompts": "\n".join((">>> " if n == 0 else "... ") + line for n, line in enumerate(STEP.split("\n"))),
    "in_and_out": f"In[-1], Out, _\nassert len(In) > 1\n{STEP}",
    "quick": f"/print 3\n{STEP}",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_right_answer_keeps_its_points_in_whatever_jupyter_takes(way, package, bwrap):
    score, graded = grade(package, with_answers({**answers(), "rnn_step": WAYS[way]}))
    assert (score, graded["notes"]) == (FULL, [])


@pytest.fixture
def session(bwrap):
    one = Session(Bubblewrap(), Limits())
    yield one
    one.close()


def test_the_last_value_is_kept_as_in_jupyter(session):
    session.exec("a", "3 * 4", [])
    found = session.exec("b", "last, all_of_them, cells = _, dict(Out), list(In)", ["last", "all_of_them", "cells"])
    assert found["found"] == {
        "last": {"value": 12},
        "all_of_them": {"value": {2: 12}},
        "cells": {"value": ["", "", "3 * 4"]},
    }


def test_no_command_and_no_cell_of_another_language_runs(session):
    session.exec("a", "%%bash\ntouch /tmp/there", [])
    session.exec("b", "!touch /tmp/there\nx = !touch /tmp/there\n%system touch /tmp/there", [])
    session.exec("c", "%%python\nopen('/tmp/there', 'w')", [])
    assert session.exec("d", "import os\nthere = os.path.exists('/tmp/there')", ["there"])["found"] == {
        "there": {"value": False}
    }


def test_lines_keep_their_numbers():
    source = "\n\n%matplotlib inline\nx = !ls\n\ny = 1 / 0"
    assert to_python(source).split("\n")[5] == "y = 1 / 0"


def test_what_is_not_a_cell_at_all_comes_back_as_it_was():
    for source in ("def f(:", "(", "x = '''", "\0", "[" * 10_000):
        assert to_python(source).rstrip("\n") == source


def test_an_instructors_cells_are_read_by_the_same_rules():
    assert defined("%%time\n\ndef f(x):\n    !ls\n    return x\nfiles = !ls\ntext = '''\n%d'''\nawait f(1)") == [
        "f",
        "files",
        "text",
    ]
    assert used("%matplotlib inline\nf(get_ipython())") == {"f"}


def test_a_cell_that_does_not_parse_is_a_line_in_the_report(package, bwrap):
    score, graded = grade(package, with_answers({**answers(), "rnn_step": "def rnn_step(:\n    pass"}))
    assert score == FULL - 3
    assert graded["notes"] == ["rnn_step: the cell does not parse: invalid syntax (<rnn_step>, line 1)"]
