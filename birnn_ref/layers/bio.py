"""What the BIO tags of spans allow: an I-x continues a span of x, so it cannot begin one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from birnn_ref.layers._padding import Mask


def bio_rules(names: Sequence[str]) -> tuple[Mask, Mask]:
    """Return which tags may begin a sequence, and which may follow which, where spans are tagged B-x, I-x, I-x, ….

    An ``I-x`` continues a span of x: it follows ``B-x`` or ``I-x`` and nothing else.

    Parameters
    ----------
    names : sequence of str
        Each ``O``, ``B-x`` or ``I-x``.

    Returns
    -------
    start : bool array, ``(tags,)``
    allowed : bool array, ``(tags, tags)``
        ``allowed[i, j]``: tag j may follow tag i.

    Raises
    ------
    ValueError
        If a name is another, or none may begin.

    Examples
    --------
    >>> start, allowed = bio_rules(["O", "B-x", "I-x"])
    >>> start, allowed[:, 2]
    (array([ True,  True, False]), array([False,  True,  True]))
    """
    for name in names:
        if name != "O" and name[:2] not in ("B-", "I-"):
            raise ValueError(f"names must be O, B-x or I-x each, got {name!r}")
    start = np.array([not name.startswith("I-") for name in names])
    if not start.any():
        raise ValueError(f"names must hold a tag that may begin a sequence, O or B-x, got {list(names)}")
    allowed = np.array([[free or (a != "O" and a[2:] == b[2:]) for b, free in zip(names, start, strict=True)]
                        for a in names])  # fmt: skip
    return start, allowed


def first_break(tags: Sequence[str]) -> str:
    """Say where a tagging first breaks the rules; nothing if it does not.

    Examples
    --------
    >>> first_break(["O", "B-x", "I-y"])
    'I-y after B-x'
    """
    for before, tag in zip(["the start", *tags], tags, strict=False):
        if tag.startswith("I-") and before not in (tag, f"B-{tag[2:]}"):
            return f"{tag} after {before}"
    return ""
