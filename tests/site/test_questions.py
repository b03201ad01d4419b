"""What a visitor asks first is answered within two clicks from the cover, by links whose words say so."""

import pytest
from browsing import Visit

QUESTIONS = {
    "what is this": ([], "A bidirectional one reads from both ends"),
    "can I run it": (["run it yourself"], "You need Python 3.11 or newer"),
    "where is attention": (["attention"], "Attention over a BRNN"),
    "how do I teach it": (["Teach this course"], "Teaching this course"),
    "how do I grade it": (["grade a class"], "Grading a class"),
    "is it right": (["the corrections"], "how the error was found"),
    "where do I report a mistake": (["Known ones, and where to report it"], "Have you found a mistake"),
}


def answered(page, links, answer):
    """Follow links by their text; return whether the answer is seen on the page that they lead to."""
    if len(links) > 2:
        return False
    for name in links:
        link = page.get_by_role("main").get_by_role("link", name=name, exact=True).first
        if not (link.count() and link.is_visible()):
            return False
        link.click()
        page.wait_for_load_state()
    return page.get_by_role("main").locator("article").get_by_text(answer).first.is_visible()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered(question, width, site, browser):
    with Visit(browser, site / "index.html", width=width, reduced_motion="reduce") as visit:
        assert answered(visit.page, *QUESTIONS[question])
        assert visit.faults == []


@pytest.mark.parametrize(
    ("links", "answer"),
    [
        (["no such link"], "Attention over a BRNN"),
        (["attention"], "no such answer"),
        (["attention", "attention", "attention"], "Attention over a BRNN"),
    ],
)
def test_a_missing_answer_is_noticed(links, answer, site, browser):
    with Visit(browser, site / "index.html") as visit:
        assert not answered(visit.page, links, answer)
