"""A regression whose every target is a weighted mean of inputs before and after it (Schuster and Paliwal, 1997)."""

from __future__ import annotations

import numpy as np

from birnn_ref._checks import Float, check_rng, check_sizes

PAST, FUTURE = 10, 19
"""The farthest inputs that a target depends on, in steps before and after it."""

VARIANCE = 1 / 12
"""Of a number drawn uniformly from 0 to 1."""


def filter_weights() -> dict[int, float]:
    r"""Return each input's weight by its offset d: target t is :math:`\sum_d w_d\, x_{t+d}`.

    .. math::

        w_d = \frac{1}{10} \left(1 - \frac{|d|}{10}\right) \ (-10 \le d \le -1), \qquad
        w_d = \frac{1}{20} \left(1 - \frac{d}{20}\right) \ (0 \le d \le 19)

    Examples
    --------
    >>> weights = filter_weights()
    >>> weights[0], weights[-1], round(sum(weights.values()), 6)
    (0.05, 0.09, 0.975)
    """
    past = {d: (1 - abs(d) / 10) / 10 for d in range(-PAST, 0)}
    return past | {d: (1 - d / 20) / 20 for d in range(FUTURE + 1)}


def filter_task(count: int, time: int, rng: np.random.Generator) -> tuple[Float, Float]:
    """Draw sequences of uniform numbers and their targets.

    Parameters
    ----------
    count, time : int
    rng : numpy.random.Generator

    Returns
    -------
    x : array, ``(count, time, 1)``
    y : array, ``(count, time, 1)``
        NaN where an input that the target needs lies outside the sequence.

    Raises
    ------
    ValueError
        If no step has all its inputs.

    Examples
    --------
    >>> x, y = filter_task(2, 40, np.random.default_rng(0))
    >>> x.shape, int(np.isfinite(y[0]).sum())
    ((2, 40, 1), 11)
    """
    check_sizes(count=count, time=time)
    check_rng(rng)
    if time <= PAST + FUTURE:
        raise ValueError(f"time must be more than {PAST + FUTURE}, got {time}")
    x = rng.random((count, time, 1))
    y = np.full_like(x, np.nan)
    inner = slice(PAST, time - FUTURE)
    y[:, inner] = sum(w * x[:, PAST + d : time - FUTURE + d] for d, w in filter_weights().items())
    return x, y


def error_floor(first: int, last: int) -> float:
    r"""Return the least mean squared error of any model that sees the inputs from t + first to t + last alone.

    The inputs are independent, so what is not seen can only be guessed by its mean:
    :math:`\frac{1}{12} \sum_{d \text{ not seen}} w_d^2`.

    Parameters
    ----------
    first, last : int
        Offsets, both included: a forward network has seen everything up to offset 0, ``error_floor(-10, 0)``.

    Examples
    --------
    >>> round(error_floor(-10, 0), 6), error_floor(-10, 19)
    (0.001286, 0.0)
    """
    return float(VARIANCE * sum(w**2 for d, w in filter_weights().items() if not first <= d <= last))
