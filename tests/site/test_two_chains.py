"""Two chains, and waiting: their numbers are the package's, and no step shows what it cannot know."""

import json

import build_book
import numpy as np
import pytest
from browsing import Visit, planted_fault, violations

from birnn_ref.experiments import load_result
from birnn_ref.experiments.part2 import small_tagger

PAGE = "part2_brnn/two_chains.html"
LISTED = json.loads((build_book.BOOK / "reader" / "tagger.json").read_text())
SENTENCES = [small_tagger.EXAMPLE, "book a table for two in paris tomorrow night", "zqxj", "play zqxj"]
NODES = """k => {
  const slider = document.querySelector(".two-chains input[name=step]");
  slider.value = k;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const all = (selector) => [...document.querySelectorAll(`.two-chains ${selector}`)];
  const at = (selector) => all(selector).map(node => Number(node.dataset.t));
  return {
    forward: at(".tc-node.tc-forward.on"), backward: at(".tc-node.tc-backward.on"), y: at(".tc-answer.on"),
    forwardGradient: at(".tc-node.tc-forward.gradient"), backwardGradient: at(".tc-node.tc-backward.gradient"),
    drawn: all(".tc-answer").map(node => node.textContent !== ""),
    bars: all(".tc-node").filter(node => node.querySelectorAll("rect").length > 1).length,
  };
}"""


@pytest.fixture(scope="module")
def model():
    """The page's network, from the page's own file."""
    return small_tagger.unpacked(LISTED, load_result("small_tagger")["settings"])


def ids_of(words):
    known = {word: i for i, word in enumerate(LISTED["words"])}
    return np.array([known.get(word, LISTED["unknown"]) for word in words])


@pytest.fixture
def visit(site, browser):
    with Visit(browser, site / PAGE, reduced_motion="reduce", picture="two-chains") as visit:
        visit.page.wait_for_selector(".waiting[data-ready]")
        yield visit


@pytest.mark.parametrize("sentence", SENTENCES)
def test_its_numbers_are_the_packages(sentence, visit, model):
    words = sentence.split()
    found = visit.page.evaluate("words => SmallTagger.read(words)", words)
    ids = ids_of(words)[None]
    vectors = model.words.read(ids, None, None)
    forward, backward = np.split(model.tags.stack.forward(vectors)[0][0], 2, axis=1)
    np.testing.assert_allclose(found["forward"], forward, atol=1e-5)
    np.testing.assert_allclose(found["backward"], backward, atol=1e-5)
    said = visit.page.evaluate("words => SmallTagger.asTheyCome(words)", words)
    names = np.array(LISTED["tags"])
    assert said == [names[tags].tolist() for tags in small_tagger.as_they_come(model, ids[0], len(words))]


def too_early(page, words):
    """Return the steps whose picture shows what they cannot know, or hides what they can."""
    page.get_by_label("A sentence").first.fill(" ".join(words))
    T, wrong = len(words), []
    for k in range(2 * T + 1):
        read, back = min(k, T), max(0, k - T)
        # A chain of T steps, written out: what has been computed after k of them.
        forward, backward = list(range(T))[:read], list(reversed(range(T)))[:read]
        expected = {
            "forward": sorted(forward),
            "backward": sorted(backward),
            "y": sorted(set(forward) & set(backward)),
            "forwardGradient": sorted(list(reversed(range(T)))[:back]),
            "backwardGradient": list(range(T))[:back],
        }
        found = page.evaluate(NODES, k)
        drawn, bars = found.pop("drawn"), found.pop("bars")
        if found != expected or drawn != [t in expected["y"] for t in range(T)] or bars != 2 * read:
            wrong.append(k)
    return wrong


@pytest.mark.parametrize("sentence", [*SENTENCES, "a b c d e f g h i j k l"])
def test_a_step_shows_what_it_can_know_and_no_more(sentence, visit):
    assert too_early(visit.page, sentence.split()) == []


@pytest.mark.parametrize(
    "planted", [("t < read,", "t <= read,"), ("t < read && t >= T - read", "t < read"), ("t < back", "t <= back")]
)
def test_a_frame_that_shows_the_future_is_noticed(planted, site, browser):
    with (
        planted_fault(site / "_static" / "two_chains.js", *planted),
        Visit(browser, site / PAGE, picture="two-chains") as visit,
    ):
        assert too_early(visit.page, SENTENCES[0].split())


def test_waiting_decides_when_the_study_does(visit):
    for T in range(1, 6):
        for wait in range(6):
            found = visit.page.evaluate("([T, wait]) => Waiting.decidedAt(T, wait)", [T, wait])
            said = [np.full(n + 1, n + 1) for n in range(T)]
            assert found == small_tagger.decided(said, wait).tolist()


def test_the_page_says_what_its_network_does(visit):
    example = load_result("small_tagger")["runs"][0]["example"]
    words = small_tagger.EXAMPLE.split()
    at_once = [tags[-1] for tags in example]
    assert at_once[words.index("yesterday")] == "B-track" == example[-1][words.index("yesterday")]
    assert at_once[words.index("the")] == "O" != example[-1][words.index("the")]
    assert [word for word, now, then in zip(words, at_once, example[-1], strict=True) if now != then] == ["the"]
    scores = [score["mean"] for score in load_result("small_tagger")["summary"]["test_f1"]]
    assert scores[2] - scores[0] > 0.75 * (scores[-1] - scores[0])  # most of it in two words
    for link, answers in ((4, [3]), (9, list(range(7)))):
        visit.page.locator(f"[data-two-chains-step='{link}']").click()
        assert visit.page.evaluate(NODES, link)["y"] == answers


def test_types_plays_and_pauses_by_keyboard(visit):
    page = visit.page
    text = page.get_by_label("A sentence").first
    text.fill("play help by the beatles")
    assert page.locator(".two-chains .tc-word").count() == 5
    text.fill(" ... ")
    assert "no word to read" in page.locator(".tc-caption").text_content()
    assert page.locator(".two-chains .tc-word").count() == 5
    play = page.locator(".two-chains button[name='play']")
    play.focus()
    page.keyboard.press("Enter")
    assert play.text_content() == "pause"
    page.keyboard.press("Enter")
    assert play.text_content() == "play"
    assert page.evaluate("document.activeElement.name") == "play"


def test_nothing_moves_by_itself_where_motion_is_not_wanted(site, browser):
    with Visit(browser, site / "index.html", reduced_motion="reduce", picture="two-chains") as visit:
        assert visit.page.locator(".two-chains button[name='play']").text_content() == "play"
        assert visit.page.locator(".two-chains").get_attribute("data-step") == "7"


@pytest.mark.parametrize("page", [PAGE, "index.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_is_open_to_all(page, scheme, width, site, browser):
    with Visit(
        browser, site / page, width=width, scheme=scheme, reduced_motion="reduce", picture="two-chains"
    ) as visit:
        visit.page.evaluate(NODES, 3)
        assert visit.faults == []
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(visit.page) == []


def test_without_scripts_the_stored_example_stands(site, browser):
    with Visit(browser, site / PAGE, java_script_enabled=False) as visit:
        assert visit.page.locator(".two-chains tbody tr").count() == len(small_tagger.EXAMPLE.split())


def test_the_weights_are_small_whole_numbers_of_the_study():
    assert (build_book.BOOK / "reader" / "tagger.json").stat().st_size < 150_000
    stored = load_result("small_tagger")["runs"][0]
    count = sum(int(np.prod(packed["shape"])) for packed in LISTED["parameters"].values())
    assert count == stored["parameters"]
