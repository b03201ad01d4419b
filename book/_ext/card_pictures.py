"""A small picture for each chapter's card: circles, lines and boxes in the colours of `course.css`, 160 by 56.

Each is made of the parts below; a chapter without one of its own has `PLAIN`.
"""

from __future__ import annotations

PLACES = (20, 50, 80, 110, 140)
TOP, MIDDLE, LOW = 14, 28, 42


def dots(y: float, kind: str = "word", on: range | tuple[int, ...] = range(5)) -> str:
    """Five circles in a row, those of ``on`` filled."""
    return "".join(
        f'<circle class="{kind} {"on" if i in on else ""}" cx="{x}" cy="{y}" r="6"/>' for i, x in enumerate(PLACES)
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A line."""
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def chain(y: float, kind: str, on: range | tuple[int, ...] = range(5)) -> str:
    """Circles joined to a chain that reads one way, with the head of an arrow at its end."""
    x = 150 if kind == "forward" else 10
    back = -6 if kind == "forward" else 6
    head = line(x, y, x + back, y - 4, kind) + line(x, y, x + back, y + 4, kind)
    return line(10, y, 150, y, kind) + head + dots(y, kind, on)


def bars(heights: tuple[float, ...], kind: str, base: float = 50) -> str:
    """Bars side by side from a common base."""
    wide = 140 / len(heights)
    return "".join(
        f'<rect class="{kind} on" x="{10 + i * wide:.1f}" y="{base - h}" width="{wide - 4:.1f}" height="{h}"/>'
        for i, h in enumerate(heights)
    )


def curve(path: str, kind: str) -> str:
    """A curve by SVG's own words for it."""
    return f'<path class="{kind}" d="{path}"/>'


def box(x: float, y: float, wide: float, tall: float, kind: str, on: bool = False) -> str:
    """A rectangle."""
    return f'<rect class="{kind} {"on" if on else ""}" x="{x}" y="{y}" width="{wide}" height="{tall}" rx="3"/>'


def letter(x: float, y: float, text: str) -> str:
    """A sign."""
    return f'<text x="{x}" y="{y}">{text}</text>'


PLAIN = chain(18, "forward") + chain(38, "backward")

PICTURES = {
    "unrolling": chain(22, "forward") + dots(46),
    "backpropagation": chain(18, "forward") + chain(38, "gradient"),
    "gradients": bars((44, 26, 15, 9, 5, 3, 2), "gradient"),
    "lstm_gru": box(30, 6, 100, 44, "word")
    + line(10, 16, 150, 16, "forward")
    + "".join(f'<circle class="backward on" cx="{x}" cy="36" r="6"/>' for x in (52, 80, 108)),
    "one_direction": chain(MIDDLE, "forward", (0, 1, 2)) + letter(110, 20, "?"),
    "bidirectional": PLAIN,
    "two_chains": chain(18, "forward", (0, 1, 2)) + chain(38, "backward", (2, 3, 4)),
    "lengths": "".join(
        box(10, y, own, 10, "forward", True) + box(10 + own, y, 140 - own, 10, "word")
        for y, own in ((6, 130), (22, 70), (38, 100))
    ),
    "schuster_paliwal": curve("M10 46 C 60 44, 70 12, 150 10", "forward")
    + curve("M150 46 C 100 44, 90 12, 10 10", "backward"),
    "limits": chain(18, "forward") + chain(38, "backward", ()) + line(128, 8, 128, 50, "word"),
    "cost": bars((20, 40), "both"),
    "time": bars((46, 36, 24, 14, 9, 6), "both"),
    "tutorial": curve("M10 46 C 40 8, 60 6, 80 14 S 130 34, 150 36", "forward")
    + curve("M10 48 C 40 30, 90 12, 150 6", "word"),
    "at_work": box(14, 10, 60, 38, "forward") + box(86, 10, 60, 38, "backward") + line(74, 29, 86, 29, "both"),
    "properly": curve("M10 48 H 40 V 34 H 70 V 24 H 100 V 16 H 150", "both"),
    "three_ways": box(10, 14, 40, 28, "forward") + box(60, 14, 40, 28, "backward") + box(110, 14, 40, 28, "both"),
    "traps": curve("M20 44 L 80 8 L 140 44 Z", "backward") + letter(80, 40, "!"),
    "serving": box(10, 16, 36, 24, "both") + line(46, 28, 110, 28, "forward") + dots(28, "word", (3, 4)),
    "decision": "".join(
        box(10 + 28 * i, 18, 24, 20, kind, on)
        for i, (kind, on) in enumerate(
            [("word", False), ("backward", True), ("word", False), ("forward", True), ("word", False)]
        )
    ),
    "read_a_review": curve("M10 20 H 150", "forward") + curve("M10 36 H 150", "backward") + dots(28, "both", (2,)),
    "bilstm_bigru": "".join(f'<circle class="forward on" cx="{x}" cy="18" r="6"/>' for x in (44, 68, 92, 116))
    + "".join(f'<circle class="backward on" cx="{x}" cy="40" r="6"/>' for x in (56, 80, 104)),
    "cnn_bilstm": box(38, 6, 84, 18, "both") + dots(15) + chain(42, "forward"),
    "mixing": "".join(line(a, 46, b, 10, "both") for a in PLACES[::2] for b in PLACES[::2]),
    "attention": "".join(
        f'<line class="both" x1="80" y1="8" x2="{x}" y2="40" stroke-width="{w}"/>'
        for x, w in zip(PLACES, (1, 2, 6, 3, 1), strict=True)
    )
    + dots(44),
    "naming": dots(16) + line(14, 34, 26, 34, "forward") + line(74, 34, 146, 34, "backward"),
    "filtering_smoothing": curve("M10 14 C 60 6, 100 22, 150 12", "forward")
    + curve("M10 42 C 60 50, 100 34, 150 44", "forward")
    + curve("M10 24 C 60 20, 100 30, 150 26", "backward")
    + curve("M10 34 C 60 36, 100 30, 150 34", "backward"),
    "speech": bars((8, 18, 40, 30, 12, 6, 22, 44, 20, 8), "both"),
    "handwriting": curve("M52 20 C 36 8, 22 22, 24 36 S 46 50, 52 22 V 44", "forward")
    + curve("M118 20 C 102 8, 88 22, 90 36 S 112 50, 118 22", "forward")
    + curve("M118 22 V 4 V 46", "backward"),
    "translation": "".join(line(a, 46, b, 10, "both") for a, b in zip(PLACES, (20, 80, 50, 110, 140), strict=True))
    + dots(46)
    + dots(10),
    "urnn": chain(40, "backward") + chain(14, "forward") + "".join(line(x, 34, x, 20, "backward") for x in PLACES),
    "time_series": curve("M10 40 C 25 10, 40 10, 55 30", "forward")
    + '<path class="word" stroke-dasharray="3 4" d="M55 30 C 70 50, 90 50, 105 24"/>'
    + curve("M105 24 C 120 4, 135 20, 150 34", "forward"),
    "grin": "".join(
        line(80, 28, x, y, "both") + f'<circle class="forward on" cx="{x}" cy="{y}" r="6"/>'
        for x, y in ((30, 12), (38, 46), (122, 10), (130, 44))
    )
    + '<circle class="word" cx="80" cy="28" r="9"/>'
    + letter(80, 33, "?"),
    "today": "".join(line(x, 46, 40 if x < 80 else 120, 28, "forward") for x in (20, 60, 100, 140))
    + "".join(line(x, 28, 80, 10, "forward") for x in (40, 120))
    + "".join(f'<circle class="word on" cx="{x}" cy="46" r="6"/>' for x in (20, 60, 100, 140))
    + "".join(f'<circle class="forward on" cx="{x}" cy="{y}" r="6"/>' for x, y in ((40, 28), (120, 28), (80, 10))),
}
