"""Lighter pages: what a page does not need before it is read, it does not load.

The theme's icons are drawn twice, by a font and by a script of 1.5 MB: the font stays. The search index is for the page
that searches. Formulas are set once the text stands, where there are any. A picture's script is for the pages that have
the picture.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

ICONS = "_static/scripts/fontawesome.js"
SEARCH = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")
PICTURES = ("attention_lines", "ctc_walk", "gates", "influence_explorer", "lattice", "padding_lab", "review_reader",
            "silent_map", "spectral_radius", "two_chains", "waiting")  # fmt: skip
MATHJAX = re.compile(r'<script defer="defer" src="([^"]*/mathjax/[^"]*)"></script>')
LATER = (
    '<script>addEventListener("load", () => setTimeout(() => document.head.append(Object.assign('
    'document.createElement("script"), {{ src: "{}", onerror: () => document.querySelectorAll(".math")'
    '.forEach((formula) => formula.removeAttribute("style")) }}))));</script>'
)


def lighten(html: str, searches: bool) -> str:
    """Return a page without the scripts that it can do without, and with its mathematics after its text."""
    dropped = [ICONS] if searches else [ICONS, *SEARCH]
    absent = [name for name in PICTURES if not re.search(rf'class="{name.replace("_", "-")}[" ]', html)]
    dropped += [f"_static/{name}.js" for name in absent]
    for name in dropped:
        html = re.sub(rf'[ \t]*<script (?:defer )?src="(?:\.\./)*{re.escape(name)}(?:\?[^"]*)?"></script>\n?', "", html)
    written = re.search(r'class="(?:[^"]* )?math[" ]', html)
    return MATHJAX.sub(lambda found: LATER.format(found[1]) if written else "", html)


def lighten_pages(app: Sphinx, error: Exception | None) -> None:
    """Lighten every page of the site, and leave out the icons' script."""
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for path in site.rglob("*.html"):
        whole = path.read_text(encoding="utf-8")
        light = lighten(whole, searches=path.name == "search.html")
        if light != whole:
            path.write_text(light, encoding="utf-8")
    for path in (site / ICONS).parent.glob(f"{Path(ICONS).name}*"):
        path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Lighten once everything is written."""
    app.connect("build-finished", lighten_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
