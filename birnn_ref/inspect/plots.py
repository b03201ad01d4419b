"""Pictures of what `birnn_ref.inspect` measures; each function draws into given axes, or into new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from birnn_ref._checks import Float, check_array
from birnn_ref.figures import COLOURS  # it says what to install without Matplotlib

# isort: split
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import MaxNLocator


def plot_influence(
    matrix: Float, tokens: Sequence[str] | None = None, *, logarithmic: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw an influence matrix as an image: rows are output steps, columns input steps.

    Parameters
    ----------
    matrix : array, ``(time, time)``
        One sequence's, from `birnn_ref.inspect.influence_matrix`.
    tokens : sequence of str, optional
        Names of the steps; without them steps are numbered from 1.
    logarithmic : bool
        Colour by the logarithm; zeros stay blank.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
    """
    check_array("matrix", matrix, ("time", len(matrix)))
    ax = _axes(ax)
    shown = np.ma.masked_less_equal(matrix, 0) if logarithmic else matrix
    image = ax.imshow(shown, norm=LogNorm() if logarithmic else None, interpolation="nearest")
    label = r"$\Vert\partial y_t/\partial x_s\Vert$"
    ax.figure.colorbar(image, ax=ax, label=label)
    ax.set(xlabel="input step $s$", ylabel="output step $t$")
    _name_steps(ax, tokens, len(matrix), both=True)
    return ax


def plot_gradient_by_distance(norms: Float, *, label: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw gradient norms against distance on a logarithmic scale: the median over sequences, and their range.

    Parameters
    ----------
    norms : array, ``(batch, distances)``
        From `birnn_ref.inspect.gradient_by_distance`; NaN is left out.
    label : str, optional
        For the legend.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
    """
    check_array("norms", norms, ("batch", "distances"))
    ax = _axes(ax)
    reached = ~np.isnan(norms).all(axis=0)
    distances, shown = np.flatnonzero(reached), norms[:, reached]
    (line,) = ax.plot(distances, np.nanmedian(shown, axis=0), label=label)
    if len(norms) > 1:
        lowest, highest = np.nanmin(shown, axis=0), np.nanmax(shown, axis=0)
        ax.fill_between(distances, lowest, highest, color=line.get_color(), alpha=0.2, linewidth=0)
    ax.set(xlabel="distance in steps", ylabel=r"$\Vert\partial h_T/\partial h_t\Vert$", yscale="log")
    if label is not None:
        ax.legend(frameon=False)
    return ax


def plot_contributions(
    forward: Float, backward: Float, tokens: Sequence[str] | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw what each direction adds to one output at each step as bars, and their sum as dots.

    Parameters
    ----------
    forward, backward : arrays, ``(time,)``
        One sequence's and output's, from `birnn_ref.inspect.direction_contributions`.
    tokens : sequence of str, optional
        Names of the steps.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
    """
    check_array("forward", forward, ("time",))
    check_array("backward", backward, forward.shape)
    ax = _axes(ax)
    steps = np.arange(len(forward))
    ax.bar(steps - 0.2, forward, 0.4, color=COLOURS[0], label="forward")
    ax.bar(steps + 0.2, backward, 0.4, color=COLOURS[1], hatch="//", edgecolor="white", label="backward")
    ax.plot(steps, forward + backward, "o", color="black", markersize=4, label="both")
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(ylabel="added to the output")
    ax.legend(frameon=False)
    _name_steps(ax, tokens, len(forward), both=False)
    return ax


def plot_history(history: Sequence[Mapping[str, float]], *, ax: Axes | None = None) -> Axes:
    """Draw the loss of each epoch, in training and on held-out data if there was any.

    Parameters
    ----------
    history : sequence of dict
        As `birnn_ref.train.fit` returns it.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If it holds no epochs.
    """
    if not history:
        raise ValueError("history holds no epochs")
    ax = _axes(ax)
    epochs = np.arange(1, len(history) + 1)
    for name, label, style in (("loss", "training", "-o"), ("validation_loss", "held out", "--s")):
        if name in history[0]:
            ax.plot(epochs, [entry[name] for entry in history], style, markersize=3, label=label)
    ax.set(xlabel="epoch", ylabel="loss")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False)
    return ax


def _axes(ax: Axes | None) -> Axes:
    return plt.subplots()[1] if ax is None else ax


def _name_steps(ax: Axes, tokens: Sequence[str] | None, time: int, *, both: bool) -> None:
    """Label the steps on the horizontal axis, and on the vertical one if ``both``."""
    if tokens is None:
        every = np.arange(0, time, max(1, time // 10))
        ticks, names = every, [str(t + 1) for t in every]
    elif len(tokens) != time:
        raise ValueError(f"tokens has {len(tokens)} entries, expected {time}: one per step")
    else:
        ticks, names = np.arange(time), list(tokens)
    ax.set_xticks(ticks, names, rotation=90 if tokens is not None else 0)
    if both:
        ax.set_yticks(ticks, names)
