"""The padding lab: its states, vectors and lamps are the package's, and no step shows what it cannot know."""

import itertools
import json

import numpy as np
import padding_lab
import pytest
from browsing import Visit, planted_fault

PAGE = "part2_brnn/lengths.html"
DRAWN = padding_lab.draw()
SETTINGS = [
    {"layer": layer, "pooling": pooling, "mask": mask, "sorted": False}
    for layer, pooling, mask in itertools.product(padding_lab.LAYERS, padding_lab.POOLINGS, (True, False))
] + [{"layer": "lengths", "pooling": "final", "mask": True, "sorted": True}]
SET = """({ settings, pads, k }) => {
  const field = document.querySelector(".padding-lab form").elements;
  for (const [name, value] of Object.entries({ ...settings, pads })) {
    if (field[name].type === "checkbox") field[name].checked = value; else field[name].value = value;
  }
  field.pads.dispatchEvent(new Event("input", { bubbles: true }));
  if (k !== undefined) {
    field.step.value = k;
    field.step.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const all = (selector) => [...document.querySelectorAll(`.padding-lab ${selector}`)];
  const at = (selector) => all(selector).map(node => [Number(node.dataset.row), Number(node.dataset.t)]);
  return {
    last: Number(field.step.max), forward: at(".forward.on"), backward: at(".backward.on"),
    hurtForward: at(".forward.hurt"), hurtBackward: at(".backward.hurt"),
    drawn: all(".state").filter(node => node.querySelectorAll("rect").length > 1).length,
    pooled: all(".pooled").map(node => node.querySelectorAll("rect").length > 1),
    lamps: Object.fromEntries(all(".lamps li").map(node => [node.dataset.name, node.className])),
  };
}"""


@pytest.fixture(scope="module")
def visit(site, browser):
    with Visit(browser, site / PAGE, reduced_motion="reduce", picture="padding-lab") as visit:
        yield visit


def test_its_states_and_leaks_are_the_packages(visit):
    numbers = json.loads(visit.page.locator(".padding-lab").get_attribute("data-numbers"))
    assert numbers == {"words": padding_lab.WORDS, **padding_lab.listed(DRAWN)}
    x = padding_lab.padded(DRAWN["x"], 9)
    for layer in padding_lab.LAYERS:
        expected = padding_lab.states(x, padding_lab.LENGTHS, layer, DRAWN["weights"])
        for row, n, own in zip(x, padding_lab.LENGTHS, expected, strict=True):
            found = visit.page.evaluate(
                "([x, n, layer, weights]) => PaddingLab.states(x, n, layer, weights)",
                [row.tolist(), int(n), layer, numbers["weights"]],
            )
            np.testing.assert_allclose(np.hstack([found["forward"], found["backward"]]), own, atol=1e-5)
    for settings, pads in itertools.product(SETTINGS, (0, 1, 5)):
        x = padding_lab.padded(DRAWN["x"], padding_lab.LENGTHS.max() + pads)
        found = visit.page.evaluate(
            "([x, lengths, settings, numbers]) => PaddingLab.leaks(x, lengths, settings, numbers)",
            [x.tolist(), padding_lab.LENGTHS.tolist(), settings, numbers],
        )
        assert found == pytest.approx(padding_lab.leaks(settings, pads, DRAWN), abs=1e-4), (settings, pads)


def expected_frame(settings, pads, k):
    """What stands after k steps, by chains written out: which states, which of them hurt, and what is pooled."""
    time, lengths = padding_lab.LENGTHS.max() + pads, padding_lab.LENGTHS
    ends = [int(n) if settings["layer"] == "lengths" else int(time) for n in lengths]
    last = max(ends) + 1
    forward = [[i, t] for i, end in enumerate(ends) for t in list(range(end))[:k]]
    backward = [[i, t] for i, end in enumerate(ends) for t in sorted(list(reversed(range(end)))[:k])]
    told = padding_lab.states(padding_lab.padded(DRAWN["x"], time), lengths, "lengths", DRAWN["weights"])
    found = padding_lab.states(padding_lab.padded(DRAWN["x"], time), lengths, settings["layer"], DRAWN["weights"])
    moved = np.stack([np.abs(half).max(axis=2) for half in np.split(found - told, 2, axis=2)]) > 1e-9
    hurt = [[[i, t] for i, t in read if t < lengths[i] and way[i, t]]
            for read, way in zip((forward, backward), moved, strict=True)]  # fmt: skip
    leaks = padding_lab.leaks(settings, pads, DRAWN)
    lamps = {name: "leak" if change > 1e-9 else "holds" for name, change in leaks.items()}
    return {
        "last": last,
        "forward": forward,
        "backward": backward,
        "hurtForward": hurt[0],
        "hurtBackward": hurt[1],
        "drawn": len(forward) + len(backward),
        "pooled": [k == last] * len(lengths),
        "lamps": lamps if k == last else dict.fromkeys(lamps, "later"),
    }


def wrong_frames(page, settings, pads):
    """Return the steps whose picture shows what they cannot know, hides what they can, or has a wrong lamp."""
    last = page.evaluate(SET, {"settings": settings, "pads": pads})["last"]
    return [
        k
        for k in range(last + 1)
        if page.evaluate(SET, {"settings": settings, "pads": pads, "k": k}) != expected_frame(settings, pads, k)
    ]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: "-".join(map(str, s.values())))
def test_a_step_shows_what_it_can_know_and_no_more(settings, visit):
    assert wrong_frames(visit.page, settings, 2) == []


@pytest.mark.parametrize(
    "planted",
    [
        ("t < Math.min(k, last)", "t <= Math.min(k, last)"),
        ("t < last && t >= last - k", "t < last && t >= last - k - 1"),
        ('!over ? "later" : ', ""),
        ('hurt ? "hurt" : ""', 'hurt ? "" : "hurt"'),
        ('change > LEAST ? "leak" : "holds"', 'change > LEAST ? "holds" : "leak"'),
    ],
    ids=["forward early", "backward early", "lamps early", "hurt and sound swapped", "lamps swapped"],
)
def test_a_planted_fault_is_noticed(planted, site, browser):
    with (
        planted_fault(site / "_static" / "padding_lab.js", *planted),
        Visit(browser, site / PAGE, picture="padding-lab") as visit,
    ):
        assert wrong_frames(visit.page, {"layer": "none", "pooling": "mean", "mask": False, "sorted": False}, 2)


FORWARD, BACKWARD, WRONG = "rgb(0, 114, 178)", "rgb(179, 78, 0)", "rgb(176, 0, 32)"


def colours(page):
    """Return the colours of sound and hurt states: frames and bars, forward and backward."""
    page.evaluate(SET, {"settings": {"layer": "none", "pooling": "final", "mask": True, "sorted": False}, "pads": 1})
    style = "(node, name) => getComputedStyle(node)[name]"
    frame, bar = ".padding-lab .{}.on{} .box", ".padding-lab .{}.on rect:not(.box)"
    return {
        "frames": [page.locator(frame.format(way, hurt)).first.evaluate(style, "stroke")
                   for way, hurt in (("forward", ":not(.hurt)"), ("backward", ":not(.hurt)"), ("backward", ".hurt"))],
        "bars": [page.locator(bar.format(way)).first.evaluate(style, "fill") for way in ("forward", "backward")],
    }  # fmt: skip


def test_each_direction_has_its_colour_and_a_hurt_state_has_red(visit):
    assert colours(visit.page) == {"frames": [FORWARD, BACKWARD, WRONG], "bars": [FORWARD, BACKWARD]}


def test_a_swapped_colour_is_noticed(site, browser):
    sheet = site / "_static" / "course.css"
    whole = sheet.read_text()
    sheet.write_text(whole.replace("--forward: #0072b2", "--forward: #b34e00"))
    try:
        with Visit(browser, site / PAGE, picture="padding-lab") as visit:
            assert colours(visit.page)["bars"] != [FORWARD, BACKWARD]
    finally:
        sheet.write_text(whole)


def test_the_links_of_the_text_do_what_they_say(visit):
    lit = {}
    for link in visit.page.locator("[data-padding-lab]").all():
        link.click()
        lamps = visit.page.locator(".padding-lab .lamps li.leak").evaluate_all("all => all.map(li => li.dataset.name)")
        lit[link.text_content().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")] = lamps
    assert [name for name, lamps in lit.items() if not lamps] == [
        "final states, everybody told",
        "the last word's column",
    ]
    assert lit["a mean over all columns"] == ["more", "alone"]
    assert lit["sorted, not put back"] == ["alone", "order"]


def test_plays_and_pauses_by_keyboard_and_touch(site, browser):
    with Visit(browser, site / PAGE, width=360, has_touch=True) as visit:
        page = visit.page
        play = page.locator(".padding-lab button[name='play']")
        play.focus()
        page.keyboard.press("Enter")
        assert play.text_content() == "pause"
        page.keyboard.press("Enter")
        assert play.text_content() == "play"
        page.locator(".padding-lab select[name='pooling']").focus()
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.name") == "pooling"
        status = page.locator(".padding-lab .picture-status")
        play.tap()
        assert play.text_content() == "pause"
        page.wait_for_timeout(1000)
        assert status.text_content() == ""  # nothing is said while it plays
        play.tap()
        assert play.text_content() == "play"
        page.wait_for_function("document.querySelector('.padding-lab .picture-status').textContent !== ''")


def test_without_scripts_the_table_stands(site, browser):
    with Visit(browser, site / PAGE, java_script_enabled=False) as visit:
        assert visit.page.locator(".padding-lab tbody tr").count() == 3 * 4 * 2
