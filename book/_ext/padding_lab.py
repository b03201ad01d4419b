"""The picture "padding lab": its directive, its numbers, and the table that stands there for pages without scripts.

The numbers are drawn, and the table computed, by `birnn_ref` when the page is built; the script computes the same.
"""

from __future__ import annotations

import html
import json
from typing import Any

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from birnn_ref.plain import birnn_forward

WORDS = [["play", "jazz"], ["find", "me", "the", "nearest", "movie", "house"], ["rate", "it", "five", "stars"]]
LENGTHS = np.array([len(row) for row in WORDS])
FEATURES, HIDDEN, COLUMNS, MORE = 3, 5, 12, 3
LAYERS = {"lengths": "knows the lengths", "outputs": "only masks its outputs", "none": "does not know them"}
POOLINGS = {"final": "final states", "last": "last column", "mean": "mean", "max": "maximum"}


def draw() -> dict[str, Any]:
    """Return weights of both chains, a vector for each word, and numbers to put into the padding, as arrays."""
    rng = np.random.default_rng(0)

    def chain() -> dict[str, np.ndarray]:
        return {
            "W_xh": rng.normal(size=(FEATURES, HIDDEN)) / np.sqrt(FEATURES),
            "W_hh": 0.8 * rng.normal(size=(HIDDEN, HIDDEN)) / np.sqrt(HIDDEN),
            "b_h": 0.3 * rng.normal(size=HIDDEN),
        }

    return {
        "weights": {"forward": chain(), "backward": chain()},
        "x": [rng.normal(size=(n, FEATURES)) for n in LENGTHS],
        "noise": rng.normal(size=(len(WORDS), COLUMNS, FEATURES)),
    }


def listed(found: Any) -> Any:
    """Return arrays in dicts and lists as nested lists of numbers."""
    if isinstance(found, dict):
        return {name: listed(value) for name, value in found.items()}
    return [listed(value) for value in found] if isinstance(found, list) else found.round(6).tolist()


def states(x: np.ndarray, lengths: np.ndarray, layer: str, weights: dict[str, dict[str, np.ndarray]]) -> np.ndarray:
    """Return both directions' states ``(batch, time, 2 * hidden)`` by a layer that knows the lengths, or does not."""
    chains = ({"h_0": np.zeros((len(x), HIDDEN)), **weights[way]} for way in ("forward", "backward"))
    found = np.concatenate(birnn_forward(x, *chains, lengths if layer == "lengths" else None), axis=2)
    return found if layer == "none" else found * (np.arange(x.shape[1]) < lengths[:, None])[:, :, None]


def pool(found: np.ndarray, n: int, pooling: str) -> np.ndarray:
    """Return one vector for a row's states ``(time, 2 * hidden)``, of which the first n are read."""
    if pooling == "final":
        return np.concatenate([found[n - 1, :HIDDEN], found[0, HIDDEN:]])
    read = found[:n]
    return read[-1] if pooling == "last" else read.mean(axis=0) if pooling == "mean" else read.max(axis=0)


def model(
    x: np.ndarray, lengths: np.ndarray, settings: dict[str, Any], weights: dict[str, dict[str, np.ndarray]]
) -> np.ndarray:
    """Return one vector for each row of a batch, ``(batch, 2 * hidden)``."""
    order = np.argsort(-lengths, kind="stable") if settings["sorted"] else np.arange(len(x))
    found = states(x[order], lengths[order], settings["layer"], weights)
    ends = lengths[order] if settings["mask"] else np.full(len(x), x.shape[1])
    return np.stack([pool(row, n, settings["pooling"]) for row, n in zip(found, ends, strict=True)])


def padded(rows: list[np.ndarray], time: int) -> np.ndarray:
    """Return rows of vectors as one array with zeros behind them."""
    return np.stack([np.pad(row, [(0, time - len(row)), (0, 0)]) for row in rows])


def leaks(settings: dict[str, Any], pads: int, drawn: dict[str, Any]) -> dict[str, float]:
    """Return the largest change of any row's vector for each of the chapter's four questions."""
    time, weights = LENGTHS.max() + pads, drawn["weights"]
    x = padded(drawn["x"], time)
    result = model(x, LENGTHS, settings, weights)
    counts = (np.arange(time) < LENGTHS[:, None])[:, :, None]
    asked = {
        "content": model(np.where(counts, x, np.array(drawn["noise"])[:, :time]), LENGTHS, settings, weights),
        "more": model(padded(drawn["x"], time + MORE), LENGTHS, settings, weights),
        "alone": np.concatenate(
            [model(row[None], LENGTHS[[i]], settings, weights) for i, row in enumerate(drawn["x"])]
        ),
        "order": model(x[::-1], LENGTHS[::-1], settings, weights)[::-1],
    }
    return {name: float(np.abs(answer - result).max()) for name, answer in asked.items()}


def table(drawn: dict[str, Any]) -> str:
    """Return the leaks of every layer and pooling, told the lengths and not, with one pad more."""
    rows = []
    for layer, called in LAYERS.items():
        for pooling, name in POOLINGS.items():
            for mask in (True, False):
                found = leaks({"layer": layer, "pooling": pooling, "mask": mask, "sorted": False}, 1, drawn)
                head = f"the layer {called}; {name}{'' if mask else ' of all columns'}"
                cells = "".join(f"<td>{'–' if change < 1e-9 else f'{change:.2g}'}</td>" for change in found.values())
                rows.append(f'<tr><th scope="row">{head}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{name}</th>' for name in ("model", "content", "more", "alone", "order"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


class PaddingLab(SphinxDirective):
    """The place on the page, which a script takes over; without scripts the table stands there."""

    def run(self) -> list[nodes.Node]:
        """Return the markup."""
        self.env.note_dependency(__file__)
        drawn = draw()
        numbers = html.escape(json.dumps({"words": WORDS, **listed(drawn)}))
        place = f'<div class="padding-lab picture" data-numbers="{numbers}"><noscript>{table(drawn)}</noscript></div>'
        return [nodes.raw("", place, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("padding-lab", PaddingLab)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
