"""The built pages in a real browser with the network refused: whole, quiet, steady, readable and open to all."""

import build_book
import pytest
import yaml
from browsing import HEAVY, Visit, dark_on_paper, darken, faults, settle, shift, too_wide, violations

PAGES = build_book.pages(yaml.safe_load((build_book.BOOK / "_toc.yml").read_text()))
WIDTHS = (360, 1440)
STEADY = 0.02
"""How much may jump while a page loads, by the measure of layout shifts: half a line under all of the text."""


def _unlabelled(page):
    return page.evaluate(
        "[...document.images].filter(i => !i.alt.trim() || /\\.(png|svg)$/.test(i.alt)).map(i => i.src)"
    )


@pytest.fixture(scope="module", params=PAGES)
def visit(request, site, browser):
    """Each page of the contents in turn, opened once for all of its tests."""
    with Visit(browser, site / f"{request.param}.html") as visit:
        yield visit


@pytest.fixture(scope="module", params=PAGES)
def phone(request, served, browser):
    """Each page again, from a server and on a phone."""
    with Visit(browser, f"{served}/{request.param}.html", width=360) as phone:
        yield phone


class TestPage:
    def test_its_mathematics_is_rendered(self, visit):
        settle(visit.page)
        assert visit.page.locator("mjx-merror").count() == 0

    def test_it_opens_without_an_error_or_a_request(self, visit):
        visit.page.wait_for_timeout(200)
        assert visit.faults == []

    def test_nothing_jumps(self, visit):
        settle(visit.page)
        assert shift(visit.page) < STEADY

    def test_it_is_light(self, visit):
        assert visit.weight() <= HEAVY

    def test_every_figure_has_a_text(self, visit):
        assert _unlabelled(visit.page) == []

    @pytest.mark.parametrize("width", WIDTHS)
    def test_it_fits_the_width(self, width, visit):
        visit.page.set_viewport_size({"width": width, "height": 900})
        assert too_wide(visit.page) == []

    def test_it_is_open_to_all(self, visit):
        visit.page.set_viewport_size({"width": 1280, "height": 900})
        assert violations(visit.page) == []

    def test_it_is_readable_in_the_dark(self, visit):
        darken(visit.page)
        assert violations(visit.page, only=["color-contrast"]) == []

    def test_it_is_light_on_paper(self, visit):
        darken(visit.page)
        assert dark_on_paper(visit.page) == []


class TestOnAPhone:
    def test_it_is_served_without_an_error_or_a_request(self, phone):
        settle(phone.page)
        phone.page.wait_for_timeout(200)
        assert phone.faults == []

    def test_nothing_jumps(self, phone):
        settle(phone.page)
        assert shift(phone.page) < STEADY

    def test_it_is_open_to_all(self, phone):
        assert violations(phone.page) == []

    def test_it_is_readable_in_the_dark(self, phone):
        darken(phone.page)
        assert violations(phone.page, only=["color-contrast"]) == []


def test_search_finds_a_term(site, browser):
    with Visit(browser, site / "search.html") as visit:
        visit.page.goto(f"{(site / 'search.html').as_uri()}?q=overfit")
        visit.page.wait_for_selector("#search-results li a")
        links = visit.page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
        assert any("part3_keras_imdb/tutorial" in link for link in links)
        assert visit.faults == []


def _hidden_letters(page):
    """How far the glass of each search field that is shown stands on what is typed, in pixels."""
    return page.evaluate("""[...document.querySelectorAll("form.bd-search")].filter(f => f.checkVisibility()).map(e => {
        const field = e.querySelector("input"), { paddingLeft, borderLeftWidth } = getComputedStyle(field);
        const typed = field.getBoundingClientRect().left + parseFloat(borderLeftWidth) + parseFloat(paddingLeft);
        return e.querySelector("i").getBoundingClientRect().right - typed;
    })""")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_glass_hides_no_letter(width, site, browser):
    with Visit(browser, site / "search.html", width=width) as visit:
        visit.page.keyboard.press("Control+K")
        visit.page.wait_for_function("document.activeElement.matches('input[type=search]')")
        hidden = _hidden_letters(visit.page)
        assert hidden
        assert max(hidden) <= 0
        visit.page.add_style_tag(content=".bd-search input.form-control { padding-left: 0.75rem }")  # the theme's own
        assert max(_hidden_letters(visit.page)) > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_follow_the_readers_preference(scheme, site, browser):
    with Visit(browser, site / "index.html", scheme=scheme) as visit:
        assert visit.page.evaluate("document.documentElement.dataset.theme") == scheme


def test_a_long_name_breaks_before_it_is_wider_than_a_phone(site, browser):
    wide = "[...document.querySelectorAll('article p code')].filter(e => e.getBoundingClientRect().right > innerWidth)"
    with Visit(browser, site / "part2_brnn" / "one_direction.html", width=320) as visit:
        assert visit.page.evaluate(f"{wide}.map(e => e.textContent)") == []


CUT = """() => [...document.querySelectorAll("span.math, .prev-next-area a")].filter((node) => {
  const edge = getComputedStyle(node).overflowX === "visible" ? innerWidth : node.getBoundingClientRect().right;
  const beyond = (part) => part.getBoundingClientRect().left + part.scrollWidth > edge + 1;
  return [...node.querySelectorAll("mjx-math > *, p")].some(beyond);
}).map((node) => node.textContent)"""
HIDDEN = """<style>span.math { overflow: hidden !important }
  span.math mjx-container, span.math mjx-math { white-space: nowrap !important }</style>"""


@pytest.mark.parametrize("planted", ["", HIDDEN], ids=["as it is", "planted"])
def test_no_formula_in_a_line_and_no_title_is_cut_on_a_phone(planted, site, browser):
    page = site / "part1_fundamentals" / "gradients.html"
    whole = page.read_text()
    page.write_text(whole.replace("</body>", f"{planted}</body>"))
    set_all = "!document.querySelector('span.math:not(:has(mjx-container))')"
    try:
        with Visit(browser, page, width=360) as visit:
            visit.page.wait_for_function(set_all)
            assert bool(visit.page.evaluate(CUT)) == bool(planted)
    finally:
        page.write_text(whole)


def test_is_light(site):
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 60_000_000


class TestPlanted:
    """Each check fails when its fault is planted."""

    @pytest.fixture
    def plant(self, site):
        page = site / "index.html"
        whole = page.read_text()

        def plant(markup):
            page.write_text(whole.replace("</article>", f"{markup}</article>", 1))
            return page

        yield plant
        page.write_text(whole)

    def test_an_address_elsewhere(self, plant, browser):
        page = plant('<script src="https://cdn.example.org/lib.js"></script>')
        assert "network: https://cdn.example.org/lib.js" in faults(browser, page)

    def test_an_address_elsewhere_on_a_served_page(self, plant, served, browser):
        page = plant('<script src="http://localhost:9/lib.js"></script>')
        assert "network: http://localhost:9/lib.js" in faults(browser, f"{served}/{page.name}")

    def test_a_console_error(self, plant, browser):
        assert any("planted" in fault for fault in faults(browser, plant("<script>console.error('planted')</script>")))

    def test_a_missing_file(self, plant, served, browser):
        page = plant('<img alt="x" src="nowhere.png">')
        assert any("nowhere.png" in fault for fault in faults(browser, page))
        assert any("404" in fault for fault in faults(browser, f"{served}/{page.name}"))

    def test_an_unlabelled_figure(self, plant, browser):
        with Visit(browser, plant('<img src="_static/file.png">')) as visit:
            assert len(_unlabelled(visit.page)) == 1

    def test_a_picture_without_a_size_that_comes_late(self, site, browser):
        with Visit(browser, site / "back" / "corrections.html") as visit:
            page = visit.page
            page.evaluate("document.querySelector('article h1').insertAdjacentHTML('afterend', '<img alt=late>')")
            page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
            before = shift(page)
            page.evaluate("document.querySelector('img[alt=late]').src = '../_static/screenshot.png'")
            page.wait_for_function("document.querySelector('img[alt=late]').naturalHeight")
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            assert before < STEADY < shift(page)

    def test_a_table_that_is_wider_than_a_phone(self, plant, browser):
        page = plant(f"<table id=wide><tr>{'<td>a cell</td>' * 30}</tr></table>")
        with Visit(browser, page, width=360) as visit:
            assert ['id="wide"' in found for found in too_wide(visit.page)] == [True]

    def test_a_dark_figure_in_print(self, site, browser):
        with Visit(browser, site / "part2_brnn" / "two_chains.html", scheme="dark") as visit:
            assert dark_on_paper(visit.page) == []
            visit.page.add_style_tag(content="@media print { .tc-scroll svg text { fill: white } }")
            assert len(dark_on_paper(visit.page)) > 3
        with Visit(browser, site / "part2_brnn" / "bidirectional.html", scheme="dark") as visit:
            visit.page.add_style_tag(content="@media print { .cell_output img { filter: invert(1) !important } }")
            assert all(found.startswith("<img") for found in dark_on_paper(visit.page))
            assert dark_on_paper(visit.page)
