"""Where a translator looks: words and weights are the exported ones, and no frame shows a word that is not written."""

import attention_lines
import numpy as np
import pytest
import translator_looks
from browsing import Visit, planted_fault

from birnn_ref.datasets import load_tatoeba
from birnn_ref.experiments.translations import text

PAGE = "part5_applications/translation.html"
WAYS = list(attention_lines.WAYS)
STORED = attention_lines.stored()
SENTENCES = STORED["sentences"]
SET = """({ sentence, k }) => {
  const field = document.querySelector(".attention-lines form").elements;
  for (const [name, kind, value] of [["sentence", "change", sentence], ["step", "input", k]]) {
    if (value === undefined || field[name].value === String(value)) continue;
    field[name].value = value;
    field[name].dispatchEvent(new Event(kind, { bubbles: true }));
  }
}"""
SHOWN = """() => Object.fromEntries([...document.querySelectorAll(".al-panel")].map(panel => {
  const all = (selector) => [...panel.querySelectorAll(selector)];
  return [panel.dataset.way, {
    read: all(".al-read li span:first-child").map(node => node.textContent),
    percents: all(".al-percent").map(node => node.textContent),
    words: all(".al-written button").map(button => button.textContent),
    shown: all(".al-written button").filter(button => !button.hidden).length,
    pressed: all(".al-written button").map((button, i) => [button, i + 1])
      .filter(([button]) => button.getAttribute("aria-pressed") === "true").map(([, number]) => number),
    lines: all("line").map(line => [Number(line.dataset.read), Number(line.getAttribute("stroke-width"))]),
    ends: all("line").map(line => Number(line.getAttribute("y2"))),
  }];
}))"""


@pytest.fixture(scope="module")
def visit(site, browser):
    with Visit(browser, site / PAGE, reduced_motion="reduce", picture="attention-lines") as visit:
        yield visit


def expected(sentence, way, k, j=None):
    """What a panel shows when k words are written and the lines are those of word j, or of the last one."""
    words, alpha = sentence[way]["written"], sentence[way]["alpha"]
    n = min(k, len(words))
    j = j or n
    return {
        "read": sentence["read"],
        "percents": [f"{weight} %" for weight in alpha[j - 1]] if j else [""] * len(sentence["read"]),
        "words": [*words[:n], *[""] * (len(words) - n)],
        "shown": n,
        "pressed": [j] if j else [],
        "lines": [[i, pytest.approx(0.09 * weight)] for i, weight in enumerate(alpha[j - 1]) if weight] if j else [],
        "ends": [32 * (j - 0.5)] * np.count_nonzero(alpha[j - 1]) if j else [],
    }


def wrong_frames(page, number):
    """Return the steps at which a panel, or the caption, shows what is not written yet, or another word's weights."""
    sentence, wrong = SENTENCES[number], []
    last = max(len(sentence[way]["written"]) for way in WAYS)
    for k in range(last + 1):
        page.evaluate(SET, {"sentence": number, "k": k})
        caption = page.locator(".attention-lines .picture-caption").text_content()
        right = page.evaluate(SHOWN) == {way: expected(sentence, way, k) for way in WAYS}
        if not right or (sentence["true"] in caption) != (k == last):
            wrong.append(k)
    return wrong


def test_a_frame_shows_what_is_written_and_no_more(visit):
    assert {number: wrong_frames(visit.page, number) for number in range(len(SENTENCES))} == {
        number: [] for number in range(len(SENTENCES))
    }


def test_a_word_that_is_pointed_at_shows_its_own_weights(visit):
    page = visit.page
    page.evaluate(SET, {"sentence": 0, "k": 3})
    for way in WAYS:
        other = page.evaluate(SHOWN)[{"both": "forward", "forward": "both"}[way]]
        for j in (1, 3, 2):
            page.locator(f".al-panel[data-way={way}] .al-written button").nth(j - 1).hover()
            found = page.evaluate(SHOWN)
            assert found[way] == expected(SENTENCES[0], way, 3, j)
            assert {**found, way: None} == {way: None, **{w: other for w in WAYS if w != way}}


def test_goes_from_word_to_word_by_keys_and_tells_it_once_it_rests(visit):
    page = visit.page
    page.evaluate(SET, {"sentence": 0, "k": 3})
    buttons = page.locator(".al-panel[data-way=both] .al-written button")
    buttons.first.focus()
    for key, j in (("ArrowDown", 2), ("ArrowRight", 3), ("ArrowDown", 3), ("ArrowUp", 2), ("Tab", 3), ("ArrowLeft", 2)):
        page.keyboard.press(key)
        assert page.evaluate(SHOWN)["both"] == expected(SENTENCES[0], "both", 3, j), key
        assert page.evaluate("document.activeElement.textContent") == SENTENCES[0]["both"]["written"][j - 1]
    parts = "[...document.querySelectorAll('.attention-lines > p')].map(p => p.textContent)"
    page.wait_for_function(f"{parts}[0] === {parts}[1]")  # the caption, and what is told


@pytest.mark.parametrize(
    "planted",
    [
        ("written.slice(0, k)", "written.slice(0, k + 1)"),
        ('known[i] ?? ""', "text.written[i]"),
        ("k === Number(field.step.max) ?", "k ?"),
        ("const row = j ? text.alpha[j - 1]", "const row = j ? text.alpha[0]"),
        ("sentence[place.dataset.way], k,", "sentence.both, k,"),
    ],
    ids=["the next word", "words behind a curtain", "the truth early", "another word's weights", "the other network's"],
)
def test_a_planted_fault_is_noticed(planted, site, browser):
    with (
        planted_fault(site / "_static" / "attention_lines.js", *planted),
        Visit(browser, site / PAGE, picture="attention-lines") as visit,
    ):
        assert wrong_frames(visit.page, 0)


def test_the_links_of_the_text_lead_to_words_that_were_written(visit):
    for link in visit.page.locator("[data-attention-lines]").all():
        link.click()
        said = link.evaluate("link => JSON.parse(link.dataset.attentionLines)")
        found = visit.page.evaluate(SHOWN)
        assert " ".join(found["both"]["read"]) == said["read"]
        for panel in found.values():
            assert panel["words"][panel["pressed"][0] - 1] == said["word"] or said["word"] not in panel["words"]
        assert said["word"] in found["both"]["words"]


def test_the_sentences_are_of_the_test_part_and_the_weights_sum_to_a_hundred():
    data = load_tatoeba(min_count=3)
    pairs = {}
    for read, true in zip(data["test"].words, data["test"].target_words, strict=True):
        pairs.setdefault(" ".join(read), set()).add(text(true))
    assert len(SENTENCES) >= 12
    assert [sentence["read"] for sentence in SENTENCES] == [one.split() for one in translator_looks.SENTENCES]
    for sentence in SENTENCES:
        assert sentence["true"] in pairs[" ".join(sentence["read"])]
        for way in WAYS:
            alpha = np.array(sentence[way]["alpha"])
            assert alpha.shape == (len(sentence[way]["written"]), len(sentence["read"]))
            assert (alpha >= 0).all()
            assert (alpha.sum(axis=1) == 100).all()
    sizes = [STORED["networks"][way]["parameters"] for way in WAYS]
    assert max(sizes) < 1.02 * min(sizes)
    assert attention_lines.FILE.stat().st_size < 20_000


def test_what_is_exported_is_what_the_network_writes():
    data = load_tatoeba(min_count=3)
    read = data["test"].words[0]
    for way in WAYS:
        model = translator_looks.untrained(way, data)
        (w,) = model.write(np.array([data.vocabulary.encode(read)]), max_steps=12)
        found = translator_looks.looks(model, data, read)
        assert found["written"] == data.target_vocabulary.decode(w.ids)
        np.testing.assert_allclose(found["alpha"], 100 * w.alpha, atol=1)
        assert all(sum(row) == 100 for row in found["alpha"])


def test_the_page_says_what_its_networks_do(visit):
    by_read = {" ".join(sentence["read"]): sentence for sentence in SENTENCES}

    def weight(read, way, word, french, nth=0):
        """The weight of a French word when a network wrote a word for the nth time."""
        said = by_read[read][way]
        at = [i for i, written in enumerate(said["written"]) if written == word][nth]
        return said["alpha"][at][by_read[read]["read"].index(french)]

    stupid, drink, woman = "ce fut une idée stupide .", "il te faut un verre .", "tu es une femme formidable !"
    assert weight(stupid, "both", "stupid", "stupide") > weight(stupid, "both", "stupid", "idée")
    assert weight(stupid, "both", "idea", "idée") > 60
    assert weight(stupid, "forward", "idea", "stupide") == 62
    assert weight(drink, "forward", "you", "faut") > 70
    assert weight(drink, "both", "you", "te") > 90
    assert weight(woman, "both", "woman", "femme", nth=1) > 70
    scores = [STORED["networks"][way]["bleu"] for way in WAYS]
    assert scores == [16.8, 17.0]
    assert len(SENTENCES) == 15
    assert "their BLEU, the score of a section below, is 16.8 and 17.0" in visit.page.inner_text("main")
