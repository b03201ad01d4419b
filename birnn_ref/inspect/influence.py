r"""Which input reaches which output: the Jacobian :math:`\partial y_t / \partial x_s` and its norm."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int, check_array, check_choice, check_lengths
from birnn_ref.layers import Bidirectional
from birnn_ref.layers.recurrent.merging import MERGES, merged_width

NORMS: dict[str, str | int] = {"spectral": 2, "frobenius": "fro"}
"""The norms of a matrix by name: its largest singular value, and the root of its squares' sum."""

DIRECTIONS = ("forward", "backward")

_ROWS = 1024  # rows of the Jacobian in one backward pass


def influence_matrix(
    layer: Any,
    x: Float,
    lengths: Int | None = None,
    *,
    readout: Float | None = None,
    direction: str | None = None,
    norm: str = "spectral",
) -> Float:
    r"""Return how strongly each input moves each output, :math:`\lVert \partial y_t / \partial x_s \rVert`.

    Parameters
    ----------
    layer : Layer
        A layer whose ``forward`` maps ``x`` to outputs of the same number of steps: `Recurrent`, `Bidirectional`,
        `Stack`, or anything with their interface: `birnn_ref.twins.torch.TorchLayer` and
        `birnn_ref.twins.keras.KerasLayer` give it to modules of your own.
    x : array, ``(batch, time, features)``
    lengths : integer array ``(batch,)``, optional
    readout : array, ``(features of the outputs, outputs)``, optional
        Weights W of a linear readout: :math:`y_t` is then the layer's output times W, and the layer's output otherwise.
    direction : {"forward", "backward"}, optional
        Count only the paths through this direction of a `Bidirectional`.
    norm : {"spectral", "frobenius"}

    Returns
    -------
    array, ``(batch, time, time)``
        Entry ``[b, t, s]`` belongs to output step t and input step s; 0 where either is padding.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    A forward layer's outputs depend on no later input:

    >>> from birnn_ref.layers import Recurrent
    >>> rng = np.random.default_rng(0)
    >>> matrix = influence_matrix(Recurrent("rnn", 3, 4, rng=rng, dtype=np.float64), rng.normal(size=(1, 3, 3)))
    >>> (matrix[0] > 0).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])
    """
    order = check_norm(norm)
    check_array("x", x, ("batch", "time", "features"))
    matrix = np.zeros((len(x), x.shape[1], x.shape[1]), dtype=x.dtype)
    for b, t, rows in _step_jacobians(layer, x, lengths, readout, direction):
        matrix[b, t] = np.linalg.norm(rows.transpose(1, 0, 2), order, axis=(1, 2))
    return matrix


def jacobian(
    layer: Any,
    x: Float,
    lengths: Int | None = None,
    *,
    readout: Float | None = None,
    direction: str | None = None,
) -> Float:
    r"""Return every derivative :math:`\partial y_{t,j} / \partial x_{s,i}`; parameters as in `influence_matrix`.

    With both directions of a `Bidirectional` it is the sum of what passes through each.

    Returns
    -------
    array, ``(batch, time, outputs, time, features)``
        Large: for long sequences take `influence_matrix`, which keeps one output step at a time.

    Examples
    --------
    >>> from birnn_ref.layers import Bidirectional
    >>> rng = np.random.default_rng(0)
    >>> layer, x = Bidirectional("gru", 2, 3, rng=rng, dtype=np.float64), rng.normal(size=(1, 4, 2))
    >>> parts = [jacobian(layer, x, direction=direction) for direction in ("forward", "backward")]
    >>> bool(np.allclose(sum(parts), jacobian(layer, x)))
    True
    """
    found = {(b, t): rows for b, t, rows in _step_jacobians(layer, x, lengths, readout, direction)}
    batch, time, features = x.shape
    outputs = next(iter(found.values())).shape[0] if found else 0
    whole = np.zeros((batch, time, outputs, time, features), dtype=x.dtype)
    for (b, t), rows in found.items():
        whole[b, t] = rows
    return whole


def check_norm(norm: str) -> Any:
    """Return NumPy's name of a norm."""
    return NORMS[check_choice("norm", norm, tuple(NORMS))]


def check_direction(layer: Any, direction: str) -> int:
    """Return a direction's index in a `Bidirectional`'s parameters and states."""
    check_choice("direction", direction, DIRECTIONS)
    check_bidirectional(layer)
    return DIRECTIONS.index(direction)


def check_bidirectional(layer: Any) -> Bidirectional:
    """Return the layer if it is a `Bidirectional`."""
    if not isinstance(layer, Bidirectional):
        raise TypeError(f"layer must be a Bidirectional to tell its directions apart, got {type(layer).__name__}")
    return layer


def _step_jacobians(
    layer: Any, x: Float, lengths: Int | None, readout: Float | None, direction: str | None
) -> Iterator[tuple[int, int, Float]]:
    """Yield each sequence's and output step's numbers and rows ``(outputs, time, features)``.

    A backward pass gives one row of a Jacobian. Rows of one sequence are independent, so the sequence is repeated
    and one pass gives as many rows as fit.
    """
    check_array("x", x, ("batch", "time", "features"))
    lengths = check_lengths(lengths, *x.shape[:2])
    layer = copy.deepcopy(layer)  # the caller's gradients and caches stay as they are
    mode = None
    if direction is not None:
        check_direction(layer, direction)
        mode, layer.merge = layer.merge, None
    for b, length in enumerate(lengths):
        if length == 0:
            continue
        outputs = _forward(layer, x[b : b + 1], lengths[b : b + 1])
        columns = _upstream(outputs, readout, direction, mode)
        count = columns[0].shape[-1]
        steps = max(1, _ROWS // count)
        for start in range(0, length, steps):
            chunk = np.arange(start, min(start + steps, length))
            rows = len(chunk) * count
            _forward(layer, np.repeat(x[b : b + 1], rows, axis=0), np.repeat(lengths[b : b + 1], rows))
            upstream = []
            for column in columns:  # (time, features of the outputs, outputs)
                d_outputs = np.zeros((len(chunk), count, x.shape[1], column.shape[1]), dtype=x.dtype)
                d_outputs[np.arange(len(chunk)), :, chunk] = column[chunk].transpose(0, 2, 1)
                upstream.append(d_outputs.reshape(rows, x.shape[1], column.shape[1]))
            dx = layer.backward(upstream[0] if len(upstream) == 1 else tuple(upstream))
            dx = dx[0] if isinstance(dx, tuple) else dx
            for i, t in enumerate(chunk):
                yield b, int(t), dx[i * count : (i + 1) * count]


def _forward(layer: Any, x: Float, lengths: Int) -> tuple[Float, ...]:
    """Return the outputs, one array or one per direction."""
    results = layer.forward(x, lengths)
    outputs = results[0] if isinstance(results, tuple) else results
    return outputs if isinstance(outputs, tuple) else (outputs,)


def _upstream(
    outputs: tuple[Float, ...], readout: Float | None, direction: str | None, mode: str | None
) -> list[Float]:
    """Return for each array of outputs the gradient of every :math:`y_{t,j}`: ``(time, its features, outputs)``."""
    time = outputs[0].shape[1]
    apart = direction is None or mode is None
    width = sum(array.shape[2] for array in outputs) if apart else merged_width(mode, outputs[0].shape[2])
    if readout is None:
        readout = np.eye(width, dtype=outputs[0].dtype)
    check_array("readout", readout, (width, "outputs"))
    columns = np.broadcast_to(readout, (time, *readout.shape))
    if apart:
        parts = np.split(columns, len(outputs), axis=1)
    else:
        assert mode is not None
        h_f, h_b = (h[0, :, None] for h in outputs)  # (time, 1, hidden)
        parts = [d.swapaxes(1, 2) for d in MERGES[mode].gradients(columns.swapaxes(1, 2), h_f, h_b)]
    if direction is not None:
        unused = 1 - DIRECTIONS.index(direction)
        parts[unused] = np.zeros_like(parts[unused])
    return parts
