"""Cross-entropies: how far the probabilities of a model are from the classes, or from yes and no."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, check_input, check_lengths, is_ignored, within
from birnn_ref.cells.sigmoid import sigmoid


def softmax(z: Float) -> Float:
    r"""Return :math:`e^{z_k} / \sum_j e^{z_j}` over the last axis.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    result: Float = powers / powers.sum(axis=-1, keepdims=True)
    return result


def softmax_cross_entropy(
    logits: Float, targets: Any, lengths: Any = None, *, class_weights: Any = None, ignore: int | None = None
) -> tuple[float, Float]:
    r"""Score class logits, :math:`-\log \mathrm{softmax}(z)_k` for the true class k, mean over what counts.

    Parameters
    ----------
    logits : array, ``(batch, classes)`` or ``(batch, time, classes)``
    targets : integer array, ``(batch,)`` or ``(batch, time)``
        The true classes, from 0.
    lengths : integer array ``(batch,)``, optional
        Steps that count in each sequence; needs the time axis.
    class_weights : array, ``(classes,)``, optional
        How much a sequence or step of each class weighs; the mean is then a weighted one, as PyTorch's.
    ignore : int, optional
        A target of this value, such as -1, counts for nothing: its class is not known.

    Returns
    -------
    loss : float
    d_logits : array of the logits' shape
        :math:`(\mathrm{softmax}(z) - \mathrm{onehot}(k)) / n`, n the number of sequences or steps that count.

    Raises
    ------
    TypeError
        If the logits are not floating, or targets or lengths not integers.
    ValueError
        If shapes differ, a target that counts is not a class, or no step counts.

    Examples
    --------
    >>> loss, d_logits = softmax_cross_entropy(np.zeros((1, 4)), np.array([2]))
    >>> round(loss, 4), d_logits
    (1.3863, array([[ 0.25,  0.25, -0.75,  0.25]]))
    """
    axes = ("batch", "time") if np.ndim(logits) == 3 else ("batch",)
    check_input("logits", logits, (*axes, "classes"))
    classes = logits.shape[-1]
    targets = np.asarray(targets)
    if not np.issubdtype(targets.dtype, np.integer):
        raise TypeError(f"targets must be integers, got dtype {targets.dtype}")
    counts = _what_counts(logits.shape[:-1], targets, lengths, ignore)
    z, k = logits[counts], targets[counts]
    if k.min() < 0 or k.max() >= classes:
        raise ValueError(f"targets must lie between 0 and {classes - 1}, got {k.min()} to {k.max()}")
    z = z - z.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(z).sum(axis=1))
    own = np.arange(len(z)), k
    weights = None if class_weights is None else _class_weights(class_weights, classes)[k]
    losses = log_total - z[own]
    d_z = np.exp(z - log_total[:, None])
    d_z[own] -= 1
    return _mean(losses, d_z, weights, counts, logits)


def binary_cross_entropy(
    logits: Float, targets: Any, lengths: Any = None, *, class_weights: Any = None, ignore: float | None = None
) -> tuple[float, Float]:
    r"""Score yes-or-no logits, :math:`-y \log \sigma(z) - (1 - y) \log(1 - \sigma(z))`, mean over what counts.

    It is computed as :math:`\max(z, 0) - y z + \log(1 + e^{-|z|})`, which neither overflows nor takes the log of 0.

    Parameters
    ----------
    logits : array, ``(batch,)``, ``(batch, 1)`` or ``(batch, time, 1)``
    targets : array of the logits' shape, with or without the last axis of 1
        1 for yes, 0 for no; numbers in between are probabilities.
    lengths : integer array ``(batch,)``, optional
        Steps that count in each sequence; needs the time axis.
    class_weights : array, ``(2,)``, optional
        How much a no and how much a yes weighs; the mean is then a weighted one.
    ignore : number, optional
        A target of this value, NaN too, counts for nothing.

    Returns
    -------
    loss : float
    d_logits : array of the logits' shape
        :math:`(\sigma(z) - y) / n`, n the number of sequences or steps that count.

    Raises
    ------
    TypeError
        If the logits are not floating, or the targets not numbers.
    ValueError
        If shapes differ, a target that counts is outside [0, 1], or no step counts.

    Examples
    --------
    >>> loss, d_logits = binary_cross_entropy(np.zeros((2, 1)), np.array([1, 0]))
    >>> round(loss, 4), d_logits.ravel()
    (0.6931, array([-0.25,  0.25]))
    """
    shape = {1: ("batch",), 3: ("batch", "time", 1)}.get(np.ndim(logits), ("batch", 1))
    check_input("logits", logits, shape)
    axes = logits.shape if logits.ndim == 1 else logits.shape[:-1]
    targets = np.asarray(targets)
    if targets.dtype.kind not in "biuf":
        raise TypeError(f"targets must be numbers, got dtype {targets.dtype}")
    if targets.shape == (*axes, 1):
        targets = targets[..., 0]
    counts = _what_counts(axes, targets, lengths, ignore)
    z, y = logits.reshape(axes)[counts], targets[counts].astype(logits.dtype)
    if not ((y >= 0) & (y <= 1)).all():
        raise ValueError(f"targets must lie between 0 and 1, got {y.min()} to {y.max()}")
    losses = np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))
    weights = None
    if class_weights is not None:
        no, yes = _class_weights(class_weights, 2)
        weights = no + (yes - no) * y.astype(np.float64)
    return _mean(losses, sigmoid(z) - y, weights, counts, logits)


def _what_counts(axes: tuple[int, ...], targets: Any, lengths: Any, ignore: float | None) -> Any:
    """Return a mask of the shape ``axes``."""
    if targets.shape != axes:
        raise ValueError(f"targets has shape {targets.shape}, expected {axes}: one for each of the logits' rows")
    if lengths is None:
        counts = np.ones(axes, bool)
    elif len(axes) == 2:
        counts = within(check_lengths(lengths, *axes), axes[1])
    else:
        raise ValueError("lengths needs logits of shape (batch, time, classes)")
    counts &= ~is_ignored(targets, ignore)
    if not counts.any():
        by = "lengths leaves" if ignore is None else "lengths and ignore leave"
        raise ValueError(f"{by} no step that counts: there is nothing to average")
    return counts


def _mean(losses: Float, d_z: Float, weights: Float | None, counts: Any, logits: Float) -> tuple[float, Float]:
    """Return the mean of the losses that count, and its gradient in place."""
    if weights is None:
        loss, d_z = float(np.mean(losses, dtype=np.float64)), d_z / d_z.dtype.type(len(d_z))
    else:
        total = weights.sum()
        if not total:
            raise ValueError("class_weights are 0 for all that counts: there is nothing to average")
        loss, shares = float((weights * losses).sum() / total), (weights / total).astype(d_z.dtype)
        d_z = d_z * (shares[:, None] if d_z.ndim > 1 else shares)
    d_logits = np.zeros_like(logits)
    d_logits.reshape(*counts.shape, *d_z.shape[1:])[counts] = d_z
    return loss, d_logits


def _class_weights(weights: Any, classes: int) -> Float:
    """Return one weight of at least 0 for each class."""
    found = np.asarray(weights, np.float64)
    if found.shape != (classes,):
        raise ValueError(f"class_weights must be {classes} numbers, one a class, got shape {found.shape}")
    if not (np.isfinite(found) & (found >= 0)).all():
        raise ValueError(f"class_weights must be finite and at least 0, got {found.tolist()}")
    return found
