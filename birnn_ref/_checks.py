"""Checks at the public boundary: each error names the argument, what came and what was expected."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.floating[Any]]
Int = npt.NDArray[np.integer[Any]]


def check_array(name: str, value: Any, shape: tuple[int | str, ...]) -> Float:
    """Return ``value`` if it is a floating array of the given shape; a string in ``shape`` names a free size.

    Raises
    ------
    TypeError
        If it is not a NumPy array, or its dtype is not floating.
    ValueError
        If its rank or a fixed size differs.

    Examples
    --------
    >>> check_array("x", np.zeros((2, 3)), ("batch", 4))
    Traceback (most recent call last):
    ...
    ValueError: x has shape (2, 3), expected (batch, 4)
    """
    expected = "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array of shape {expected}, got {type(value).__name__}")
    if not np.issubdtype(value.dtype, np.floating):
        raise TypeError(f"{name} must hold floating-point numbers, got dtype {value.dtype}")
    fits = value.ndim == len(shape) and all(
        isinstance(e, str) or e == n for e, n in zip(shape, value.shape, strict=False)
    )
    if not fits:
        raise ValueError(f"{name} has shape {value.shape}, expected {expected}")
    return value


def check_lengths(lengths: Any, batch: int, time: int, *, name: str = "lengths", what: str = "steps of x") -> Int:
    """Return ``lengths`` as integers ``(batch,)``, each from 0 to ``time``; ``None`` means ``time`` for all.

    Messages call the argument ``name``, and what it counts ``what``.

    Raises
    ------
    TypeError
        If the entries are not integers.
    ValueError
        If the shape differs, or an entry is out of range.
    """
    if lengths is None:
        return np.full(batch, time)
    found = np.asarray(lengths)
    if not np.issubdtype(found.dtype, np.integer):
        raise TypeError(f"{name} must be integers, got dtype {found.dtype}")
    if found.shape != (batch,):
        raise ValueError(f"{name} has shape {found.shape}, expected ({batch},): one per sequence")
    if batch and (found.min() < 0 or found.max() > time):
        raise ValueError(f"{name} must lie between 0 and the {time} {what}, got {found.min()} to {found.max()}")
    return found.astype(np.intp, copy=False)


def within(lengths: Int, time: int) -> npt.NDArray[np.bool_]:
    """Return True ``(batch, time)`` at each sequence's own steps, those before its length.

    Examples
    --------
    >>> within(np.array([2, 0]), 3).astype(int)
    array([[1, 1, 0],
           [0, 0, 0]])
    """
    mask: npt.NDArray[np.bool_] = np.arange(time) < lengths[:, None]
    return mask


def check_choice(name: str, value: Any, choices: tuple[Any, ...]) -> Any:
    """Return ``value`` if it is one of ``choices``.

    Raises
    ------
    ValueError
        If it is not.

    Examples
    --------
    >>> check_choice("cell", "brnn", ("rnn", "lstm", "gru"))
    Traceback (most recent call last):
    ...
    ValueError: cell must be one of 'rnn', 'lstm', 'gru', got 'brnn'
    """
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
    return value


def check_input(name: str, value: Any, shape: tuple[int | str, ...], dtype: npt.DTypeLike | None = None) -> Float:
    """Return ``value`` if `check_array` passes it, its batch is not empty and its dtype is the layer's own, if given.

    Raises
    ------
    TypeError
        If it is not a NumPy array, or its dtype is not ``dtype``.
    ValueError
        If its rank or a fixed size differs, or it has no rows.

    Examples
    --------
    >>> check_input("x", np.zeros((0, 3)), ("batch", 3), np.float64)
    Traceback (most recent call last):
    ...
    ValueError: x has shape (0, 3): an empty batch has no result
    """
    array = check_array(name, value, shape)
    if dtype is not None and array.dtype != dtype:
        raise TypeError(f"{name} has dtype {array.dtype}, expected the layer's own, {np.dtype(dtype)}")
    if not len(array):
        raise ValueError(f"{name} has shape {array.shape}: an empty batch has no result")
    return array


def check_rng(rng: Any) -> np.random.Generator:
    """Return ``rng`` if it is a generator; a seed would hide that two layers draw the same numbers.

    Raises
    ------
    TypeError
        If it is not.

    Examples
    --------
    >>> check_rng(0)
    Traceback (most recent call last):
    ...
    TypeError: rng must be a numpy.random.Generator, got int: np.random.default_rng(0) makes one
    """
    if not isinstance(rng, np.random.Generator):
        made = f": np.random.default_rng({rng}) makes one" if isinstance(rng, int) else ""
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}{made}")
    return rng


def check_probability(name: str, value: Any) -> float:
    """Return ``value`` if it is a number in [0, 1).

    Raises
    ------
    TypeError
        If it is not a number.
    ValueError
        If it is out of range.

    Examples
    --------
    >>> check_probability("dropout", 1)
    Traceback (most recent call last):
    ...
    ValueError: dropout must lie in [0, 1), got 1
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not 0 <= value < 1:
        raise ValueError(f"{name} must lie in [0, 1), got {value}")
    return float(value)


def check_padding_behind(ids: Int, lengths: Int) -> None:
    """Refuse token ids, ``(batch, time)``, whose padding, 0, stands in front: ``lengths`` counts from the front.

    Only where it is beyond doubt: every sequence that is padded at all is padded in front, and nowhere else.

    Raises
    ------
    ValueError
        If they are.

    Examples
    --------
    >>> check_padding_behind(np.array([[5, 6, 7], [0, 0, 8]]), np.array([3, 1]))
    Traceback (most recent call last):
    ...
    ValueError: ids are padded in front, but lengths counts from the front: pad behind (padding="post")
    """
    time = ids.shape[1]
    padded = (lengths > 0) & (lengths < time)
    last_ones = np.arange(time) >= (time - lengths)[:, None]
    if padded.any() and ((ids != 0) == last_ones)[padded].all():
        raise ValueError('ids are padded in front, but lengths counts from the front: pad behind (padding="post")')


def check_sizes(**sizes: Any) -> None:
    """Refuse a named size that is not a whole number of at least 1.

    Raises
    ------
    TypeError
        If it is not a whole number.
    ValueError
        If it is less than 1.

    Examples
    --------
    >>> check_sizes(features=3, hidden=0)
    Traceback (most recent call last):
    ...
    ValueError: hidden must be at least 1, got 0
    """
    for name, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise TypeError(f"{name} must be a whole number, got {value!r}")
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")


def is_ignored(targets: Any, ignore: float | None) -> Any:
    """Return True where a target is the value that counts for nothing; NaN, which equals nothing, may be that value.

    Examples
    --------
    >>> is_ignored(np.array([0.5, np.nan]), np.nan), is_ignored(np.array([-1, 2]), -1)
    (array([False,  True]), array([ True, False]))
    """
    if ignore is None:
        return np.zeros(np.shape(targets), bool)
    return np.isnan(targets) if np.isnan(ignore) else np.asarray(targets) == ignore
