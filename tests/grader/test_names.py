"""What an assignment's cells define and use, and what keeps it from being graded in two processes."""

import pytest

from birnn_grader.judge.names import defined, used, without_unused_imports
from birnn_grader.package import problems


def _cell(source, **settings):
    return {"cell_type": "code", "source": source, "metadata": {"nbgrader": settings} if settings else {}}


def _answer(source):
    return _cell(source, solution=True, grade_id="answer")


def _test(source):
    return _cell(source, grade=True, grade_id="test")


@pytest.mark.parametrize(
    "cells",
    [
        [_cell("import numpy as np"), _answer("def f(x): return x"), _test("assert np.allclose(f(1), 1)")],
        [_answer("def f(x): return x"), _test("def check():\n    y = f(1)\n    return y\ncheck()")],
        [_answer("a = 3"), _test("b = a + 1"), _test("assert [b for b in range(b)] and isinstance(b, int)")],
        [_cell("%matplotlib inline\nx = 1"), _test("assert x")],
    ],
)
def test_what_is_defined_before_is_no_problem(cells):
    assert problems(cells) == []


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([_answer("def f(x): return x"), _test("g(1)")], "uses g"),
        ([_test("f(1)"), _answer("def f(x): return x")], "uses f"),
        ([_answer("import torch\ndef f(): return 1"), _test("torch.ones(f())")], "uses torch"),
        ([_answer("class Model:\n    pass")], "class Model"),
        ([_test("def inner():\n    return hidden_name")], "uses hidden_name"),
        ([_test("x = (")], "not Python"),
    ],
)
def test_a_problem_is_named(cells, words):
    (found,) = problems(cells)
    assert words in found


def test_an_answers_imports_are_not_its_names():
    source = "import numpy as np\nfrom math import exp\ndef f(x):\n    return exp(x)\n"
    assert defined(source) == ["np", "exp", "f"]
    assert defined(source, imported=False) == ["f"]
    assert used("h_t = np.tanh(x_t)") == {"np", "x_t"}


def test_only_imports_that_a_test_needs_run_in_the_trusted_process():
    source = "import torch\nimport numpy as np, keras\nfrom math import exp, log\nx = log(1)"
    assert without_unused_imports(source, {"np"}) == "import numpy as np\nfrom math import log\nx = log(1)"
