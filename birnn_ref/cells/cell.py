"""A cell as one record: all that the rest of the package has to know about it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from birnn_ref._checks import Float, check_array, check_choice
from birnn_ref._initial import glorot_uniform, orthogonal

Params = dict[str, Float]


class Option(NamedTuple):
    """A setting of a cell.

    Attributes
    ----------
    default : object
        Its value where it is left out.
    check : callable
        ``check(name, value)`` raises TypeError or ValueError for a value that does not fit.
    of_step : bool
        Whether `Cell.step` takes it; otherwise only `Cell.draw` does.
    """

    default: Any
    check: Callable[[str, Any], Any]
    of_step: bool = True


def draw_gates(rng: np.random.Generator, count: int, features: int, hidden: int, gates: int) -> Params:
    """Draw what most cells have, for ``count`` directions at once.

    Parameters
    ----------
    rng : numpy.random.Generator
    count, features, hidden, gates : int

    Returns
    -------
    dict
        ``W_xh (count, features, gates * hidden)`` from Glorot's uniform distribution, ``W_hh (count, hidden, gates *
        hidden)`` with an orthogonal matrix for each gate, ``b_h (count, gates * hidden)`` of zeros; in float64.
    """
    return {
        "W_xh": glorot_uniform(rng, (count, features, gates * hidden), features, hidden, np.float64),
        "W_hh": np.concatenate([orthogonal(rng, count, hidden) for _ in range(gates)], axis=2),
        "b_h": np.zeros((count, gates * hidden)),
    }


@dataclass(frozen=True)
class Cell:
    r"""One step of a recurrence, :math:`h_t = \text{step}(x_t, h_{t-1})`, and what goes with it.

    A module of `birnn_ref.cells` that holds such a record adds the cell to the package: nothing else names it.

    Attributes
    ----------
    name : str
        What layers are told: ``Recurrent("lstm", ...)``.
    gates : str
        The blocks of columns of its weights, in order: ``"i f g o"``.
    step : callable
        ``step(x_t, *states, **params, **options)`` returns the next states and a cache.
    step_backward : callable
        ``step_backward(*d_states, cache)`` returns ``dx_t``, the gradients of the previous states and a dict with one
        gradient for each parameter.
    states : tuple of str
        The names of its states, what it gives out first.
    options : mapping
        Its own settings by name.
    draw : callable, optional
        ``draw(rng, count, features, hidden, **options)`` draws the parameters of ``count`` directions; `draw_gates`
        if left out.
    scan : str, optional
        The module with a `birnn_ref.layers.scans.Scan` called ``SCAN`` that takes all steps at once, faster. Without
        one, any cell runs by its two step functions.

    Examples
    --------
    >>> from birnn_ref.cells import CELLS
    >>> CELLS["lstm"].gates, CELLS["lstm"].states
    ('i f g o', ('h', 'c'))
    >>> CELLS["gru"].settings({})
    {'reset_after': True}
    """

    name: str
    gates: str
    step: Callable[..., Any]
    step_backward: Callable[..., Any]
    states: tuple[str, ...] = ("h",)
    options: Mapping[str, Option] = field(default_factory=dict)
    draw: Callable[..., Params] | None = None
    scan: str | None = None

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the value of every option: the given one, checked, or else the default.

        Raises
        ------
        TypeError
            If the cell has no such option, or the value's type does not fit.
        ValueError
            If the value does not fit.
        """
        for name, value in given.items():
            if name not in self.options:
                known = f"it has {', '.join(self.options)}" if self.options else "it has none"
                raise TypeError(f"{name} is not an option of the cell {self.name!r}: {known}")
            self.options[name].check(name, value)
        return {name: given.get(name, option.default) for name, option in self.options.items()}

    def step_options(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the settings that `step` takes."""
        return {name: value for name, value in settings.items() if self.options[name].of_step}

    def parameters(self, rng: np.random.Generator, count: int, features: int, hidden: int, **settings: Any) -> Params:
        """Draw the parameters of ``count`` directions, each array with a leading axis for them."""
        if self.draw is None:
            return draw_gates(rng, count, features, hidden, len(self.gates.split()))
        return self.draw(rng, count, features, hidden, **settings)

    def fast_scan(self) -> Any:
        """Return the `birnn_ref.layers.scans.Scan` of the cell, or None."""
        return importlib.import_module(self.scan).SCAN if self.scan else None


def check_step(x_t: Float, h_prev: Float, W_xh: Float, b_h: Float, gates: int) -> tuple[int, int]:
    """Check what every cell's step is given; return ``batch`` and ``hidden``, by which it checks the rest.

    Raises
    ------
    TypeError, ValueError
        If an argument is not ``x_t (batch, features)``, ``h_prev (batch, hidden)``, ``W_xh (features, gates *
        hidden)``, ``b_h (gates * hidden,)``, each floating.
    """
    check_array("x_t", x_t, ("batch", "features"))
    batch, features = x_t.shape
    check_array("h_prev", h_prev, (batch, "hidden"))
    hidden = h_prev.shape[1]
    check_array("W_xh", W_xh, (features, gates * hidden))
    check_array("b_h", b_h, (gates * hidden,))
    return batch, hidden


def check_activation(name: str, value: Any) -> Any:
    """Return ``value`` if it is ``"tanh"`` or ``"relu"``."""
    return check_choice(name, value, ("tanh", "relu"))


def check_bool(name: str, value: Any) -> bool:
    """Return ``value`` if it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def check_number(name: str, value: Any) -> float:
    """Return ``value`` if it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not np.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    return float(value)
