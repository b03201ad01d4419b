"""What a student reads: each mark by its name, why a hidden test failed, formulas; nothing that runs."""

import html.parser
import json
import re

import nbformat
import pytest
from course import FULL, answers, grade, hand_in, make_course, with_answers
from support import run

from birnn_grader.judge.calls import line
from birnn_grader.nbgrader.feedback import HideHiddenTests
from birnn_grader.nbgrader.formulas import render, to_mathml

HEAD = answers()["rnn_step"].split("\n", 1)[0] + "\n"
RIGHT = answers()["rnn_step"].split("\n", 1)[1]
SECOND = f"{HEAD}    if len(x_t) == 3:\n        raise ValueError('SE' + f'EN {{x_t}}')\n{RIGHT}"
SHAPES = "arguments (3, 5), (3, 4), (5, 4), (4, 4), (4,)"


def _hidden(package, source):
    """The error that feedback shows of the hidden test of part 1."""
    _, graded = grade(package, with_answers({**answers(), "rnn_step": source}))
    notebook = nbformat.from_dict(graded["notebook"])
    notebook, _ = HideHiddenTests().preprocess(notebook, {"nbgrader": {}})
    (cell,) = (c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test_rnn_step_hidden")
    assert "SEEN" not in json.dumps(cell)
    (output,) = cell.outputs
    assert output.traceback == [f"{output.ename}: {output.evalue}"]
    return f"{output.ename}: {output.evalue}"


def test_a_hidden_tests_crash_names_the_call_its_shapes_and_the_students_line(package, bwrap):
    assert _hidden(package, SECOND) == (
        f"ValueError: raised by your function, in call 2 of rnn_step with {SHAPES}; "
        "line 3 of your cell rnn_step: raise ValueError('SE' + f'EN {x_t}')"
    )


def test_the_line_is_the_students_own_where_a_library_raised(package, bwrap):
    source = HEAD + "\n    part = x_t @ W_xh\n    return part @ np.ones((99, 1))\n"
    assert _hidden(package, source).endswith("; line 4 of your cell rnn_step: return part @ np.ones((99, 1))")


def test_a_hidden_tests_end_of_the_process_names_the_call(package, bwrap):
    found = _hidden(package, f"{HEAD}    import os\n    if len(x_t) == 3:\n        os._exit(7)\n{RIGHT}")
    assert found == f"Crash: rnn_step: its process ended (exit 7), in call 2 of rnn_step with {SHAPES}"


def test_a_line_that_the_student_made_up_is_not_told(package, bwrap):
    source = HEAD + "    exec(compile('raise ValueError(1)', '<SE' + f'EN {x_t}>', 'exec'))\n"
    assert _hidden(package, source).endswith(
        "; line 2 of your cell rnn_step: exec(compile('raise ValueError(1)', '<SE' + f'EN {x_t}>', 'exec'))"
    )


@pytest.mark.parametrize(
    "at", [None, [], 3, [["<a>", True]], [["<a>", 0]], [["<a>", 10**9]], [["<a>", 1.0]], [[["<a>"], 1]], [["a", 1]],
           [["", 1]], [["<b>", 1]], [None], [["<a>"]], [["<a>", 2]]],
)  # fmt: skip
def test_a_place_that_is_none_is_not_told(at):
    assert line(at, {"a": "x = 1\n"}) == ""


def _words(page):
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", text)


@pytest.fixture(scope="module")
def pages(bwrap, tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("feedback") / "course")
    prose = "The backward half read $x_T$ alone: $$h^b_T = \\tanh(x_T W_{xh} + b_h)$$ <script>alert(1)</script>"
    hand_in(course, "right", with_answers({**answers(), "explain_last_output": prose}))
    run(["birnn-grade", "run", "ps1", "--workers", "1"], cwd=course)
    run(["nbgrader", "generate_feedback", "ps1"], cwd=course)
    return (course / "feedback/right/ps1/ps1.html").read_text()


def test_the_index_calls_each_test_by_its_title(pages):
    index = _words(re.search(r"<nav.*?</nav>", pages, re.S)[0])
    assert "Test cell" not in index
    assert "Part 1. One step (3 points) Check yourself: one feature, one hidden unit" in index
    assert "Your function on other sizes and other numbers : 2.0 / 2.0" in index
    for target in re.findall(r'href="#([^"]+)"', pages):
        assert pages.count(f'id="{target}"') == 1


def test_what_is_not_marked_yet_has_no_zero(pages):
    words = _words(pages)
    assert "Part 5. In your own words (2 points) Your answer : not marked yet, of 2.0" in words
    assert "0.0 / 2.0" not in words
    assert f"Score: {FULL} / {FULL + 2}" in words
    assert "2.0 points are not marked yet" in words


def test_a_page_needs_no_network_and_no_script(pages):
    assert "<script" not in pages
    assert not re.findall(r"\bsrc\s*=|url\((?!data:)|@import", pages)
    assert not re.findall(r"<(?:link|img|iframe|object)\b", pages)


def test_formulas_are_written_out(pages):
    assert "<msub><mi>x</mi><mi>T</mi></msub>" in pages
    assert '<math display="block">' in pages
    assert not re.findall(r"\$[^$<]*\\\\?(?:tanh|overrightarrow)", _words(pages)), (
        "a formula was left as it was written"
    )


class _Attributes(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [(tag, name, value) for name, value in attributes]


@pytest.mark.parametrize(
    "source",
    [
        r"$\text{<script>alert(1)</script>}$",
        r"$\text{&lt;img src=x onerror=alert(1)&gt;}$",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\class{x}{y}$ $\style{background:url(x)}{y}$",
        '[$x$]($y$ "$z$") ![$x$]($y$)',
        '<a href="http://x" title="$x$">$y$</a> <b title="\n$x$\n">',
        "# $x$ <script>\n\n`$x$`",
        r"\begin{align}<script>&x\end{align}",
        "$<math><mtext><script>$",
        "formula0n0n $x$",
    ],
)
def test_no_formula_carries_anything_that_runs(source):
    import bleach

    from birnn_grader.nbgrader.feedback import ATTRIBUTES, TAGS

    page = render(source, lambda text: bleach.clean(text, tags=TAGS, attributes=ATTRIBUTES))
    reader = _Attributes()
    reader.feed(page)
    for tag, name, value in reader.found:
        assert not name.startswith("on"), page
        assert "<math" not in (value or ""), page
        assert "javascript" not in (value or ""), page
        assert name not in ("style", "src"), page
        assert tag != "a" or name in ("href", "title", "rel", "id", "class"), page
    assert not re.findall(r"<(script|img|iframe|style)", page), page


@pytest.mark.parametrize("latex", ["{" * 5000, r"\frac{1}{", "a_b_c", "x" * 2001])
def test_what_is_not_a_formula_stays_as_it_was_written(latex):
    assert to_mathml(latex) is None
    assert render(f"${latex}$", str) == f"<p>${latex}$</p>\n"
