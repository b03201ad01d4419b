"""The built pages in a real browser with the network refused: whole, quiet, readable and open to all."""

import build_book
import pytest
import yaml
from browsing import HEAVY, Visit, faults, violations

PAGES = build_book.pages(yaml.safe_load((build_book.BOOK / "_toc.yml").read_text()))
WIDTHS = (360, 1440)


def _unlabelled(page):
    return page.evaluate(
        "[...document.images].filter(i => !i.alt.trim() || /\\.(png|svg)$/.test(i.alt)).map(i => i.src)"
    )


@pytest.fixture(scope="module", params=PAGES)
def visit(request, site, browser):
    """Each page of the contents in turn, opened once for all of its tests."""
    with Visit(browser, site / f"{request.param}.html") as visit:
        yield visit


class TestPage:
    def test_its_mathematics_is_rendered(self, visit):
        written = visit.page.locator(".math").count()
        visit.page.wait_for_function("n => document.querySelectorAll('mjx-container').length >= n", arg=written)
        assert visit.page.locator("mjx-merror").count() == 0

    def test_it_opens_without_an_error_or_a_request(self, visit):
        visit.page.wait_for_timeout(200)
        assert visit.faults == []

    def test_it_is_light(self, visit):
        assert visit.weight() <= HEAVY

    def test_every_figure_has_a_text(self, visit):
        assert _unlabelled(visit.page) == []

    @pytest.mark.parametrize("width", WIDTHS)
    def test_it_fits_the_width(self, width, visit):
        visit.page.set_viewport_size({"width": width, "height": 900})
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width

    def test_it_is_open_to_all(self, visit):
        assert violations(visit.page) == []

    def test_it_is_readable_in_the_dark(self, visit):
        visit.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        fading = "Promise.allSettled(document.getAnimations().map(fade => fade.finished)).then(() => null)"
        visit.page.evaluate(fading)  # from one theme to the other
        assert violations(visit.page, only=["color-contrast"]) == []


def test_search_finds_a_term(site, browser):
    with Visit(browser, site / "search.html") as visit:
        visit.page.goto(f"{(site / 'search.html').as_uri()}?q=overfit")
        visit.page.wait_for_selector("#search-results li a")
        links = visit.page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
        assert any("part3_keras_imdb/tutorial" in link for link in links)
        assert visit.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_follow_the_readers_preference(scheme, site, browser):
    with Visit(browser, site / "index.html", scheme=scheme) as visit:
        assert visit.page.evaluate("document.documentElement.dataset.theme") == scheme


def test_a_long_name_breaks_before_it_is_wider_than_a_phone(site, browser):
    wide = "[...document.querySelectorAll('article p code')].filter(e => e.getBoundingClientRect().right > innerWidth)"
    with Visit(browser, site / "part2_brnn" / "one_direction.html", width=320) as visit:
        assert visit.page.evaluate(f"{wide}.map(e => e.textContent)") == []


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

    def test_a_console_error(self, plant, browser):
        assert any("planted" in fault for fault in faults(browser, plant("<script>console.error('planted')</script>")))

    def test_a_missing_file(self, plant, browser):
        assert any("nowhere.png" in fault for fault in faults(browser, plant('<img alt="x" src="nowhere.png">')))

    def test_an_unlabelled_figure(self, plant, browser):
        with Visit(browser, plant('<img src="_static/file.png">')) as visit:
            assert len(_unlabelled(visit.page)) == 1
