"""Gates: what is left of the first word is the package's, and no frame shows a later step."""

import itertools
import json

import gates
import numpy as np
import pytest
from browsing import Visit, planted_fault

PAGE = "part1_fundamentals/lstm_gru.html"
DRAWN = gates.draw()
SETTINGS = [*itertools.product((-2, 1, 6), (0.4, 1, 1.6))]
SHOWN = """({ bias, radius, k }) => {
  const field = document.querySelector(".gates form").elements;
  for (const [name, value] of Object.entries({ bias, radius, step: k })) {
    field[name].value = value;
    field[name].dispatchEvent(new Event("input", { bubbles: true }));
  }
  return [...document.querySelectorAll(".gt-panel")].map(panel => ({
    cell: panel.dataset.cell,
    points: panel.querySelector("polyline").points.length,
    left: panel.dataset.left === "" ? null : Number(panel.dataset.left),
  }));
}"""


@pytest.fixture(scope="module")
def visit(site, browser):
    with Visit(browser, site / PAGE, reduced_motion="reduce", picture="gates") as visit:
        yield visit


@pytest.mark.parametrize(("bias", "radius"), SETTINGS)
def test_what_is_left_is_the_packages(bias, radius, visit):
    numbers = json.loads(visit.page.locator(".gates").get_attribute("data-numbers"))
    for cell in gates.CELLS:
        found = visit.page.evaluate(
            "([cell, numbers, settings]) => Gates.trace(cell, numbers, settings)",
            [cell, numbers, {"bias": bias, "radius": radius}],
        )
        # Two runs that have come together are apart by rounding alone.
        np.testing.assert_allclose(found, gates.trace(cell, DRAWN, bias, radius), rtol=1e-4, atol=1e-12)


def wrong_frames(page, bias, radius):
    """Return the frames that show a later step, or another number than the package's."""
    traces, wrong = {cell: gates.trace(cell, DRAWN, bias, radius) for cell in gates.CELLS}, []
    for k in range(gates.TIME + 1):
        found = page.evaluate(SHOWN, {"bias": bias, "radius": radius, "k": k})
        expected = [
            {
                "cell": cell,
                "points": k,
                "left": pytest.approx(values[k - 1], rel=1e-3, abs=1e-12) if k else None,
            }
            for cell, values in traces.items()
        ]
        if found != expected:
            wrong.append(k)
    return wrong


def test_a_frame_shows_what_it_can_know_and_no_more(visit):
    assert wrong_frames(visit.page, 2.5, 0.9) == []


@pytest.mark.parametrize(
    "planted",
    [
        ("values.slice(0, k)", "values.slice(0, k + 1)"),
        ('data-left="${k ? values[k - 1] : ""}"', 'data-left="${values.at(-1)}"'),
        ("j >= H && j < 2 * H ? bias", "j < H ? bias"),
    ],
    ids=["the next step", "the last step early", "another gate's bias"],
)
def test_a_planted_fault_is_noticed(planted, site, browser):
    with planted_fault(site / "_static" / "gates.js", *planted), Visit(browser, site / PAGE, picture="gates") as visit:
        assert wrong_frames(visit.page, 3, 1)


def test_the_page_says_what_its_cells_do():
    def left(cell, bias=1, radius=1):
        return gates.trace(cell, DRAWN, bias, radius)[-1]

    assert left("lstm", bias=0) < 1e-6 < left("lstm", bias=1) < 0.01 < 0.1 < left("lstm", bias=3)
    assert left("rnn", radius=0.5) < 1e-9
    assert left("rnn", radius=1.5) > 0.01
    assert left("gru", bias=5) > 100 * left("gru", bias=1)


def test_is_set_by_links_keyboard_and_touch(site, browser):
    with Visit(browser, site / PAGE, width=360, has_touch=True) as visit:
        page = visit.page
        for link in page.locator("[data-gates]").all():
            link.click()
            settings = json.loads(link.get_attribute("data-gates"))
            for name, value in settings.items():
                assert float(page.locator(f".gates input[name='{name}']").input_value()) == value
        page.locator(".gates input[name='bias']").focus()
        page.keyboard.press("Home")
        assert page.locator(".gates output[name='biasOut']").text_content() == "-2.0"
        assert page.evaluate("document.activeElement.name") == "bias"
        play = page.locator(".gates button[name='play']")
        play.tap()
        assert play.text_content() == "pause"
        play.tap()
        assert play.text_content() == "play"


def test_without_scripts_the_table_stands(site, browser):
    with Visit(browser, site / PAGE, java_script_enabled=False) as visit:
        assert visit.page.locator(".gates tbody tr").count() == 3 + 2 * 4
