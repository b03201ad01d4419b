"""Compare systems that score the same test items: an interval over seeds and items, and how answers are stored for it.

An accuracy on 25,000 reviews would differ by half a point on 25,000 others, however many seeds were run. Where two
systems answer the same items, most of that goes out of their difference: both find the same reviews hard.
"""

from __future__ import annotations

import base64

import numpy as np
import numpy.typing as npt

from birnn_ref.experiments.results import T_QUANTILES

Bools = npt.NDArray[np.bool_]


def pack(right: Bools) -> str:
    """Write which items were answered correctly, ``(items,)``, as text for a stored result.

    Examples
    --------
    >>> unpack(pack(np.array([True, False, True])), 3)
    array([ True, False,  True])
    """
    return base64.b64encode(np.packbits(right).tobytes()).decode("ascii")


def unpack(text: str, items: int) -> Bools:
    """Read what `pack` wrote."""
    bits = np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8))
    if not items <= len(bits) < items + 8:
        raise ValueError(f"text holds {len(bits) - 7} to {len(bits)} items, expected {items}")
    return bits[:items].astype(bool)


def over_seeds_and_items(values: npt.ArrayLike) -> dict[str, float]:
    r"""Return the mean of ``(seeds, items)`` and half the width of its 95 % interval, over other seeds and other items.

    The variance of the mean has a part of the seeds and a part of the items,
    :math:`\mathrm{Var} = s^2_{seeds}/S + s^2_{items}/N`, each from the spread of its own means. What a seed and an
    item have between them is in both, and is taken out of the second once. The seeds' part is widened by Student's t.

    Parameters
    ----------
    values : array ``(seeds, items)``
        1 for a right answer and 0 for a wrong one; or the difference of two systems, paired by seed and by item.

    Returns
    -------
    dict
        ``mean``, ``half_width``, and ``seeds`` and ``items``, the half-widths that each part alone would give.

    Raises
    ------
    ValueError
        If there are not 2 to 10 seeds or fewer than 2 items.

    Examples
    --------
    >>> over_seeds_and_items([[1, 0, 1, 1], [1, 0, 1, 1]])
    {'mean': 0.75, 'half_width': 0.49, 'seeds': 0.0, 'items': 0.49}
    """
    table = np.asarray(values, np.float64)
    if table.ndim != 2 or len(table) not in T_QUANTILES or table.shape[1] < 2:
        raise ValueError(f"values must be (2 to 10 seeds, 2 or more items), got {table.shape}")
    seeds, items = table.shape
    by_seed, by_item = table.mean(axis=1), table.mean(axis=0)
    rest = table - by_seed[:, None] - by_item + table.mean()  # (seeds, items)
    between = np.sum(rest**2) / ((seeds - 1) * (items - 1)) / (seeds * items)
    part_of_seeds = T_QUANTILES[seeds] ** 2 * by_seed.var(ddof=1) / seeds
    part_of_items = 1.96**2 * max(0.0, by_item.var(ddof=1) / items - between)
    return {
        "mean": round(float(table.mean()), 5),
        "half_width": round(float(np.sqrt(part_of_seeds + part_of_items)), 5),
        "seeds": round(float(np.sqrt(part_of_seeds)), 5),
        "items": round(float(np.sqrt(part_of_items)), 5),
    }
