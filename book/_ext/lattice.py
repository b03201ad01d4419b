"""The picture "lattice": a CRF over the small tagger's scores, as a script and, for pages without scripts, a table."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from small_tagger import BOOK, WEIGHTS, stored
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from birnn_ref.experiments.part2 import small_tagger
from birnn_ref.layers import CRF

FILE = BOOK / "reader" / "crf.json"
EXAMPLE = "book a table for two in paris tomorrow night"


def listed(path: Path) -> dict[str, Any]:
    """Return what a file of the reader holds."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def layer() -> CRF:
    """Return the CRF of the page, as the package's layer."""
    names = listed(WEIGHTS)["tags"]
    crf = CRF(len(names), names, rng=np.random.default_rng(0), dtype=np.float64)
    for name, packed in listed(FILE)["parameters"].items():
        crf.params[name][...] = np.nan_to_num(small_tagger.from_bytes(packed), neginf=0)  # it knows the rules
    return crf


def scores(words: list[str]) -> np.ndarray:
    """Return the small tagger's score of each tag at each word, ``(time, tags)``."""
    tagger = listed(WEIGHTS)
    ids = {word: i for i, word in enumerate(tagger["words"])}
    model = small_tagger.unpacked(tagger, stored()["settings"])
    found: np.ndarray = model.forward(np.array([[ids.get(word, tagger["unknown"]) for word in words]]))[0]
    return found.astype(np.float64)


def table(words: list[str]) -> str:
    """Return each word's tag by itself, its tag in the best tagging, and that tag's probability."""
    names, crf, P = listed(WEIGHTS)["tags"], layer(), scores(words)
    best, chances = crf.decode(P[None])[0], crf.marginals(P[None])[0]
    rows = "".join(
        f'<tr><th scope="row">{html.escape(word)}</th><td>{names[P[t].argmax()]}</td><td>{names[best[t]]}</td>'
        f"<td>{chances[t, best[t]]:.0%}</td></tr>"
        for t, word in enumerate(words)
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("word", "by itself", "best tagging", "probability"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


class Lattice(SphinxDirective):
    """The place on the page, which a script takes over; without scripts the table of the example stands there."""

    def run(self) -> list[nodes.Node]:
        """Return the markup."""
        for path in (WEIGHTS, FILE):
            self.env.note_dependency(str(path))
        inside = f'data-example="{EXAMPLE}"><noscript>{table(EXAMPLE.split())}</noscript>'
        return [nodes.raw("", f'<div class="lattice picture" {inside}</div>', format="html")]


class Score(SphinxRole):
    """The span F1 on the test part, ``alone`` or with the ``crf``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the figure as text."""
        return [nodes.Text(f"{listed(FILE)['test_f1'][self.text]:.1%}".replace("%", "\u202f%"))], []


def write_script(app: Sphinx, error: Exception | None) -> None:
    """Write the CRF beside the site's other static files."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / "reader"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "crf.js").write_text(f"Lattice.supply({json.dumps(listed(FILE))});\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the role, and write the script last."""
    app.add_directive("lattice", Lattice)
    app.add_role("lattice-f1", Score())
    app.connect("build-finished", write_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
