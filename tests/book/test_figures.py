"""The figures, as their SVG says: no label lies on a curve, and a direction has its colour wherever it is named."""

import io
import itertools
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import nbformat
import pytest
from matplotlib.figure import Figure
from support import ROOT

from birnn_ref.figures import BACKWARD, FORWARD

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
CHAPTERS = sorted((ROOT / "book").glob("*/*.ipynb"))
COLOURS = {"forward": FORWARD["color"].lower(), "backward": BACKWARD["color"].lower()}
KNOWN = {
    "bilstm_bigru": ["BRNN", "BiLSTM", "BiGRU"],
    "grin": ["Aotizhongxin", "Dongsi", "Guanyuan", "Gucheng", "Tiantan", "Wanliu"],
    "lstm_gru": ["bias 3"],
}
"""Labels that still lie on a curve, or on an axis line that is drawn as one."""
SLACK = 1.0
"""Points by which a letter's box is larger than its ink."""


def figures(path):
    """Return a notebook's figures that are SVG."""
    outputs = [o for cell in nbformat.read(path, as_version=4).cells for o in cell.get("outputs", ())]
    return ["".join(o["data"]["image/svg+xml"]) for o in outputs if "image/svg+xml" in o.get("data", {})]


@dataclass
class Label:
    """A text: what it says, its colour, and the box that its letters fill."""

    text: str
    colour: str
    left: float
    top: float
    right: float
    bottom: float


def label(group, said):
    """Return the label that a group draws; None if it is turned, or drawn by other means."""
    found = next((g for g in group.iter(f"{SVG}g") if "scale" in g.get("transform", "")), None)
    if found is None or "rotate" in found.get("transform"):
        return None
    where = re.match(rf"translate\(({NUMBER}) ({NUMBER})\) scale\(({NUMBER})", found.get("transform"))
    x, y, scale = map(float, where.groups())
    moved = (re.search(rf"translate\(({NUMBER})", letter.get("transform", "")) for letter in found.iter(f"{SVG}use"))
    places = [0.0, *(float(move[1]) for move in moved if move)]
    colour = re.search(r"fill: (#\w+)", found.get("style", "") + group.get("style", ""))
    right = x + scale * (max(places) + 60)
    return Label(said, colour[1] if colour else "#000000", x + SLACK, y - 70 * scale + SLACK, right - SLACK, y - SLACK)


def points(group):
    """Return the corners of the lines that a group draws, each line a list."""
    drawn = [path.get("d", "") for path in group.findall(f"{SVG}path") if path.get("clip-path")]
    return [[tuple(map(float, pair)) for pair in re.findall(rf"[ML] ({NUMBER}) ({NUMBER})", d)] for d in drawn]


def read(svg):
    """Return a figure's tree, with the comments that say what its letters spell."""
    return ET.fromstring(svg, parser=ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))


def called(what, among):
    """Return the groups whose names begin so."""
    return [g for g in among if g.tag == f"{SVG}g" and g.get("id", "").startswith(what)]


def said(group):
    """Return what a text's group says: Matplotlib leaves it in a comment."""
    return next((c.text.strip() for c in group.iter() if c.tag is ET.Comment), "")


def crosses(one, other, box):
    """Whether a stretch of line passes through a label's box (Liang and Barsky's clipping)."""
    (x0, y0), (x1, y1) = one, other
    enter, leave = 0.0, 1.0
    for step, room in (
        (x0 - x1, x0 - box.left), (x1 - x0, box.right - x0), (y0 - y1, y0 - box.top), (y1 - y0, box.bottom - y0),
    ):  # fmt: skip
        if step == 0:
            if room < 0:
                return False
        elif step < 0:
            enter = max(enter, room / step)
        else:
            leave = min(leave, room / step)
    return enter < leave


def on_curves(svg):
    """Return the labels inside a figure's axes that lie on one of their curves.

    A single sign is no label: in drawings of cells + and × stand in circles, into which the lines run.
    """
    wrong = []
    for axes in called("axes_", read(svg).iter()):
        curves = [line for group in called("line2d_", axes) for line in points(group)]
        texts = [*called("text_", axes), *(t for legend in called("legend_", axes) for t in called("text_", legend))]
        for box in filter(None, (label(group, said(group)) for group in texts)):
            if len(box.text) > 1 and any(crosses(*pair, box) for line in curves for pair in itertools.pairwise(line)):
                wrong.append(box.text)
    return wrong


def swapped(svg):
    """Return what names one direction in the other's colour: a legend's line, or a label."""
    wrong, tree = [], read(svg)
    for legend in called("legend_", tree.iter()):
        colour = None
        for group in legend:
            if group not in called("text_", legend):
                shown = re.search(r"(?:stroke|fill): (#\w+)", ET.tostring(group, encoding="unicode"))
                colour = shown[1] if shown else colour
            elif colour and contradicts(said(group), colour):
                wrong.append(said(group))
    labels = filter(None, (label(group, said(group)) for group in called("text_", tree.iter())))
    return wrong + [box.text for box in labels if contradicts(box.text, box.colour)]


def contradicts(text, colour):
    """Whether a text names one direction alone, and the colour is the other's."""
    ways = [way for way in COLOURS if re.search(rf"\b{way}\b", text)]
    return len(ways) == 1 and colour.lower() in set(COLOURS.values()) - {COLOURS[ways[0]]}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
class TestChapter:
    def test_no_label_lies_on_a_curve(self, path):
        assert [wrong for svg in figures(path) for wrong in on_curves(svg)] == KNOWN.get(path.stem, [])

    def test_a_direction_has_its_colour(self, path):
        assert [wrong for svg in figures(path) for wrong in swapped(svg)] == []


class TestPlanted:
    """Each check fails when its fault is planted."""

    @pytest.fixture
    def drawn(self):
        """Two curves with their labels, drawn as the book's figures are."""

        def draw(at, colours=(FORWARD, BACKWARD), legend=False):
            figure = Figure()
            ax = figure.subplots()
            for way, style, height in zip(("forward", "backward"), colours, (0.3, 0.7), strict=True):
                ax.plot([0, 1], [height, height], **style, label=f"{way}, 64")
                if not legend:
                    ax.text(0.5, height + at, f"{way}, 64", color=style["color"], va="center")
            if legend:
                ax.legend(loc="center left", bbox_to_anchor=(0, 0.5))
            ax.set(xlim=(0, 1), ylim=(0, 1))
            with io.StringIO() as text:
                figure.savefig(text, format="svg")
                return text.getvalue()

        return draw

    def test_a_label_over_a_curve(self, drawn):
        assert on_curves(drawn(0.1)) == []
        assert on_curves(drawn(0.0)) == ["forward, 64", "backward, 64"]

    @pytest.mark.parametrize("legend", [False, True])
    def test_a_colour_swapped(self, legend, drawn):
        assert swapped(drawn(0.1, legend=legend)) == []
        assert swapped(drawn(0.1, (BACKWARD, FORWARD), legend)) == ["forward, 64", "backward, 64"]
