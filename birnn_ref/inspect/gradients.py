r"""How far gradients travel: the norm of :math:`\partial h_T / \partial h_t` by the distance :math:`T - t`."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int, check_array, check_lengths
from birnn_ref.inspect.influence import check_direction, check_norm
from birnn_ref.layers import Bidirectional, Recurrent
from birnn_ref.plain import reverse_time


def gradient_by_distance(
    layer: Recurrent | Bidirectional,
    x: Float,
    lengths: Int | None = None,
    *,
    direction: str | None = None,
    norm: str = "spectral",
) -> tuple[Float, ...]:
    r"""Return :math:`\lVert \partial h_T / \partial h_t \rVert` by distance, each step exact by its own backward pass.

    .. math::

        \frac{\partial h_T}{\partial h_t} = \frac{\partial h_T}{\partial h_{T-1}} \cdots
        \frac{\partial h_{t+1}}{\partial h_t}

    Parameters
    ----------
    layer : Recurrent or Bidirectional
        One level: in a stack, the gradient takes other paths as well.
    x : array, ``(batch, time, features)``
    lengths : integer array ``(batch,)``, optional
        A sequence's T is its own length.
    direction : {"forward", "backward"}, optional
        Which chain of a `Bidirectional`. The backward one ends at the first step: its T is there.
    norm : {"spectral", "frobenius"}

    Returns
    -------
    tuple of arrays, ``(batch, time + 1)``
        One for each array of the state: with respect to :math:`h_t`, and for the LSTM also to :math:`c_t`, the other
        held fixed. Entry ``[b, d]`` is at distance d, the last at the initial state; NaN beyond the sequence.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    With zero weights between steps nothing travels:

    >>> from birnn_ref.layers import Recurrent
    >>> layer = Recurrent("rnn", 2, 3, rng=np.random.default_rng(0), dtype=np.float64)
    >>> layer.params["W_hh"][:] = 0
    >>> gradient_by_distance(layer, np.ones((1, 3, 2)))[0]
    array([[1., 0., 0., 0.]])
    """
    order = check_norm(norm)
    check_array("x", x, ("batch", "time", "features"))
    batch, time, _ = x.shape
    lengths = check_lengths(lengths, batch, time)
    layer = copy.deepcopy(layer)  # the caller's gradients and caches stay as they are
    if not isinstance(layer, Recurrent | Bidirectional):
        raise TypeError(f"layer must be a Recurrent or a Bidirectional, got {type(layer).__name__}")
    bidirectional = isinstance(layer, Bidirectional)
    if bidirectional and direction is None:
        raise ValueError("direction must be 'forward' or 'backward': a Bidirectional has two chains")
    chain = check_direction(layer, direction) if direction is not None else 0
    # Either chain is followed in its own order, one step at a time.
    ordered = reverse_time(x, lengths) if chain == 1 else x

    def lift(state: Float) -> Float:
        """Put one chain's state where the layer expects it; the other chain's is zero."""
        if not bidirectional:
            return state
        both = np.zeros((2, *state.shape), dtype=state.dtype)
        both[chain] = state
        return both

    def step(t: int, states: list[Float], rows: int) -> list[Float]:
        """Read one step of every sequence, each ``rows`` times; past its length a state stays."""
        x_t = np.repeat(ordered[:, t : t + 1], rows, axis=0)
        counts = np.repeat((t < lengths).astype(int), rows)
        _, final = layer.forward(x_t, counts, tuple(lift(np.repeat(s, rows, axis=0)) for s in states))
        return [s[chain] if bidirectional else s for s in final]

    hidden, count = layer.hidden, len(layer.record.states)
    path = [[np.zeros((batch, hidden), dtype=x.dtype) for _ in range(count)]]
    for t in range(time):
        path.append(step(t, path[-1], 1))

    # Row i of a sequence holds the gradient of entry i of its last h.
    d_states = [np.zeros((batch * hidden, hidden), dtype=x.dtype) for _ in range(count)]
    d_states[0][:] = np.tile(np.eye(hidden, dtype=x.dtype), (batch, 1))
    norms = np.full((count, batch, time + 1), np.nan, dtype=x.dtype)
    everyone = np.arange(batch)
    norms[:, everyone, 0] = _norms(d_states, batch, order)
    for t in reversed(range(time)):
        step(t, path[t], hidden)
        _, d_initial = layer.backward(None, tuple(lift(d) for d in d_states))
        d_states = [d[chain] if bidirectional else d for d in d_initial]
        inside = everyone[t < lengths]
        norms[:, inside, lengths[inside] - t] = _norms(d_states, batch, order)[:, inside]
    return tuple(norms)


def _norms(d_states: list[Float], batch: int, order: Any) -> Float:
    """Return the norm of each state array's matrix ``(hidden, hidden)``, ``(arrays, batch)``."""
    hidden = d_states[0].shape[1]
    return np.stack([np.linalg.norm(d.reshape(batch, hidden, hidden), order, axis=(1, 2)) for d in d_states])
