"""Choose each contestant's learning rate from one grid, on seeds that its study does not report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

TUNING_SEEDS = (100, 101)
"""Seeds for choosing rates; no study has them among its ``SEEDS``."""


class Trial(NamedTuple):
    """How one training went.

    Attributes
    ----------
    steps : int
        Steps taken.
    solved : bool
        Whether it stopped because the task was solved.
    error : float
        What was left to be learned, 0 at best; compared where nothing was solved.
    """

    steps: int
    solved: bool
    error: float


def choose_rate(
    rates: Sequence[float], steps: int, trial: Callable[[int, float, int], Trial], seeds: Sequence[int] = TUNING_SEEDS
) -> float:
    """Return the rate that solves a task in the fewest steps, or comes nearest to it.

    A seed that stays unsolved counts with twice ``steps``; equal sums are decided by the error. A rate that can no
    longer win is given up.

    Parameters
    ----------
    rates : sequence of float
    steps : int
        The most that a training may take.
    trial : callable
        ``trial(seed, rate, limit)`` trains for at most ``limit`` steps.
    seeds : sequence of int

    Examples
    --------
    >>> def trial(seed, rate, limit):
    ...     needs = round(40 / rate)
    ...     return Trial(min(needs, limit), needs <= limit, 0.1)
    >>> choose_rate([0.1, 0.4, 0.2], 1000, trial)
    0.4
    """
    best, chosen = (float("inf"), float("inf")), rates[0]
    for rate in rates:
        total, error = 0, 0.0
        for seed in seeds:
            limit = int(min(steps, best[0] - total))
            found = trial(seed, rate, limit)
            total += found.steps if found.solved else 2 * steps
            error += found.error
            if total > best[0]:
                break
        if (total, error) < best:
            best, chosen = (total, error), rate
    return chosen
