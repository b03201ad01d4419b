"""A page is light: little is loaded before its text stands, and the text stands soon."""

import re
import statistics

import build_book
import light
import pytest
from browsing import HEAVY, Visit


def test_a_heavy_page_is_noticed(site, browser):
    heavy, page = site / "heavy.js", site / "index.html"
    whole = page.read_text()
    heavy.write_text(f"// {'x' * HEAVY}")
    page.write_text(whole.replace("</head>", '<script src="heavy.js"></script></head>', 1))
    try:
        with Visit(browser, page) as visit:
            assert visit.weight() > HEAVY
    finally:
        page.write_text(whole)
        heavy.unlink()


@pytest.mark.slow
def test_the_text_is_painted_within_a_second(site, browser):
    times = []
    for _ in range(5):
        with Visit(browser, site / "part2_brnn" / "bidirectional.html") as visit:
            painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
            times.append(visit.page.wait_for_function(painted).json_value())
    assert statistics.median(times) < 1000


def test_the_search_page_keeps_what_it_searches_with(site):
    kept = (site / "search.html").read_text()
    assert all(name in kept for name in ("searchtools.js", "language_data.js", "searchindex.js"))
    assert "searchindex.js" not in (site / "index.html").read_text()


def test_a_search_from_a_page_leads_to_the_search_page(site, browser):
    with Visit(browser, site / "index.html") as visit:
        visit.page.keyboard.press("Control+K")
        visit.page.keyboard.type("overfit")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_selector("#search-results li a")
        assert "search.html?q=overfit" in visit.page.url
        assert visit.faults == []


@pytest.mark.parametrize(
    ("tag", "on_a_page", "on_the_search_page"),
    [
        ('<script defer src="../_static/scripts/fontawesome.js?digest=1"></script>', "", ""),
        ('<script src="../searchindex.js"></script>', "", '<script src="../searchindex.js"></script>'),
        ('<script src="_static/doctools.js"></script>', *['<script src="_static/doctools.js"></script>'] * 2),
    ],
)
def test_scripts_are_dropped_where_they_are_not_needed(tag, on_a_page, on_the_search_page):
    assert light.lighten(tag, searches=False) == on_a_page
    assert light.lighten(tag, searches=True) == on_the_search_page


@pytest.mark.parametrize("name", light.PICTURES)
def test_a_picture_has_its_script_where_it_stands_and_only_there(name, site):
    assert (build_book.BOOK / "_static" / f"{name}.js").is_file()
    pages = [path.read_text() for path in site.rglob("*.html")]
    with_picture = [page for page in pages if f'class="{name.replace("_", "-")}' in page]
    assert with_picture
    assert all(f"_static/{name}.js" in page for page in with_picture)
    assert sum(f"_static/{name}.js" in page for page in pages) == len(with_picture)


MATHJAX = '<script defer="defer" src="../_static/mathjax/tex-chtml.js"></script>'


def test_mathematics_is_for_pages_with_formulas(site):
    assert light.lighten(MATHJAX, searches=False) == ""
    wrong = [
        path.name
        for path in site.rglob("*.html")
        if ("_static/mathjax/" in (page := path.read_text())) != bool(re.search(r'class="(?:[^"]* )?math[" ]', page))
    ]
    assert wrong == []


def test_mathematics_comes_after_the_text():
    late = light.lighten(f'{MATHJAX}<span class="math">', searches=False)
    assert 'addEventListener("load"' in late
    assert 'src: "../_static/mathjax/tex-chtml.js"' in late
