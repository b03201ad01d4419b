"""The directive of the picture "a map that falls silent": one night of Beijing's air, filled hour by hour."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

STORED = Path(__file__).parents[1] / "reader" / "silent_map.json"


def as_table(data: dict[str, Any]) -> str:
    """Return the silent hours as a table for pages without scripts: what was there, and both fillings."""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("hour", "was there", "one way", "both ways"))
    silent = range(data["first"], data["back"])
    rows = "".join(
        f'<tr><th scope="row">{data["hours"][t]}</th><td>{data["readings"][t][data["silent"]]}</td>'
        f"<td>{one}</td><td>{both}</td></tr>"
        for t, one, both in zip(silent, data["one_way"], data["both"][-1], strict=True)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


class Picture(SphinxDirective):
    """The place on the page, which a script takes over; without scripts a table stands there."""

    def run(self) -> list[nodes.Node]:
        """Return the markup."""
        self.env.note_dependency(str(STORED))
        data = json.loads(STORED.read_text(encoding="utf-8"))
        night = html.escape(json.dumps(data, separators=(",", ":")))
        markup = f'<div class="silent-map picture" data-night="{night}"><noscript>{as_table(data)}</noscript></div>'
        return [nodes.raw("", markup, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the picture."""
    app.add_directive("silent-map", Picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
