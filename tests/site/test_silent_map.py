"""A map that falls silent: its numbers are the package's, and no hour shows what has not come yet."""

import json

import numpy as np
import pytest
import silent_night
from browsing import Visit, planted_fault

PAGE = "part5_applications/grin.html"
NIGHT = json.loads(silent_night.FILE.read_text())
FIRST, BACK = NIGHT["first"], NIGHT["back"]
DRAWN = """k => {
  const slider = document.querySelector(".silent-map input[name=step]");
  slider.value = k;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const root = document.querySelector(".silent-map");
  const line = (kind) => [...root.querySelectorAll(`polyline.${kind}`)].flatMap(
    (node) => node.getAttribute("points").split(" ").map((point) => point.split(",").map(Number)));
  return {
    own: line("sm-own"), oneWay: line("sm-one-way"), both: line("sm-both"),
    truth: root.querySelectorAll(".sm-truth").length, silent: root.querySelectorAll(".sm-silent").length,
    titles: [...root.querySelectorAll(".sm-station title")].map((node) => node.textContent),
  };
}"""


@pytest.fixture
def visit(site, browser):
    with Visit(browser, site / PAGE, reduced_motion="reduce", picture="silent-map") as visit:
        yield visit


def _line(values, start):
    """Where the chart draws values of the hours from ``start`` on."""
    return [[34 + 11 * (start + i), pytest.approx(170 - 150 * value / 640, abs=0.06)] for i, value in enumerate(values)]


def _too_early(page):
    """Return the hours whose picture is not what is known by then: readings so far, and estimates of these alone."""
    readings, wrong = np.array(NIGHT["readings"]), []
    for k in range(24):
        found, own = page.evaluate(DRAWN, k), readings[: k + 1, NIGHT["silent"]]
        quiet = FIRST <= k < BACK
        expected = {
            "own": _line(own[:FIRST], 0) + _line(own[BACK:], BACK),
            "oneWay": _line(NIGHT["one_way"][: max(0, k + 1 - FIRST)], FIRST),
            "both": _line(NIGHT["both"][k], FIRST),
            "truth": 0,
            "silent": int(quiet),
            "titles": [
                f"{name}: {'silent' if quiet and i == NIGHT['silent'] else value}"
                for i, (name, value) in enumerate(zip(NIGHT["stations"], readings[k], strict=True))
            ],
        }
        if found != expected:
            wrong.append(k)
    return wrong


def test_its_numbers_are_the_packages():
    with np.load(silent_night.WEIGHTS) as stored:
        networks = silent_night.models(stored)
    expected = silent_night.shown(networks)
    for k in range(24):  # what the networks say when hour k is the last that has come
        ours = {way: silent_night.estimates(model, k + 1)[FIRST:BACK] for way, model in networks.items()}
        np.testing.assert_allclose(NIGHT["both"][k], ours["both"], atol=0.6)
        np.testing.assert_allclose(NIGHT["one_way"][: len(ours["one_way"])], ours["one_way"], atol=0.6)
    for name in ("readings", "stations", "silent", "first", "back", "hours"):
        assert NIGHT[name] == expected[name]
    for name in ("places", "weights"):
        np.testing.assert_allclose(NIGHT[name], expected[name], atol=2e-3)


def test_an_hour_shows_what_has_come_and_no_more(visit):
    assert _too_early(visit.page) == []


@pytest.mark.parametrize(
    "planted", [("Math.min(k + 1, back)", "back"), ("slice(0, k + 1)", "slice(0, k + 2)"), ("both[k]", "both[23]")]
)
def test_an_hour_that_shows_the_future_is_noticed(planted, site, browser):
    with (
        planted_fault(site / "_static" / "silent_map.js", *planted),
        Visit(browser, site / PAGE, picture="silent-map") as visit,
    ):
        assert _too_early(visit.page)


def test_works_by_keyboard_and_shows_the_truth_when_asked(visit):
    page = visit.page
    step = page.locator(".silent-map input[name=step]")
    step.focus()
    page.keyboard.press("End")
    assert "reports again" in page.locator(".silent-map .picture-caption").text_content()
    page.keyboard.press("ArrowLeft")
    assert step.input_value() == "22"
    page.locator(".silent-map input[name=truth]").focus()
    page.keyboard.press("Space")
    assert page.locator(".sm-truth").count() == BACK - FIRST
    step.press("Home")
    play = page.locator(".silent-map button[name=play]")
    play.focus()
    page.keyboard.press("Enter")
    assert play.text_content() == "pause"
    page.keyboard.press("Enter")
    assert play.text_content() == "play"
    assert page.evaluate("document.activeElement.name") == "play"


def test_without_scripts_a_table_stands(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / PAGE).as_uri())
    rows = page.locator(".silent-map tbody tr").all_inner_texts()
    assert len(rows) == BACK - FIRST
    assert rows[0].split() == [
        "18:00",
        *map(str, (NIGHT["readings"][FIRST][0], NIGHT["one_way"][0], NIGHT["both"][-1][0])),
    ]
    context.close()
