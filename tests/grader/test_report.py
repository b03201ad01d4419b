"""The page about a class: what it says, whom it shows it to, and nothing of a student's that runs."""

import re
import time

import pytest
from browsing import PATIENCE, Visit, violations
from course import FULL, answers, hand_in, make_course, released, with_answers
from playwright.sync_api import sync_playwright

from birnn_grader import alike
from birnn_grader.cli import main
from birnn_grader.items import Item, discriminations
from birnn_grader.report import clean

STEP = answers()["rnn_step"]
SHARED = {
    "rnn_step": STEP.replace("    return np.tanh(x_t @ W_xh", "    a = x_t @ W_xh\n    return np.tanh(a"),
    "birnn_summary": "def birnn_summary(o):\n    n = o.shape[-1] // 2\n    a = o[:, -1, :n]\n    b = o[:, 0, n:]\n"
    "    return np.hstack((a, b))",
    "birnn_outputs": "def birnn_outputs(p, q):\n    q = np.flip(q, 1)\n    return np.concatenate((p, q), axis=-1)",
}
HOSTILE = (
    "def rnn_step(*a):\n    '</pre><script>alert(1)</script>'\n    \u202e\n"
    "    raise ValueError('<img src=x onerror=alert(1)> \x1b[31m')"
).replace("    \u202e\n", "    # \u202e\n")
CARRIED = "def rnn_step(x_t, *a):\n    raise ValueError(f'CARRIED {x_t.sum()}')"
CLASS = {
    "right": answers(),
    "blank": {},
    "forgets1": {**answers(), "rnn_step": STEP.replace(" + b_h", "")},
    "forgets2": {**answers(), "rnn_step": STEP.replace(" + b_h", "").replace("x_t", "x").replace("):", "):  # mine")},
    "<b>bold": {**answers(), "rnn_step": HOSTILE, "birnn_outputs": "</pre><script>alert(1)</script>"},
    "<i>twin": {**answers(), "rnn_step": HOSTILE, "birnn_outputs": "</pre><script>alert(1)</script>"},
    "carries": {**answers(), "rnn_step": CARRIED},
}


@pytest.fixture(scope="module")
def page(bwrap, tmp_path_factory):
    """A graded class's page."""
    course = make_course(tmp_path_factory.mktemp("report") / "course")
    for student, sources in CLASS.items():
        hand_in(course, student, with_answers(sources) if sources else released())
    hand_in(course, "broken", data=b"{")
    for words in (["run", "ps1", "--workers", "1"], ["report", "ps1"]):
        assert main([*words, "--course", str(course)]) == 0
    return course / "reports/ps1.html"


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], timeout=PATIENCE)
        yield browser
        browser.close()


def _text(page):
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", page.read_text(), flags=re.S)
    return re.sub(r"\s+", " ", text)


def test_it_says_how_the_class_did(page):
    text = _text(page)
    assert "handed in 8 &lt;b&gt;bold, &lt;i&gt;twin, blank, broken, carries, forgets1, forgets2, right" in text
    assert "could not be read 1 broken" in text
    assert f"8 students, {FULL + 2:g} points in all" in text
    assert "2 × AssertionError: the bias b_h is missing" in text
    assert "rnn_step: 2 students forgets1, forgets2" in text
    assert "broken 0 Check yourself: one feature, one hidden unit" in text
    assert "scored 0: it is not valid JSON" in text
    assert page.stat().st_mode & 0o077 == 0, "others on this machine may not read it"


def test_nothing_of_a_students_runs_or_hides(page):
    html = page.read_text()
    assert "&lt;script&gt;alert(1)" in html
    assert not re.findall(r"<(script|img|iframe|link|object)\b", html)
    assert not re.findall(r"\bsrc\s*=|url\(|\bon\w+\s*=\s*\"|href", re.sub(r"&lt;.*?&gt;", "", html))
    assert "\u202e" not in html
    assert "\x1b" not in html


@pytest.mark.parametrize(
    "sign",
    ["\u202e", "\u2066", "\u061c", "\u200b", "\u00ad", "\u2028", "\x1b", "\x00", "\ud800", "\U000e0041", "\ufeff"],
    ids=ascii,
)
def test_no_sign_that_hides_or_moves_its_neighbours_gets_onto_the_page(sign):
    assert clean(f"a{sign}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_names_and_code_stay_as_they_are():
    text = "Zoë, علی\u200cرضا, x = 1\n\tif x < 2: pass"
    assert clean(text) == text
    assert clean(0.5) == 0.5


def test_it_holds_nothing_of_a_hidden_tests(page):
    text = _text(page)
    hidden = text.split("test_rnn_step_hidden")[1].split("Check yourself")[0]
    assert "CARRIED" not in hidden
    assert "raised by your function" in hidden
    assert "birnn_ref" not in text
    assert "rng.normal" not in text


def test_it_is_open_to_all_and_asks_for_nothing(page, browser):
    with Visit(browser, page) as visit:
        assert visit.faults == []
        assert visit.asked == [page.as_uri()]
        assert violations(visit.page) == []
        assert visit.page.locator("svg rect").count() == 10
        visit.page.set_viewport_size({"width": 360, "height": 900})
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 700


def _forms(sources):
    return {student: {part: alike.form(source) for part, source in parts.items()} for student, parts in sources.items()}


def _class(size):
    """Students who write alike in the usual way, and each in one place in their own."""
    own = (
        "def birnn_summary(o):\n    n = {n} * o.shape[2] // {n} // 2\n    return np.hstack([o[:, -1, :n], o[:, 0, n:]])"
    )
    return {f"s{n}": {**answers(), "birnn_summary": own.format(n=n + 2)} for n in range(size)}


def test_a_pair_that_hardly_anyone_else_wrote_like_is_found_and_no_other():
    usual = {part: alike.form(source) for part, source in answers().items()}
    honest = _class(30)
    assert alike.beyond_chance(_forms(honest), usual) == []
    renamed = {part: source.replace("W_xh", "weights").replace("x_t", "word") for part, source in SHARED.items()}
    copied = {**honest, "ana": {**answers(), **SHARED}, "bo": {**answers(), **renamed}}
    (pair,) = alike.beyond_chance(_forms(copied), usual)
    assert (pair.students, pair.parts) == (("ana", "bo"), tuple(sorted(SHARED)))
    assert pair.expected == pytest.approx(32 * 31 / 2 / 31**3)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_one_part_or_two_alike_are_no_more_than_chance(parts):
    some = dict(list(SHARED.items())[:parts])
    found = alike.beyond_chance(_forms({**_class(200), "ana": some, "bo": some}), {})
    assert bool(found) == (parts == 3)


@pytest.mark.parametrize(
    "source", ["(" * 100_000, "if 1:\n" * 500, "\x00", "'''", "\\", "def f(:\n  \ty", "x = 1\n" * 30_000]
)
def test_no_source_ends_the_comparison(source):
    assert alike.form(source) == alike.form(source)


def test_a_large_class_takes_no_more_time_for_each_student():
    """Of ten thousand as of a hundred: whoever looks up one student looks at no other."""
    item = Item("i", "", 1, scores={f"s{n}": float(n % 2) for n in range(10_000)})
    began = time.process_time()
    assert sum(item.fails(student) for student in item.scores) == 5_000
    assert time.process_time() - began < 0.5
    assert len(item.failed) == 5_000
    assert not item.fails("nobody")


def test_an_item_that_the_best_fail_stands_out():
    students = [f"s{n}" for n in range(6)]
    good = Item("good", "", 1, scores={s: float(n > 2) for n, s in enumerate(students)})
    also = Item("also", "", 1, scores={s: float(n > 1) for n, s in enumerate(students)})
    bad = Item("bad", "", 1, scores={s: float(n < 3) for n, s in enumerate(students)})
    same = Item("same", "", 1, scores=dict.fromkeys(students, 1.0))
    found = discriminations([good, also, bad, same])
    assert found["bad"] < 0
    assert found["same"] is None
    assert discriminations([good, also, same])["good"] > 0.5
