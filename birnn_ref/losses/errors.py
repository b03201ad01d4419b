"""Errors of numbers, to learn by: how far what a model says is from what was measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, check_input, check_lengths, is_ignored, within


def squared_error(
    predictions: Float, targets: Any, lengths: Any = None, *, ignore: float | None = None
) -> tuple[float, Float]:
    r"""Score numbers, :math:`(\hat y - y)^2`, mean over what counts.

    The mean of what may follow makes it smallest, so that is what a model learns to say.

    Parameters
    ----------
    predictions : array, ``(batch, outputs)`` or ``(batch, time, outputs)``
    targets : array of the same shape; one output needs no last axis
    lengths : integer array ``(batch,)``, optional
        Steps that count in each sequence; needs the time axis.
    ignore : number, optional
        A target of this value, such as NaN for what was not measured, counts for nothing.

    Returns
    -------
    loss : float
    d_predictions : array of the predictions' shape
        :math:`2 (\hat y - y) / n`, n the number of targets that count.

    Raises
    ------
    TypeError
        If the predictions are not floating, or the targets not numbers.
    ValueError
        If shapes differ, a target that counts is infinite or not a number, or none counts.

    Examples
    --------
    >>> squared_error(np.array([[1.0], [3.0]]), np.array([0.0, np.nan]), ignore=np.nan)
    (1.0, array([[2.],
           [0.]]))
    """
    error, counts = _errors(predictions, targets, lengths, ignore)
    n = counts.sum()
    return float(np.square(error, dtype=np.float64).sum() / n), error * predictions.dtype.type(2 / n)


def absolute_error(
    predictions: Float, targets: Any, lengths: Any = None, *, ignore: float | None = None
) -> tuple[float, Float]:
    r"""Score numbers, :math:`|\hat y - y|`, mean over what counts; arguments as in `squared_error`.

    A few targets that are far off move it less than they move the squared error: the median makes it smallest.

    Examples
    --------
    >>> absolute_error(np.array([[1.0], [3.0]]), np.array([0.0, 4.0]))
    (1.0, array([[ 0.5],
           [-0.5]]))
    """
    error, counts = _errors(predictions, targets, lengths, ignore)
    n = counts.sum()
    return float(np.abs(error).sum(dtype=np.float64) / n), np.sign(error) / predictions.dtype.type(n)


REGRESSIONS = (squared_error, absolute_error)
"""Losses of numbers, of which none is right or wrong."""


def _errors(predictions: Float, targets: Any, lengths: Any, ignore: float | None) -> tuple[Float, Any]:
    """Return the differences, 0 where a target does not count, and where it does; both of the predictions' shape."""
    timed = np.ndim(predictions) == 3
    check_input("predictions", predictions, ("batch", "time", "outputs") if timed else ("batch", "outputs"))
    targets = np.asarray(targets)
    if targets.dtype.kind not in "biuf":
        raise TypeError(f"targets must be numbers, got dtype {targets.dtype}")
    shape = predictions.shape
    if targets.shape == shape[:-1] and shape[-1] == 1:
        targets = targets[..., None]
    if targets.shape != shape:
        raise ValueError(f"targets has shape {targets.shape}, expected {shape}: one for each prediction")
    counts = ~is_ignored(targets, ignore)
    if lengths is not None:
        if not timed:
            raise ValueError("lengths needs predictions of shape (batch, time, outputs)")
        counts &= within(check_lengths(lengths, *shape[:2]), shape[1])[:, :, None]
    if not counts.any():
        raise ValueError("no target counts: there is nothing to average")
    if bad := int((counts & ~np.isfinite(targets)).sum()):
        raise ValueError(
            f"{bad} targets that count are not finite numbers: ignore=np.nan leaves those out that are NaN"
        )
    error: Float = np.where(counts, predictions - np.where(counts, targets, 0).astype(predictions.dtype), 0)
    return error, counts
