"""A progress bar, where one can be drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def progress_bar(items: Iterable[Any], label: str, total: int) -> Iterable[Any]:
    """Show a bar while ``items`` are used; it is erased at the end.

    Parameters
    ----------
    items : iterable
    label : str
        What stands before the bar.
    total : int
        How many items there are.

    Returns
    -------
    iterable
        The same items; without tqdm they come without a bar.
    """
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    except ImportError:
        return items
    bar: Iterable[Any] = tqdm(items, desc=label, total=total, leave=False)
    return bar
