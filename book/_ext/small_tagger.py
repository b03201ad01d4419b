"""What the pictures "two chains" and "waiting" need: their directives, and the small tagger's weights as a script.

A page opened from disk may fetch nothing, but it may load scripts: `_static/reader/tagger.js`, when a picture asks.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

BOOK = Path(__file__).parents[1]
WEIGHTS, STORED = BOOK / "reader" / "tagger.json", BOOK / "results" / "small_tagger.json"
EXAMPLE = "play yesterday by the beatles on spotify"


def stored() -> dict[str, Any]:
    """Return the study's stored result."""
    found: dict[str, Any] = json.loads(STORED.read_text(encoding="utf-8"))
    return found


def as_table(words: list[str], said: list[list[str]]) -> str:
    """Return what was said of each word, one row for every word that came, as a table for pages without scripts."""
    head = "".join(f'<th scope="col">{html.escape(word)}</th>' for word in words)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(word)}</th>{"".join(f"<td>{html.escape(tag)}</td>" for tag in tags)}'
        f"{'<td></td>' * (len(words) - len(tags))}</tr>"
        for word, tags in zip(words, said, strict=True)
    )
    return f'<table><thead><tr><th scope="col">after</th>{head}</tr></thead><tbody>{rows}</tbody></table>'


class Picture(SphinxDirective):
    """The place on the page, which a script takes over; without scripts the stored example stands there."""

    option_spec = {"autoplay": directives.flag, "gradients": directives.flag}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Return the markup."""
        for path in (WEIGHTS, STORED):
            self.env.note_dependency(str(path))
        result = stored()
        said = result["runs"][0]["example"]
        scores = [score["mean"] for score in result["summary"]["test_f1"]]
        price = {"lookaheads": result["settings"]["lookaheads"], "scores": scores}
        options = "".join(f" data-{name}" for name in self.options)
        data = f'data-example="{EXAMPLE}" data-price="{html.escape(json.dumps(price))}"{options}'
        table = as_table(EXAMPLE.split(), said)
        return [nodes.raw("", f'<div class="{self.name}" {data}><noscript>{table}</noscript></div>', format="html")]


def write_script(app: Sphinx, error: Exception | None) -> None:
    """Write the weights beside the site's other static files."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / "reader"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tagger.js").write_text(
        f"SmallTagger.supply({WEIGHTS.read_text(encoding='utf-8').strip()});\n", encoding="utf-8"
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both pictures, and write the script last."""
    for name in ("two-chains", "waiting"):
        app.add_directive(name, Picture)
    app.connect("build-finished", write_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
