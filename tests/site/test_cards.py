"""The cover's cards: one for each numbered chapter, in order, with a picture of its own."""

import build_book
import yaml
from browsing import Visit
from card_pictures import PICTURES

PARTS = yaml.safe_load((build_book.BOOK / "_toc.yml").read_text())["parts"]
CHAPTERS = [chapter["file"] for part in PARTS if part.get("numbered") for chapter in part["chapters"]]


def test_each_numbered_chapter_has_its_card(site, browser):
    with Visit(browser, site / "index.html") as visit:
        cards = visit.page.locator(".chapter-cards a")
        assert cards.evaluate_all("links => links.map(link => link.getAttribute('href'))") == [
            f"{file}.html" for file in CHAPTERS
        ]
        texts = visit.page.locator(".chapter-cards a > span").all_inner_texts()  # a picture may hold letters
    for chapter, text in list(zip(CHAPTERS, texts, strict=True))[:: len(CHAPTERS) // 3]:
        with Visit(browser, site / f"{chapter}.html") as visit:
            heading = visit.page.locator("article h1").first.inner_text().rstrip("#¶").strip()
            assert text.strip() == heading


def test_each_picture_is_another():
    without = [file for file in CHAPTERS if file.rpartition("/")[2] not in PICTURES]
    assert without == []
    assert len(set(PICTURES.values())) == len(PICTURES)


def test_the_cover_is_light(site, browser):
    """What it asks for before it has loaded, apart from the theme's own: under 300 kB."""
    with Visit(browser, site / "index.html") as visit:
        own = {address for address in visit.loaded if "/_static/" not in address or "/reader/" in address}
        visit.loaded = own
        assert visit.weight() < 300_000
        visit.page.wait_for_timeout(200)  # mathematics would come after the text
        assert not [address for address in visit.asked if "mathjax" in address]
