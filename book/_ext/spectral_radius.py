"""The picture "spectral radius against distance": how strongly a last state answers to earlier ones, by radius.

The networks are those of the chapter's measurement, drawn when the page is built: five plain RNNs of 20 units each, and
the norms are those of `birnn_ref.inspect.gradient_by_distance`. For pages without scripts the reach stands in a table.
"""

from __future__ import annotations

import html
import json
from functools import cache
from typing import Any

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from birnn_ref.inspect import gradient_by_distance
from birnn_ref.layers import Recurrent

RADII = [round(0.3 + 0.1 * i, 1) for i in range(28)]
SEEDS, FEATURES, HIDDEN, DISTANCE, LEFT = 5, 3, 20, 50, 0.01


def recurrent(radius: float, seed: int) -> Recurrent:
    """Return a layer whose recurrent weights have the given spectral radius, as the chapter draws it."""
    rng = np.random.default_rng(seed)
    layer = Recurrent("rnn", FEATURES, HIDDEN, rng=rng, dtype=np.float64)
    block = rng.normal(size=(HIDDEN, HIDDEN))
    layer.params["W_hh"][:] = radius * block / abs(np.linalg.eigvals(block)).max()
    return layer


def with_tanh(radius: float) -> np.ndarray:
    """Return the logarithm of the norm by distance, ``(seeds, distance + 1)``, for random inputs."""
    found = []
    for seed in range(SEEDS):
        x = np.random.default_rng(100 + seed).normal(size=(1, DISTANCE, FEATURES))
        found.append(gradient_by_distance(recurrent(radius, seed), x)[0][0])
    return np.log10(found)


def powers(radius: float) -> np.ndarray:
    """Return the logarithm of the norm of each power of the recurrent weights, ``(seeds, distance + 1)``."""
    matrices = [recurrent(radius, seed).params["W_hh"] for seed in range(SEEDS)]
    norms = [[np.linalg.norm(np.linalg.matrix_power(W, k), 2) for k in range(DISTANCE + 1)] for W in matrices]
    return np.log10(norms)


def reach(mean: np.ndarray) -> int:
    """Return the farthest distance up to which the mean norm ``(distance + 1,)`` is never under a hundredth."""
    under = np.flatnonzero(mean < np.log10(LEFT))
    return int(under[0]) - 1 if len(under) else DISTANCE


@cache
def numbers() -> dict[str, Any]:
    """Return what the page draws: for each radius mean, least and largest, and the powers at radius 1."""
    found = [with_tanh(radius) for radius in RADII]
    return {
        "radii": RADII,
        "left": LEFT,
        "tanh": [[np.round(f(n, axis=0), 2).tolist() for f in (np.mean, np.min, np.max)] for n in found],
        "powers": powers(1.0).mean(axis=0).round(3).tolist(),
    }


def table() -> str:
    """Return for some radii how far the gradient reaches, with tanh and without."""
    rows = ""
    for radius in (0.5, 0.9, 1.0, 1.1, 1.5, 2.0, 3.0):
        ways = (reach(norms(radius).mean(axis=0)) for norms in (with_tanh, powers))
        cells = "".join(f"<td>{f'{DISTANCE} and more' if found == DISTANCE else found}</td>" for found in ways)
        rows += f'<tr><th scope="row">{radius:g}</th>{cells}</tr>'
    head = "".join(f'<th scope="col">{name}</th>' for name in ("spectral radius", "reach in steps", "without tanh"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


class SpectralRadius(SphinxDirective):
    """The place on the page, which a script takes over; without scripts the table stands there."""

    def run(self) -> list[nodes.Node]:
        """Return the markup."""
        self.env.note_dependency(__file__)
        drawn = html.escape(json.dumps(numbers(), separators=(",", ":")))
        place = f'<div class="spectral-radius picture" data-numbers="{drawn}"><noscript>{table()}</noscript></div>'
        return [nodes.raw("", place, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("spectral-radius", SpectralRadius)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
