"""The picture "gates": three untrained cells of the package, and how long what the first word did is still there.

The weights are those of `birnn_ref.layers.Recurrent`, drawn when the page is built; for pages without scripts a table
of what is left, computed by `birnn_ref.plain`, stands there.
"""

from __future__ import annotations

import html
import json
from typing import Any

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from birnn_ref.layers import Recurrent
from birnn_ref.plain import gru_forward, lstm_forward, rnn_forward

FEATURES, HIDDEN, TIME = 3, 12, 50
CELLS = ("rnn", "lstm", "gru")


def draw() -> dict[str, Any]:
    """Return words, another first word, and each cell's weights, rounded; the RNN's with their spectral radius."""
    rng = np.random.default_rng(100)
    x, other = rng.normal(size=(TIME, FEATURES)).round(5), rng.normal(size=FEATURES).round(5)
    layers = {cell: Recurrent(cell, FEATURES, HIDDEN, rng=np.random.default_rng(0), dtype=float) for cell in CELLS}
    weights: dict[str, dict[str, Any]] = {
        cell: {name: array.round(5) for name, array in layer.params.items()} for cell, layer in layers.items()
    }
    weights["rnn"]["radius"] = float(np.abs(np.linalg.eigvals(weights["rnn"]["W_hh"])).max())
    return {"x": x, "other": other, "weights": weights}


def trace(cell: str, drawn: dict[str, Any], bias: float, radius: float) -> np.ndarray:
    """Return what is left of the first word after each step, ``(time,)``: the states' distance, 1 after the first."""
    w = dict(drawn["weights"][cell])
    pair = np.stack([drawn["x"], np.vstack([drawn["other"], drawn["x"][1:]])])  # (2, time, features)
    zeros = np.zeros((2, HIDDEN))
    if cell == "rnn":
        w["W_hh"] = w["W_hh"] * radius / w.pop("radius")
        h = rnn_forward(pair, zeros, **w)
    else:
        w["b_h"] = w["b_h"].copy()
        w["b_h"][HIDDEN : 2 * HIDDEN] = bias
        h = gru_forward(pair, zeros, **w) if cell == "gru" else lstm_forward(pair, zeros, zeros, **w)[0]
    apart = np.linalg.norm(h[0] - h[1], axis=1)
    found: np.ndarray = apart / apart[0]
    return found


def table(drawn: dict[str, Any]) -> str:
    """Return what is left after 10 and 50 steps, by bias and, for the RNN, by spectral radius."""
    rows = []
    for cell in CELLS:
        for value in (0.5, 1.0, 1.5) if cell == "rnn" else (0.0, 1.0, 3.0, 5.0):
            found = trace(cell, drawn, value, value)
            head = f"{cell.upper()}, {'spectral radius' if cell == 'rnn' else 'bias'} {value:g}"
            rows.append(f'<tr><th scope="row">{head}</th><td>{found[9]:.1g}</td><td>{found[-1]:.1g}</td></tr>')
    head = "".join(f'<th scope="col">{name}</th>' for name in ("cell", "left after 10 steps", f"after {TIME}"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


class Gates(SphinxDirective):
    """The place on the page, which a script takes over; without scripts the table stands there."""

    def run(self) -> list[nodes.Node]:
        """Return the markup."""
        self.env.note_dependency(__file__)
        drawn = draw()
        numbers = html.escape(json.dumps(drawn, default=lambda array: array.tolist()))
        place = f'<div class="gates picture" data-numbers="{numbers}"><noscript>{table(drawn)}</noscript></div>'
        return [nodes.raw("", place, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("gates", Gates)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
