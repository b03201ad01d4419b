"""A page loads without jumping: its theme, its sidebar and its formulas have what they need before the first paint."""

import re

import pytest
import steady
from browsing import Visit, settle

HEAD = (
    '<html data-theme="auto"><script>document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";'
)


def test_a_page_decides_its_theme_and_scrolls_its_sidebar_once():
    page = steady.steady(f'{HEAD}</script><main id="main-content">')
    assert 'data-theme="light"' in page  # for readers without scripts
    assert steady.DECIDED in page
    assert steady.SCROLL in page
    assert steady.steady(page).count(steady.SCROLL) == 1


def test_a_kept_theme_is_followed(site, browser):
    with Visit(browser, site / "index.html") as visit:
        visit.page.evaluate("localStorage.setItem('mode', 'dark'); localStorage.setItem('theme', 'dark')")
        visit.page.reload()
        assert visit.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_every_formula_has_its_room(site):
    without = [
        formula
        for path in site.rglob("*.html")
        for formula in re.findall(r'<span class="math notranslate nohighlight">.*?</span>', path.read_text(), re.DOTALL)
    ]
    assert without == []


@pytest.mark.parametrize("name", ["back/notation", "part2_brnn/bidirectional"])
def test_the_rooms_are_those_that_formulas_take(name, site, browser):
    with Visit(browser, site / f"{name}.html") as visit:
        rooms = """() => [...document.querySelectorAll("span.math")].map((room) => {
            const set = room.querySelector("mjx-container"), wide = set.getBoundingClientRect().width;
            set.replaceWith("");
            return [room.getAttribute("style"), room.getBoundingClientRect().width, wide];
        })"""
        settle(visit.page)
        found = visit.page.evaluate(rooms)
        far = [line for line in found if abs(line[1] - line[2]) > 0.16 * line[2] + 8]
        assert len(found) > 50
        assert len(far) <= 0.03 * len(found), far


def test_a_formula_that_nobody_can_measure_keeps_its_place_free():
    formula = r'<span class="math notranslate nohighlight">\(\nosuchthing\)</span>'
    assert steady.steady(formula) == formula
