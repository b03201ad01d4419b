"""Studies too long for a notebook: each runs by a command and leaves a small JSON that the book reads.

The folders ``part1``, ``part2``, ... hold one module per study: a `Study` of frozen settings, seeds, and one function
from a seed and settings to figures. ``python -m birnn_ref.experiments`` lists them, and with a name runs one. Networks
that only studies train stand in ``networks``.
"""

from birnn_ref.experiments.results import load_result, mean_and_interval

__all__ = ["load_result", "mean_and_interval"]
