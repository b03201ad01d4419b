"""One style for every figure of the course, and the note that figures of generated data carry."""

from __future__ import annotations

from typing import Any, Protocol

try:
    import matplotlib as mpl
    from cycler import cycler
    from matplotlib.figure import Figure
except ImportError as error:
    raise ImportError("figures need Matplotlib: pip install 'birnn-course[figures]'") from error

# Lightness falls from colour to colour, so that the order reads in black and white too (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")

# What a colour means in the whole book; a direction is told by its line as well.
FORWARD = {"color": "#0072B2", "linestyle": "-"}
BACKWARD = {"color": "#D55E00", "linestyle": "--"}
POSITIVE, NEGATIVE = "#00795A", "#B35900"
GRADIENT = "#9E3D77"


class HasNote(Protocol):
    """Anything with a ``note``: what a figure made from it must say, empty for real data."""

    @property
    def note(self) -> str:
        """The note."""


def use_style(*, vector: bool = False) -> None:
    """Set Matplotlib to the course's style: plain axes, readable in light and dark pages.

    Parameters
    ----------
    vector : bool
        In a notebook, draw SVG without a background, the same bytes each time; dark pages turn its lightness round.
    """
    mpl.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.dpi": 110,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "image.cmap": "viridis",
            "savefig.facecolor": "white",
        }
    )
    if vector:
        _draw_vectors()


def _draw_vectors() -> None:
    from matplotlib_inline import backend_inline

    formats: Any = backend_inline.set_matplotlib_formats
    formats("svg", metadata={"Date": None})
    mpl.rcParams.update({"figure.facecolor": "none", "axes.facecolor": "none", "svg.hashsalt": "birnn_ref"})


def mark(figure: Figure, data: HasNote) -> None:
    """Print the data's note under a figure; real data has none."""
    if data.note:
        figure.supxlabel(data.note, fontsize=9, color="#B00020")
