"""Nothing jumps while a page loads: what scripts decide late is decided, or has its room, before the first paint.

The theme's script sets light or dark once the page stands, and every border of an unset theme has no width; it scrolls
the sidebar to the page that is read; MathJax sets formulas after the text. So a page does the first two itself on the
way, and each formula has the room that Matplotlib's layout of TeX says it will need, in the same Computer Modern.
"""

from __future__ import annotations

import functools
import html
import re
from pathlib import Path

from matplotlib import rc_context
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from sphinx.application import Sphinx

ASKED = 'document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";'
DECIDED = """(({ dataset }) => {
      if (!["light", "dark"].includes(dataset.theme) || dataset.mode === "auto")
        dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    })(document.documentElement);"""
MAIN = '<main id="main-content"'
SCROLL = """<script>
  (() => { // as the theme does once everything is loaded: to where it was, or to the page that is read
    const bar = document.querySelector("div.bd-sidebar");
    const kept = parseInt(sessionStorage.getItem("sidebar-scroll-top"), 10);
    const here = [...document.querySelectorAll(".bd-docs-nav .active")].pop()?.getBoundingClientRect();
    if (!isNaN(kept)) bar.scrollTop = kept;
    else if (here?.y > innerHeight / 2) bar.scrollTop = here.y - bar.getBoundingClientRect().y - bar.clientHeight / 4;
  })();
</script>
"""
INLINE = re.compile(r'<span class="math notranslate nohighlight">(\\\((.*?)\\\)</span>)', re.DOTALL)
DISPLAY = re.compile(
    r'(<div class="(?:amsmath )?math notranslate nohighlight"(?: id="[^"]*")?)(>(.*?)</div>)', re.DOTALL
)
X_HEIGHT = 0.442
"""The height of an x in units of its letters' size: MathJax gives formulas such a size that it is the text's."""
SPELLED = [
    (r"\\[lr]Vert\b", r"\\Vert "), (r"\\([lg]e)\b", r"\\\1q "), (r"\\tfrac\s*(\w)\s*(\w)", r"_{\\frac{\1}{\2}}"),
    (r"\\tfrac", r"\\frac"), (r"\\sqrt\s*(\w)", r"\\sqrt{\1}"), (r"\\texttt", r"\\mathtt"), (r"\\text\b", r"\\mathrm"),
    (r"\\[bB]igg?[lr]?\b|\\(begin|end)\{\w+\*?\}(\{\w+\})?|\\[][]|&|\\label\{.*?\}", ""), (r"\\qquad", r"\\quad\\quad"),
]  # fmt: skip
"""What MathJax knows and Matplotlib does not, and what takes as much room."""


@functools.cache
def room(tex: str) -> tuple[float, float, float] | None:
    r"""Return a formula's width, height and depth in units of its letters' size; None if Matplotlib cannot read it.

    >>> [round(size, 1) for size in room("x")]
    [0.6, 0.4, 0.0]
    >>> room(r"\nosuchthing") is None
    True
    """
    for pattern, written in SPELLED:
        tex = re.sub(pattern, written, tex)
    try:
        with rc_context({"mathtext.fontset": "cm"}):
            found = MathTextParser("path").parse(f"${' '.join(tex.split())}$", prop=FontProperties(size=100))
    except ValueError:
        return None
    width, height, depth = (float(size) / 100 for size in found[:3])
    return width, height - depth, depth


def _inline(found: re.Match[str]) -> str:
    sizes = room(html.unescape(found[2]))
    if sizes is None:
        return found[0]
    width, height, depth = (size / X_HEIGHT for size in sizes)
    style = f"--width: {width:.2f}ex; --height: {height + depth:.2f}ex; --depth: {depth:.2f}ex"
    return f'<span class="math notranslate nohighlight" style="{style}">{found[1]}'


def _display(found: re.Match[str]) -> str:
    rows = [room(row.replace(r"\frac", r"\dfrac")) for row in re.split(r"\\\\", html.unescape(found[3]))]
    height = sum(max(row[1] + row[2], 1) + 0.3 if row else 1.3 for row in rows) / X_HEIGHT
    return f'{found[1]} style="--height: {height:.2f}ex"{found[2]}'


def steady(page: str) -> str:
    """Return a page that sets its theme and its sidebar itself, and has room for its formulas."""
    page = page.replace('data-theme="auto"', 'data-theme="light"', 1).replace(ASKED, f"{ASKED}\n    {DECIDED}")
    if SCROLL not in page:
        page = page.replace(MAIN, SCROLL + MAIN, 1)
    return DISPLAY.sub(_display, INLINE.sub(_inline, page))


def steady_pages(app: Sphinx, error: Exception | None) -> None:
    """Make every page of the site steady that was written in this build."""
    if error or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        whole = path.read_text(encoding="utf-8")
        if DECIDED not in whole:
            path.write_text(steady(whole), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Once everything is written."""
    app.connect("build-finished", steady_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
