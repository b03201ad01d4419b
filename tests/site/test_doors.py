"""Ways into the site: descriptions, a page for addresses that lead nowhere, marks of what was read, paper."""

import json
import re

import badges
import doors
import numpy as np
import pytest
import take_along
from browsing import Visit
from docutils import nodes
from docutils.utils import new_document
from support import ROOT

from birnn_ref.datasets.shipped import FILES

CHAPTER = "part2_brnn/two_chains.html"


def _said(page):
    return page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('meta[property], meta[name=description]')]"
        ".map(tag => [tag.getAttribute('property') ?? tag.name, tag.content]))"
    )


@pytest.mark.parametrize("page", ["index.html", CHAPTER, "part1_fundamentals/unrolling.html"])
def test_a_page_says_what_it_is_about(page, site, browser):
    with Visit(browser, site / page) as visit:
        said = _said(visit.page)
        assert 40 <= len(said["description"]) <= doors.LONGEST + 2
        assert said["og:description"] == said["description"]
        assert said["og:title"]


def test_a_description_is_the_first_prose_and_ends_at_a_word():
    facts = nodes.paragraph("", "Reading time: 12 min. " * 4, classes=["chapter-facts"])
    prose = "A word's meaning often waits for what comes after it. " * 5
    document = new_document("page")
    document += [facts, nodes.paragraph("", prose)]
    said = doors.description(document)
    assert said.startswith("A word's meaning")
    assert said.endswith(" …")
    assert prose.startswith(said.removesuffix(" …"))


def test_an_address_that_leads_nowhere_has_a_page(site, browser):
    with Visit(browser, site / "404.html") as visit:
        visit.page.get_by_role("link", name="The first page").click()
        assert visit.page.url.endswith("index.html")


@pytest.mark.parametrize(
    ("text", "verdict"), [("Settled in part. One", "settled in part"), ("not built: why", "not built")]
)
def test_a_verdict_is_a_badge(text, verdict):
    marked, rest = badges.badge(text)
    assert marked.astext() == verdict
    assert rest in text


def test_each_row_of_the_ledger_has_its_badge(site, browser):
    with Visit(browser, site / "back" / "claims.html") as visit:
        rows = visit.page.locator("article table").first.locator("tbody tr")
        without = [
            text[:60]
            for text, badge in zip(
                rows.all_inner_texts(),
                rows.evaluate_all("rows => rows.map(row => row.querySelector('.verdict') !== null)"),
                strict=True,
            )
            if not badge
        ]
        assert without == []


def test_what_was_read_is_marked_until_it_is_not(site, browser):
    with Visit(browser, site / CHAPTER) as visit:
        page = visit.page
        box = page.get_by_label("I have read this")
        assert not box.is_checked()
        box.check()
        page.goto((site / "index.html").as_uri())
        assert page.locator(".chapter-cards a.was-read").count() == 1
        assert "two_chains" in page.locator(".chapter-cards a.was-read").get_attribute("href")
        page.goto((site / CHAPTER).as_uri())
        page.get_by_label("I have read this").uncheck()
        assert page.locator(".was-read").count() == 0


def test_paper_is_light_and_what_is_folded_opens(site, browser):
    with Visit(browser, site / "part2_brnn" / "bidirectional.html", scheme="dark") as visit:
        page = visit.page
        page.emulate_media(media="print")
        colour = "([name, kind]) => getComputedStyle(document.querySelector(name))[kind].match(/\\d+/g).map(Number)"
        assert page.evaluate(colour, ["html", "backgroundColor"])[:3] == [255, 255, 255]
        assert sum(page.evaluate(colour, ["article h1 + p ~ p", "color"])[:3]) < 100
        assert page.evaluate(
            "[...document.querySelectorAll('.cell_output img')].every(i => getComputedStyle(i).filter === 'none')"
        )
        folded = page.locator("article details").count()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("article details[open]").count() == folded > 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("article details:not([open])").count() > 0


def test_each_stored_result_data_file_and_model_can_be_taken_along(site):
    page = site / "back" / "results.html"
    links = re.findall(r'href="([^"]*_downloads/[^"]*)"', page.read_text(encoding="utf-8"))
    taken = sorted((page.parent / link).read_bytes() for link in links)
    files = [*(ROOT / "book" / "results").glob("*.json"), *(ROOT / "book" / "reader").iterdir()]
    files += [path for path in FILES.rglob("*.*") if path.is_file()]
    assert taken == sorted(path.read_bytes() for path in files)


@pytest.mark.parametrize(
    "kept", [kept for kind in take_along.KINDS.values() for kept in kind], ids=lambda kept: kept.path
)
def test_a_file_to_take_opens_with_the_line_beside_it(kept, monkeypatch):
    path = ROOT / kept.path
    monkeypatch.chdir(path.parent)
    names = {"json": json, "np": np}
    if "onnxruntime" in kept.opens:
        names["onnxruntime"] = pytest.importorskip("onnxruntime")
    assert eval(kept.opens, names) is not None
    assert path.name in kept.row()
