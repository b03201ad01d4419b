"""The book on paper and in an e-book reader: ``python tools/paper.py`` writes `_build/book.pdf` and `_build/book.epub`.

Both are made of the pages that `make book` has built. They are put together into one page; a browser sets its
formulas and prints it, and gives back each chapter as XHTML with MathML for the EPUB. Pictures that need scripts are
replaced by what stands there without them. Folded code and the API reference stay on the site.
"""

from __future__ import annotations

import argparse
import html
import posixpath
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag
from build_book import BOOK, HTML, ROOT, missing_pages
from epub import write_epub

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = ROOT / "_build" / "paper"
LEFT_OUT = ("API reference",)
DROPPED = (
    "script, style, form, button, .headerlink, .chapter-facts, .chapter-cards, .cell details.hide, .sd-tab-set > input"
)
PATIENCE = 1_200_000
"""Milliseconds that the browser may take for a step: it sets more than a thousand formulas."""
STYLE = Path(__file__).with_suffix(".css")
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="{site}/_static/pygments.css"><link rel="stylesheet" href="{style}">
<script>window.MathJax = {{ options: {{ ignoreHtmlClass: "book", processHtmlClass: "math|output_area" }} }};</script>
<script defer src="{site}/_static/mathjax/tex-chtml.js"></script></head>
<body class="book">{body}</body></html>"""
NUMBER = '<div style="font-size: 8px; text-align: center; width: 100%"><span class="pageNumber"></span></div>'
CHAPTER = """section => {
  const copy = section.cloneNode(true);
  for (const set of copy.querySelectorAll("mjx-container"))
    set.replaceWith(set.querySelector("mjx-assistive-mml > math"));
  for (const old of ["align", "border", "valign"])
    for (const has of copy.querySelectorAll(`[${old}]`)) has.removeAttribute(old);
  return new XMLSerializer().serializeToString(copy);
}"""


@dataclass
class Part:
    """A part of the book: its caption and the names of its pages."""

    caption: str
    pages: list[str] = field(default_factory=list)


def parts(book: Path = BOOK) -> list[Part]:
    """Return what goes on paper, in reading order."""
    contents = yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))
    found = (Part(part["caption"], [chapter["file"] for chapter in part["chapters"]]) for part in contents["parts"])
    return [part for part in found if part.caption not in LEFT_OUT]


def name(page: str) -> str:
    """Return a page's id in the book."""
    return page.replace("/", "-")


def led(address: str, page: str, pages: set[str]) -> str | None:
    """Return where a link of a page leads in the book; None if that is not in the book.

    >>> led("../back/data.html#imdb", "part1/a", {"back/data"}), led("#x", "part1/a", set())
    ('#back-data--imdb', '#part1-a--x')
    >>> led("https://arxiv.org/", "part1/a", set()), led("../_sources/a.ipynb", "part1/a", set())
    ('https://arxiv.org/', None)
    """
    split = urlsplit(address)
    if split.scheme:
        return address
    target = page
    if split.path:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(split.path))).removesuffix(".html")
        if target not in pages:
            return None
    return f"#{name(target)}--{split.fragment}" if split.fragment else f"#{name(target)}"


def chapter(site: Path, page: str, pages: set[str], images: str) -> Tag:
    """Return a built page as a section: its headings one level lower, its ids its own, its links within the book."""
    soup = BeautifulSoup((site / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article.bd-article")
    if article is None:
        sys.exit(f"{page}.html has no article: was it built by `make book`?")
    for tag in article.select(DROPPED):
        tag.decompose()
    for tag in article.select("noscript"):
        tag.unwrap()
    for tag in article.select("details"):
        tag.name, tag["class"] = "div", "opened"
        del tag["open"]
    for tag in article.select("summary, .sd-tab-set > label"):
        tag["class"] = "tab" if tag.name == "label" else "opens"
        tag.name = "p" if tag.name == "label" else "div"
    for level in range(5, 0, -1):
        for tag in article.find_all(f"h{level}"):
            tag.name = f"h{level + 1}"
    for tag in article.select("[id]"):
        tag["id"] = f"{name(page)}--{tag['id']}"
    for tag in article.select("a[href]"):
        if (address := led(tag["href"], page, pages)) is None:
            tag.unwrap()
        else:
            tag["href"] = address
    for tag in article.select("img[src]"):
        if not urlsplit(tag["src"]).scheme:
            tag["src"] = images + posixpath.normpath(posixpath.join(posixpath.dirname(page), tag["src"]))
        tag.attrs.pop("loading", None)  # a printed page waits for nothing that is not in view
    for tag in article.select("table"):
        if len(tag.select("tr")) > 20:
            tag["class"] = [*tag.get("class", []), "long"]
    article.name, article["class"], article["id"] = "section", "chapter", name(page)
    return article


def title_page() -> tuple[str, str]:
    """Return the title and the first page."""
    said = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    title = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    authors = ", ".join(author["name"] for author in said["authors"])
    licence = "Text under CC BY 4.0, code under the MIT licence."
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in (authors, f"Version {said['version']}", licence))
    note = "<p>Moving pictures, folded code and the API reference are on the site that this was printed from.</p>"
    return title, f'<section class="title-page" id="index"><h1>{html.escape(title)}</h1>{lines}{note}</section>'


def contents(book: list[tuple[Part, list[Tag]]]) -> Iterator[str]:
    """Give the list of parts and chapters, line by line."""
    yield '<nav class="contents"><h2>Contents</h2><ol>'
    for part, chapters in book:
        yield f"<li>{html.escape(part.caption)}<ol>"
        yield from (f'<li><a href="#{tag["id"]}">{html.escape(heading(tag))}</a></li>' for tag in chapters)
        yield "</ol></li>"
    yield "</ol></nav>"


def heading(tag: Tag) -> str:
    """Return a chapter's number and title."""
    found = tag.find("h2")
    return " ".join(found.get_text().split()) if found else str(tag["id"])


def gather(site: Path, chosen: list[Part], folder: Path) -> tuple[Path, list[tuple[str, list[tuple[str, str]]]]]:
    """Write the whole book as one page; return it, and its parts with each chapter's id and title."""
    pages = {page for part in chosen for page in part.pages} | {"index"}
    beside = f"{site.resolve().as_uri()}/"
    book = [(part, [chapter(site, page, pages, beside) for page in part.pages]) for part in chosen]
    title, first = title_page()
    body = [first, *contents(book)]
    for part, chapters in book:
        body.append(f'<h1 class="chapter">{html.escape(part.caption)}</h1>')
        body += map(str, chapters)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(STYLE, folder)
    whole = folder / "book.html"
    whole.write_text(
        PAGE.format(title=html.escape(title), site=beside.rstrip("/"), style=STYLE.name, body="\n".join(body)),
        encoding="utf-8",
    )
    return whole, [(part.caption, [(str(tag["id"]), heading(tag)) for tag in chapters]) for part, chapters in book]


def print_book(browser: Browser, site: Path = HTML, chosen: list[Part] | None = None, into: Path = HTML.parent) -> None:
    """Write `book.pdf` and `book.epub` into a folder."""
    whole, listed = gather(site, chosen or parts(), into / "paper")
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.route(re.compile("^https?:"), lambda route: route.abort())
    page.goto(whole.as_uri())
    page.wait_for_function("window.MathJax && MathJax.startup && MathJax.startup.promise")
    page.evaluate("MathJax.startup.promise.then(() => document.fonts.ready).then(() => null)")
    page.pdf(
        path=into / "book.pdf",
        prefer_css_page_size=True,
        print_background=True,
        outline=True,
        tagged=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=NUMBER,
    )
    sections = {key: page.eval_on_selector(f"[id='{key}']", CHAPTER) for _, chapters in listed for key, _ in chapters}
    page.close()
    write_epub(into / "book.epub", listed, sections, site, STYLE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    chromium = parser.parse_args().chromium
    if not chromium:
        sys.exit("Chromium prints the book and is not installed: `make system` installs it")
    if wrong := missing_pages():
        sys.exit("\n".join([*wrong, "the book is printed from its built pages: run `make book` first"]))
    from playwright.sync_api import sync_playwright  # only who prints needs it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print_book(browser)
        browser.close()
    for kind in ("pdf", "epub"):
        path = HTML.parent / f"book.{kind}"
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
