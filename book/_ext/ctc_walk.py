"""The picture "CTC, step by step": one spoken number, and for pages without scripts the runs of its best path."""

from __future__ import annotations

import html
import json
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FILE = Path(__file__).parents[1] / "reader" / "spoken.json"


def spoken() -> dict[str, Any]:
    """Return what the network says of the string, as `tools/spoken_string.py` has written it."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def table(found: dict[str, Any]) -> str:
    """Return the best path's runs: the label and the milliseconds from which to which it is the best."""
    best = [row.index(max(row)) for row in found["p"]]
    rows, t = [], 0
    for label, run in groupby(best):
        steps = len(list(run))
        name = "blank" if label == found["blank"] else found["digits"][label]
        rows.append(f'<tr><th scope="row">{html.escape(name)}</th><td>{t * found["step_ms"]}</td><td>{steps}</td></tr>')
        t += steps
    head = "".join(f'<th scope="col">{name}</th>' for name in ("best label", "from, ms", "steps"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


class CtcWalk(SphinxDirective):
    """The place on the page, which a script takes over; without scripts the table stands there."""

    def run(self) -> list[nodes.Node]:
        """Return the markup."""
        self.env.note_dependency(str(FILE))
        found = spoken()
        inside = f'data-spoken="{html.escape(json.dumps(found))}"><noscript>{table(found)}</noscript>'
        return [nodes.raw("", f'<div class="ctc-walk picture" {inside}</div>', format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("ctc-walk", CtcWalk)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
