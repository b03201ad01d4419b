"""The influence explorer computes what `birnn_ref` computes, and works by mouse, keyboard and touch."""

import numpy as np
import pytest
from browsing import PATIENCE, Visit, planted_fault

from birnn_ref.inspect import influence_matrix
from birnn_ref.layers import Bidirectional

PAGE = "part2_brnn/bidirectional.html"
KEEP_WHAT_IT_SAYS = """() => {
  const explorer = document.querySelector(".influence-explorer");
  window.said = [];
  new MutationObserver(() => said.push(explorer.querySelector(".ie-shown").textContent))
    .observe(explorer, { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture
def page(site, browser):
    context = browser.new_context(has_touch=True, viewport={"width": 1200, "height": 1000})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto((site / PAGE).as_uri())
    page.wait_for_selector(".influence-explorer table td")
    yield page
    context.close()


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("merge", ["concat", "sum", "ave", "mul"])
def test_its_numbers_are_the_packages(cell, merge, page):
    rng = np.random.default_rng(0)
    layer = Bidirectional(cell, 3, 4, merge=merge, rng=rng, dtype=np.float64)
    for value in layer.params.values():
        value[...] = rng.normal(size=value.shape)
    x, length = rng.normal(size=(1, 6, 3)), 4
    weights = {way: {name: value[i].tolist() for name, value in layer.params.items()} for i, way in enumerate("fb")}
    spec = {"cell": cell, "direction": "both", "merge": merge, "x": x[0].tolist(), "length": length, "masked": True}
    found = np.array(page.evaluate("spec => InfluenceExplorer.influence(spec)", {**spec, "weights": weights}))
    expected = influence_matrix(layer, x, np.array([length]), norm="frobenius")[0]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-14)


def _leaks(page):
    return int(page.locator(".influence-explorer").get_attribute("data-leaks"))


def test_unmasked_padding_leaks_and_masked_padding_does_not(page):
    assert _leaks(page) == 0
    page.get_by_label("padding masked").uncheck()
    assert _leaks(page) > 0
    assert page.locator(".influence-explorer td.leak").count() == _leaks(page)
    page.get_by_label("padding masked").check()
    assert page.locator(".influence-explorer td.leak").count() == 0


def test_one_direction_sees_one_triangle(page):
    page.get_by_label("direction").select_option("forward")
    matrix = page.locator(".influence-explorer tbody tr:not(.ie-states)").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td')].map(td => Number(td.textContent)))"
    )
    above = np.triu(np.array(matrix), k=1)
    assert not above.any()
    assert np.array(matrix)[0, 0] > 0


def test_works_by_keyboard(page):
    page.get_by_label("words").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".influence-explorer output").text_content() == "5 of 8"
    button = page.locator(".influence-explorer button[data-t='4']")
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator(".influence-explorer button[data-t='4']").get_attribute("aria-pressed") == "true"


def test_works_by_touch_and_steps_through(page):
    page.evaluate(KEEP_WHAT_IT_SAYS)  # a busy machine may look too late for a step
    page.locator(".influence-explorer button[name='play']").tap()
    page.wait_for_function("said.some(text => text.startsWith('Step 2'))")
    page.wait_for_function("said.at(-1).includes('has travelled')")


def _shown(page, step):
    """Return the matrix at a step as text, one list a row."""
    page.get_by_label("step").fill(str(step))
    return page.locator(".influence-explorer tbody tr:not(.ie-states)").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td')].map(td => td.textContent))"
    )


def _too_early(page, length):
    """Return the steps that show an influence too early or too late, or that change nothing."""
    wrong, before = [], None
    for step in range(2 * length):
        shown = _shown(page, step)
        travelled = step - length - 1
        known = [[value != "·" for value in row] for row in shown]
        if known != [[abs(t - s) <= travelled for s in range(8)] for t in range(8)]:
            wrong.append(step)
        table = page.locator(".influence-explorer table").inner_html()
        if table == before:
            wrong.append(step)
        before = table
    return wrong


def test_a_step_shows_what_it_can_know_and_no_more(page):
    assert _too_early(page, 6) == []
    assert not [value for row in _shown(page, 12) for value in row if value == "·"]


def test_a_frame_that_shows_the_future_is_noticed(site, browser):
    early = "Math.abs(t - s) > travelled"
    fault = planted_fault(site / "_static" / "influence_explorer.js", early, f"{early} + 1")
    with fault, Visit(browser, site / PAGE) as visit:
        assert _too_early(visit.page, 6)


def test_play_pauses_and_the_focus_is_kept(page):
    play = page.locator(".influence-explorer button[name='play']")
    play.focus()
    page.keyboard.press("Enter")
    assert play.text_content() == "pause"
    page.keyboard.press("Enter")
    assert play.text_content() == "play"
    row = page.locator(".influence-explorer button[data-t='3']")
    row.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.t") == "3"


def test_without_scripts_the_static_figure_stands(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / PAGE).as_uri())
    assert page.locator(".influence-explorer noscript").count() == 1
    assert page.locator("img[alt*='nfluence']").count() > 0
    context.close()
