"""The lattice: its scores, path and probabilities are the package's, and no step shows what it cannot know."""

import json

import lattice
import numpy as np
import pytest
import tagger_crf
from browsing import Visit, planted_fault

from birnn_ref.datasets import load_snips
from birnn_ref.experiments import load_result
from birnn_ref.experiments.part2 import small_tagger

PAGE = "part5_applications/naming.html"
NAMES = lattice.listed(lattice.WEIGHTS)["tags"]
SENTENCES = [lattice.EXAMPLE, "zqxj", "play the song let it go", "find the television show to me"]
SHOWN = """k => {
  const slider = document.querySelector(".lattice input[name=step]");
  slider.value = k;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const all = (selector) => [...document.querySelectorAll(`.lattice ${selector}`)];
  const number = (node, name) => Number(node.dataset[name]);
  return {
    last: Number(slider.max),
    nodes: all(".lt-node").map(node => [number(node, "t"), number(node, "tag")]),
    on: all(".lt-node.on").map(node => [number(node, "t"), number(node, "tag")]),
    best: all(".lt-node").map(node => node.querySelector(".lt-best").textContent),
    marginals: all(".lt-node").map(node => node.querySelector(".lt-marginal").textContent),
    path: all(".lt-node.path").map(node => [number(node, "t"), number(node, "tag")]),
    arrows: all(".lt-arrow").map(line => [number(line, "t"), number(line, "from"), number(line, "to")]),
    chosen: all(".lt-arrow.path").map(line => [number(line, "t"), number(line, "from"), number(line, "to")]),
  };
}"""


@pytest.fixture(scope="module")
def visit(site, browser):
    with Visit(browser, site / PAGE, reduced_motion="reduce", picture="lattice") as visit:
        yield visit


def reached(P, crf):
    """Return the best scores of taggings that end in each tag at each word, and where they came from."""
    may_start, allowed = crf.rules
    A = np.where(allowed, crf.params["transitions"], -np.inf)
    best, came_from = [np.where(may_start, crf.params["start"], -np.inf) + P[0]], [None]
    for emissions in P[1:]:
        ways = best[-1][:, None] + A
        came_from.append(ways.argmax(axis=0))
        best.append(ways.max(axis=0) + emissions)
    return best, came_from


@pytest.mark.parametrize("sentence", SENTENCES)
def test_its_numbers_are_the_packages(sentence, visit):
    words, crf = sentence.split(), lattice.layer()
    found = visit.page.evaluate("words => Lattice.solve(SmallTagger.read(words).scores)", words)
    P = lattice.scores(words)
    paths, scores = crf.k_best(P[None], 1)
    assert found["path"] == paths[0, 0].tolist()
    assert found["score"] == pytest.approx(scores[0, 0], abs=1e-3)
    np.testing.assert_allclose(found["marginals"], crf.marginals(P[None])[0], atol=1e-4)


def percent(p):
    """Return a probability as the picture writes it, and its neighbours, since rounding may fall either way."""
    return {f"{min(100, max(0, round(100 * p + d)))} %" for d in (-0.02, 0, 0.02)}


def wrong_frames(page, words):
    """Return the steps whose picture shows what they cannot know, hides what they can, or has a wrong number."""
    page.locator(".lattice input[name='text']").fill(" ".join(words))
    T, crf, P, wrong = len(words), lattice.layer(), lattice.scores(words), []
    (best, came_from), path = reached(P, crf), crf.decode(P[None])[0].tolist()
    marginals = crf.marginals(P[None])[0]
    for k in range(2 * T + 1):
        found = page.evaluate(SHOWN, k)
        forward, back = set(range(T)[:k]), set(list(reversed(range(T)))[: max(0, k - T)])
        rows = sorted({j for _, j in found["nodes"]})
        arrows = [
            [t, int(came_from[t][j]), j]
            for t in range(1, T)
            for j in rows
            if t in forward and np.isfinite(best[t][j]) and came_from[t][j] in rows
        ]
        text = [f"{best[t][j]:.1f}" if np.isfinite(best[t][j]) else "–" for t, j in found["nodes"]]
        right = (
            found["last"] == 2 * T
            and set(path) <= set(rows)
            and found["on"] == [[t, j] for t, j in found["nodes"] if t in forward]
            and found["path"] == [[t, path[t]] for t in range(T) if t in back]
            and sorted(found["arrows"]) == sorted(arrows)
            and sorted(found["chosen"]) == [[t, path[t - 1], path[t]] for t in range(1, T) if t - 1 in back]
        )
        for (t, j), score, shown, chance in zip(found["nodes"], text, found["best"], found["marginals"], strict=True):
            near = shown == score or (shown not in ("", "–") and abs(float(shown) - best[t][j]) < 0.06)
            right &= near if t in forward else shown == ""
            right &= chance in percent(marginals[t, j]) if t in back else chance == ""
        if not right:
            wrong.append(k)
    return wrong


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_step_shows_what_it_can_know_and_no_more(sentence, visit):
    assert wrong_frames(visit.page, sentence.split()) == []


@pytest.mark.parametrize(
    "planted",
    [
        ("reached: t < k", "reached: t <= k"),
        ("tagged: t >= 2 * T - k", "tagged: t >= T - k"),
        ("tagged ? percent(marginals[t][j])", "reached ? percent(marginals[t][j])"),
        ("+ A[from[t][j]][j] + P[t][j]", "+ P[t][j]"),
    ],
    ids=["reached early", "path early", "probability early", "no transition"],
)
def test_a_planted_fault_is_noticed(planted, site, browser):
    with (
        planted_fault(site / "_static" / "lattice.js", *planted),
        Visit(browser, site / PAGE, picture="lattice") as visit,
    ):
        assert wrong_frames(visit.page, SENTENCES[2].split())


def test_the_file_says_what_its_crf_scores():
    stored, listed = load_result("small_tagger")["settings"], lattice.listed(lattice.FILE)
    data = load_snips(min_count=stored["min_count"])
    model = small_tagger.unpacked(json.loads(lattice.WEIGHTS.read_text()), stored)
    crf = lattice.layer()
    for name, array in crf.params.items():
        crf.params[name] = array.astype(np.float32)
    found = tagger_crf.test_f1(model, crf, data)
    assert found == pytest.approx(listed["test_f1"], abs=0.002)
    assert found["crf"] > found["alone"] + 0.02
    assert lattice.FILE.stat().st_size < 12_000


def test_the_page_says_what_its_example_does():
    words, P = lattice.EXAMPLE.split(), lattice.scores(lattice.EXAMPLE.split())
    at = words.index("tomorrow")
    assert NAMES[P[at].argmax()] == "I-timeRange" != NAMES[lattice.layer().decode(P[None])[0][at]] == "B-timeRange"


def test_types_plays_and_pauses_by_keyboard_and_touch(site, browser):
    with Visit(browser, site / PAGE, width=360, has_touch=True, picture="lattice") as visit:
        text = visit.page.locator(".lattice input[name='text']")
        text.fill(" ... ")
        assert "no word to read" in visit.page.locator(".lattice .picture-caption").text_content()
        assert visit.page.locator(".lattice .lt-word").count() == len(lattice.EXAMPLE.split())
        play = visit.page.locator(".lattice button[name='play']")
        play.focus()
        visit.page.keyboard.press("Enter")
        assert play.text_content() == "pause"
        play.tap()
        assert play.text_content() == "play"
        assert visit.page.evaluate("document.activeElement.name") == "play"


def test_without_scripts_the_table_stands(site, browser):
    with Visit(browser, site / PAGE, java_script_enabled=False) as visit:
        assert visit.page.locator(".lattice tbody tr").count() == len(lattice.EXAMPLE.split())
