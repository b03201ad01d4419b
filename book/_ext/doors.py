"""Ways into the site: what those who link to it show, a list of its pages, a page for addresses that lead nowhere.

What needs the site's own address is left out where that is not known: it is GitHub's Pages for a checkout that comes
from there, or what the variable ``BIRNN_SITE`` says.
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

ROOT = Path(__file__).parents[2]
PICTURE = "_static/screenshot.png"
ERRATA = "back/corrections"
LONGEST = 160
"""Letters of a description: more is cut off by those who show it."""
NOWHERE = """<h1>There is no such page</h1>
<p>The address leads nowhere. <a href="{0}index.html">The first page</a> has all chapters, and
<a href="{0}search.html">the search</a> knows every word.</p>"""


def site_address(repository: str) -> str:
    """Return where GitHub's Pages show a repository; empty for another host's.

    >>> site_address("https://github.com/someone/birnn"), site_address("https://codeberg.org/someone/birnn")
    ('https://someone.github.io/birnn/', '')
    """
    _, _, host, *path = repository.split("/") if repository else ("",) * 3
    return f"https://{path[0]}.github.io/{path[1]}/" if host == "github.com" and len(path) == 2 else ""


def description(doctree: Any) -> str:
    """Return a page's first paragraph of prose, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if "chapter-facts" in paragraph["classes"] or len(text) < 40:
            continue
        return text if len(text) <= LONGEST else text[: text.rindex(" ", 0, LONGEST)] + " …"
    return ""


def citation(root: Path = ROOT) -> str:
    """Return what CITATION.cff says as an entry of BibTeX."""
    said = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    authors = " and ".join(f"{{{author['name']}}}" for author in said["authors"])
    return (
        f"@misc{{birnn,\n  author  = {{{authors}}},\n  title   = {{{said['title']}}},\n"
        f"  year    = {{{str(said['date-released'])[:4]}}},\n  note    = {{Version {said['version']}}},\n}}"
    )


def know(app: Sphinx, config: Config) -> None:
    """Set the site's address and the text that cites the course."""
    repository = config.html_theme_options.get("repository_url", "")
    config.html_baseurl = os.environ.get("BIRNN_SITE") or site_address(repository)
    config.myst_substitutions = {**config.myst_substitutions, "citation": f"```bibtex\n{citation()}\n```"}


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Add what search engines and messengers show of a page, and the way to its errata."""
    if doctree is None:
        return
    title, about = context.get("title", ""), description(doctree)
    said = {"og:type": "article", "og:title": title, "og:description": about, "og:site_name": app.config.html_title}
    if app.config.html_baseurl:
        said["og:url"] = urljoin(app.config.html_baseurl, app.builder.get_target_uri(page))
        said["og:image"] = urljoin(app.config.html_baseurl, PICTURE)
    tags = [f'<meta property="{name}" content="{html.escape(text)}">' for name, text in said.items() if text]
    tags.append(f'<meta name="description" content="{html.escape(about)}">')
    errata = context["pathto"](ERRATA)
    context["theme_extra_footer"] += (
        f'<p>Found a mistake? <a href="{errata}">Known ones, and where to report it</a>.</p>'
    )
    context["metatags"] = context.get("metatags", "") + "\n".join(tags)


def nowhere(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give the page for addresses that lead nowhere."""
    base = app.config.html_baseurl or ""
    yield "404", {"title": "No such page", "body": NOWHERE.format(base)}, "page.html"


def list_pages(app: Sphinx, error: Exception | None) -> None:
    """Write `sitemap.xml`, where the site's address is known."""
    base = app.config.html_baseurl
    if error or app.builder.format != "html" or not base:
        return
    pages = (urljoin(base, app.builder.get_target_uri(page)) for page in sorted(app.env.found_docs))
    listed = "".join(f"<url><loc>{html.escape(page)}</loc></url>\n" for page in pages)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}</urlset>\n'
    (Path(app.outdir) / "sitemap.xml").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Decide before MyST reads its substitutions, after the repository's address is known."""
    app.connect("config-inited", know, priority=110)
    app.connect("html-page-context", describe)
    app.connect("html-collect-pages", nowhere)
    app.connect("build-finished", list_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
