"""The built pages in a real browser with the network refused: whole, quiet, readable and open to all."""

import build_book
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe

PAGES = build_book.pages(yaml.safe_load((build_book.BOOK / "_toc.yml").read_text()))
WIDTHS = (360, 1440)
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Visit:
    """One page, opened from disk; ``faults`` holds what the console said and what was asked of the network."""

    def __init__(self, browser, path, width=1280, scheme="light"):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.faults = []
        self.page.on("console", lambda m: self.faults.append(f"console: {m.text}") if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url}"))
        self.page.route("**/*", self._only_from_disk)
        self.page.goto(path.as_uri(), wait_until="load")

    def _only_from_disk(self, route):
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            self.faults.append(f"network: {route.request.url}")
            route.abort()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


def _faults(browser, path):
    with Visit(browser, path) as visit:
        visit.page.wait_for_timeout(200)
        return visit.faults


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

    def test_every_figure_has_a_text(self, visit):
        assert _unlabelled(visit.page) == []

    @pytest.mark.parametrize("width", WIDTHS)
    def test_it_fits_the_width(self, width, visit):
        visit.page.set_viewport_size({"width": width, "height": 900})
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_it_is_open_to_all(self, scheme, visit):
        visit.page.evaluate("scheme => (document.documentElement.dataset.theme = scheme)", scheme)
        visit.page.wait_for_timeout(400)  # the theme fades from one to the other
        found = Axe().run(visit.page, options={"runOnly": AXE_TAGS}).response["violations"]
        assert not found, "\n".join(f"{v['id']}: {v['nodes'][0]['html'][:200]} ({len(v['nodes'])})" for v in found)


def test_search_finds_a_term(site, browser):
    with Visit(browser, site / "search.html") as visit:
        visit.page.goto(f"{(site / 'search.html').as_uri()}?q=overfit")
        visit.page.wait_for_selector("#search-results li a")
        links = visit.page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
        assert any("part3_keras_imdb/tutorial" in link for link in links)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_follow_the_readers_preference(scheme, site, browser):
    with Visit(browser, site / "index.html", scheme=scheme) as visit:
        assert visit.page.evaluate("document.documentElement.dataset.theme") == scheme


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
        assert "network: https://cdn.example.org/lib.js" in _faults(browser, page)

    def test_a_console_error(self, plant, browser):
        assert any("planted" in fault for fault in _faults(browser, plant("<script>console.error('planted')</script>")))

    def test_a_missing_file(self, plant, browser):
        assert any("nowhere.png" in fault for fault in _faults(browser, plant('<img alt="x" src="nowhere.png">')))

    def test_an_unlabelled_figure(self, plant, browser):
        with Visit(browser, plant('<img src="_static/file.png">')) as visit:
            assert len(_unlabelled(visit.page)) == 1
