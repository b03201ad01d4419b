"""Studies too long for a notebook: each runs by a command and leaves a small JSON that the book reads.

A module here offers ``SETTINGS`` (what a full run uses), ``SEEDS``, ``CHECK`` (what a cut-down run changes),
``run(seed, **settings)``, which returns plain data, and ``summarise(runs)``, the figures that the book quotes.
``python -m birnn_ref.experiments NAME`` does the rest.
"""

from birnn_ref.experiments.results import load_result, mean_and_interval

__all__ = ["load_result", "mean_and_interval"]
