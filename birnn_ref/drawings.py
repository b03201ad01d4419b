"""Drawings of what the chapters compute: the unrolled chain, and cells of which one part more is lit each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from birnn_ref.figures import FORWARD, GRADIENT  # it says what to install without Matplotlib

# isort: split
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

NEW, OLD, UNLIT = FORWARD["color"], "black", "0.8"
Point = tuple[float, float]


class Line(NamedTuple):
    """A way from point to point, with an arrow at its end."""

    points: tuple[Point, ...]
    style: str = "-"
    arrow: bool = True


class Mark(NamedTuple):
    """A text: in a ``box`` a learned sum and its activation, in a ``circle`` an operation, else a name."""

    at: Point
    text: str
    shape: str = ""


LSTM_PARTS: dict[str, tuple[Line | Mark, ...]] = {
    "plain": (
        Mark((-0.35, 1.0), "$h_{t-1}$"), Mark((0.75, -0.15), "$x_t$"), Line(((0.75, 0.1), (0.75, 1.0)), arrow=False),
        Line(((0.0, 1.0), (5.8, 1.0)), arrow=False), Line(((5.8, 1.0), (5.8, 1.8))), Mark((5.8, 2.2), "tanh", "box"),
        Mark((6.5, 2.2), "$g$"),
    ),
    "carousel": (
        Mark((-0.35, 5.0), "$c_{t-1}$"), Line(((0.0, 5.0), (10.0, 5.0))), Mark((10.35, 5.0), "$c_t$"),
        Line(((5.8, 2.6), (5.8, 3.6), (5.0, 3.6), (5.0, 4.7))), Mark((5.0, 5.0), "+", "circle"),
        Line(((8.8, 5.0), (8.8, 4.5))), Mark((8.8, 4.15), "tanh", "circle"),
        Line(((8.8, 3.8), (8.8, 1.0), (10.0, 1.0))), Mark((10.35, 1.0), "$h_t$"),
    ),
    "gates": (
        Line(((4.2, 1.0), (4.2, 1.8))), Mark((4.2, 2.2), "σ", "box"), Mark((4.75, 2.2), "$i$"),
        Line(((4.2, 2.6), (4.2, 3.6), (4.7, 3.6))), Mark((5.0, 3.6), "×", "circle"),
        Line(((5.8, 1.0), (7.5, 1.0)), arrow=False), Line(((7.5, 1.0), (7.5, 1.8))), Mark((7.5, 2.2), "σ", "box"),
        Mark((8.05, 2.2), "$o$"), Line(((7.5, 2.6), (7.5, 3.0), (8.5, 3.0))), Mark((8.8, 3.0), "×", "circle"),
    ),
    "forget": (
        Line(((2.2, 1.0), (2.2, 1.8))), Mark((2.2, 2.2), "σ", "box"), Mark((2.75, 2.2), "$f$"),
        Line(((2.2, 2.6), (2.2, 4.7))), Mark((2.2, 5.0), "×", "circle"),
    ),
    "peepholes": (
        Line(((1.3, 5.0), (1.3, 2.2), (1.75, 2.2)), ":"),
        Line(((1.65, 5.0), (1.65, 3.1), (3.95, 3.1), (3.95, 2.6)), ":"),
        Line(((7.8, 5.0), (7.8, 2.6)), ":"),
    ),
}  # fmt: skip
"""The LSTM in the order in which its parts were found; the third peephole reads the new memory."""

GRU_PARTS: dict[str, tuple[Line | Mark, ...]] = {
    "state": (
        Mark((-0.35, 5.0), "$h_{t-1}$"), Line(((0.0, 5.0), (9.0, 5.0))), Mark((9.35, 5.0), "$h_t$"),
        Mark((1.6, -0.15), "$x_t$"), Line(((1.6, 0.1), (1.6, 1.0)), arrow=False),
        Line(((0.8, 5.0), (0.8, 1.0), (6.6, 1.0)), arrow=False), Line(((6.6, 1.0), (6.6, 1.8))),
        Mark((6.6, 2.2), "tanh", "box"), Mark((7.25, 2.2), "$n$"), Line(((6.6, 2.6), (6.6, 4.7))),
        Mark((6.6, 5.0), "+", "circle"),
    ),
    "update": (
        Line(((2.6, 1.0), (2.6, 1.8))), Mark((2.6, 2.2), "σ", "box"), Mark((3.15, 2.2), "$z$"),
        Line(((2.6, 2.6), (2.6, 4.7))), Mark((2.6, 5.0), "×", "circle"), Line(((2.6, 3.6), (6.3, 3.6))),
        Mark((4.4, 3.85), "$1-z$"), Mark((6.6, 3.6), "×", "circle"),
    ),
    "reset": (
        Line(((4.5, 1.0), (4.5, 1.8))), Mark((4.5, 2.2), "σ", "box"), Mark((5.45, 2.45), "$r$"),
        Line(((4.9, 2.2), (6.1, 2.2))),
    ),
}  # fmt: skip


def draw_cell(parts: dict[str, tuple[Line | Mark, ...]], lit: Sequence[str], new: Sequence[str] = ()) -> Axes:
    """Draw a cell; of its parts those ``lit`` in black, those ``new`` in blue and thicker, the others faintly.

    Parameters
    ----------
    parts : dict
        `LSTM_PARTS` or `GRU_PARTS`.
    lit, new : sequences of str
        Names of parts; what is new need not be among the lit.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there is no such part.
    """
    if unknown := {*lit, *new} - parts.keys():
        raise ValueError(f"no part {', '.join(sorted(unknown))}: the cell has {', '.join(parts)}")
    _, ax = plt.subplots(figsize=(6.4, 3.5))
    ax.add_patch(Rectangle((0.35, 0.45), 9.3 if parts is LSTM_PARTS else 8.3, 5.15, fill=False, color=UNLIT))
    for name in sorted(parts, key=lambda part: (part in new, part in lit)):  # what is lit lies on top
        colour, width = (NEW, 2.2) if name in new else (OLD, 1.4) if name in lit else (UNLIT, 1.0)
        for piece in parts[name]:
            if isinstance(piece, Line):
                _line(ax, piece, colour, width)
            else:
                _mark(ax, piece, colour, width)
    ax.set(xlim=(-0.8, 10.8), ylim=(-0.45, 5.8))
    ax.axis("off")
    return ax


def draw_chain(words: Sequence[str], outputs: Sequence[str] = (), gradients: bool = False) -> Axes:
    """Draw an unrolled network: a cell for each word, its state handed on, its output, and the gradients' way back.

    Parameters
    ----------
    words : sequence of str
        What each step reads.
    outputs : sequence of str
        What stands above each step; empty texts and a missing end leave the state without an output.
    gradients : bool
        Whether arrows go back, in the gradients' colour.

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, ax = plt.subplots(figsize=(6.4, 2.9))
    for t, word in enumerate(words, start=1):
        x = 2.4 * t
        _mark(ax, Mark((x, 0.0), "cell", "box"), OLD, 1.4)
        _line(ax, Line(((x, -1.0), (x, -0.4))), OLD, 1.4)
        _line(ax, Line(((x - 1.85, 0.0), (x - 0.55, 0.0))), OLD, 1.4)
        ax.text(x, -1.3, word, ha="center", va="center")
        ax.text(x - 1.2, 0.26, f"$h_{{{t - 1}}}$", ha="center", va="center")
        ax.text(x + 0.12, -0.72, "$W_{xh}$", fontsize=9, color="0.35")
        ax.text(x - 1.2, -0.3, "$W_{hh}$", fontsize=9, color="0.35", ha="center", va="center")
        if t <= len(outputs) and outputs[t - 1]:
            _line(ax, Line(((x, 0.4), (x, 1.0))), OLD, 1.4)
            ax.text(x + 0.12, 0.62, "$W_{hy}$", fontsize=9, color="0.35")
            ax.text(x, 1.3, outputs[t - 1], ha="center", va="center")
        if gradients:
            _line(ax, Line(((x - 0.25, 1.0), (x - 0.25, 0.4))), GRADIENT, 1.4)
            _line(ax, Line(((x - 0.3, -0.4), (x - 0.3, -1.0))), GRADIENT, 1.4)
            if t > 1:
                _line(ax, Line(((x - 0.55, -0.14), (x - 1.85, -0.14))), GRADIENT, 1.4)
    ax.set(xlim=(0.3, 2.4 * len(words) + 0.9), ylim=(-1.6, 1.6))
    ax.axis("off")
    return ax


def _line(ax: Axes, line: Line, colour: str, width: float) -> None:
    (x_0, y_0), (x, y) = line.points[-2:]
    ax.plot(*zip(*line.points, strict=True), color=colour, linestyle=line.style, linewidth=width, zorder=1 + width)
    if line.arrow:
        tip = {"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0}
        near = (x + 0.02 * (x_0 - x), y + 0.02 * (y_0 - y))  # the line itself is drawn: its tip is all that is missing
        ax.annotate("", (x, y), near, arrowprops=tip, zorder=1 + width)


def _mark(ax: Axes, mark: Mark, colour: str, width: float) -> None:
    frame = {"edgecolor": colour, "facecolor": "white", "linewidth": width}
    box = {"box": {"boxstyle": "round,pad=0.4", **frame}, "circle": {"boxstyle": "circle,pad=0.2", **frame}}.get(
        mark.shape
    )
    ax.text(*mark.at, mark.text, ha="center", va="center", color=colour, bbox=box, fontsize=11, zorder=5 + width)
