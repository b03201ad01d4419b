"""Schedules: the optimiser's rate from step to step."""

from __future__ import annotations

from collections.abc import Callable

from birnn_ref._checks import check_sizes

Schedule = Callable[[int], float]


def linear_decay(rate: float, steps: int) -> Schedule:
    r"""Let the rate fall to 0 in a straight line, :math:`\eta_t = \eta_0 \max(0, 1 - t / T)`.

    Large steps first, then small ones that settle: so one epoch does what several at a constant rate do.

    Parameters
    ----------
    rate : float
        :math:`\eta_0`.
    steps : int
        The number T of steps in all.

    Returns
    -------
    callable
        From the number of steps taken, from 0, to the next one's rate.

    Examples
    --------
    >>> schedule = linear_decay(0.1, 4)
    >>> [round(schedule(t), 3) for t in range(5)]
    [0.1, 0.075, 0.05, 0.025, 0.0]
    """
    if not rate > 0:
        raise ValueError(f"rate must be positive, got {rate}")
    check_sizes(steps=steps)
    return lambda step: rate * max(0.0, 1 - step / steps)
