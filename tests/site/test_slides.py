"""The lectures' slides: a deck for each, from the built pages, shown with no network."""

import re
import shutil

import build_book
import pytest
import slides
from browsing import Visit, planted_fault

OPENED = """() => ({
  ready: Reveal.isReady(), slides: Reveal.getTotalSlides(), shown: document.querySelector(".present").innerText,
  formulas: document.querySelectorAll("mjx-container").length,
  gone: [...document.images].filter(image => image.complete && !image.naturalWidth).length,
})"""


@pytest.fixture(scope="module")
def decks(site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    shutil.copytree(site, folder / "html")
    try:
        return slides.write(folder / "html", slides.LECTURES[:2])
    except (OSError, ValueError) as error:
        pytest.skip(f"reveal.js cannot be had from npm's registry: {error}")


def faults(browser, path):
    """What is wrong with a deck, opened from disk with every other address refused."""
    with Visit(browser, path) as visit:
        if not visit.page.evaluate("typeof Reveal !== 'undefined'"):
            return ["reveal.js is missing", *visit.faults]
        visit.page.wait_for_function("Reveal.isReady() && MathJax.startup && MathJax.startup.promise")
        visit.page.evaluate("MathJax.startup.promise.then(() => null)")
        found = visit.page.evaluate(OPENED)
        visit.page.keyboard.press("ArrowRight")
        wrong = list(visit.faults)
        if "Lecture" not in found["shown"]:
            wrong.append("the first slide is no title")
        if found["shown"] == visit.page.evaluate("document.querySelector('.present').innerText"):
            wrong.append("a key turns no slide over")
        if found["slides"] < 10 or not found["formulas"]:
            wrong.append("slides or formulas are missing")
        if found["gone"]:
            wrong.append(f"{found['gone']} pictures are missing")
        return wrong


def test_a_deck_opens_without_network_and_turns_over(decks, browser):
    assert faults(browser, decks[1]) == []


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ('src="reveal/reveal.js"', 'src="https://unpkg.com/reveal.js"', "reveal.js is missing"),
        ('src="../html/_images', 'src="../html/_pictures', "pictures are missing"),
    ],
)
def test_a_planted_fault_is_found(decks, browser, right, wrong, named):
    with planted_fault(decks[1], right, wrong):
        assert any(named in fault for fault in faults(browser, decks[1]))


def test_a_deck_holds_its_chapters_without_folds_and_links_between_pages(decks):
    text = decks[1].read_text(encoding="utf-8")
    assert text.count("<h1>") == 1
    assert "<details" not in text
    assert "<script" not in text[text.index('<div class="slides">') : text.index("</div></div><script")]
    assert not re.search(r'href="(?!https?:|reveal/|\.\./html/_static/)', text)
    assert [title for title in slides.LEFT_OUT if f"<h2>{title}</h2>" in text] == []


def test_each_lecture_of_the_plan_has_its_deck():
    plan = (build_book.BOOK / "instructors/teaching.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", plan, flags=re.MULTILINE)]
    assert numbers == list(range(1, len(slides.LECTURES) + 1))
    named = [page for pages in slides.LECTURES for page in pages]
    assert len(named) == len(set(named))
    assert all(list(build_book.BOOK.glob(f"{page}.[im]*")) for page in named)
