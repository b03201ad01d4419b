"""One style for every figure of the course, and the note that figures of generated data carry."""

from __future__ import annotations

from typing import Protocol

try:
    import matplotlib as mpl
    from cycler import cycler
    from matplotlib.figure import Figure
except ImportError as error:
    raise ImportError("figures need Matplotlib: pip install 'birnn-course[figures]'") from error

# Lightness falls from colour to colour, so that the order reads in black and white too (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")


class HasNote(Protocol):
    """Anything with a ``note``: what a figure made from it must say, empty for real data."""

    @property
    def note(self) -> str:
        """The note."""


def use_style() -> None:
    """Set Matplotlib to the course's style: plain axes on white, readable in light and dark pages."""
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


def mark(figure: Figure, data: HasNote) -> None:
    """Print the data's note under a figure; real data has none."""
    if data.note:
        figure.supxlabel(data.note, fontsize=9, color="#B00020")
