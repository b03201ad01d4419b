"""Clipping: a gradient that is too long is shortened, and keeps its direction."""

from __future__ import annotations

import numpy as np

from birnn_ref.layers.base import Layer, SparseRows


def clip_gradients(model: Layer, limit: float) -> float:
    r"""Scale all gradients by :math:`\min(1, c / \lVert g \rVert)`, the norm taken over all parameters together.

    Parameters
    ----------
    model : Layer
        After ``backward``; its gradients are changed in place.
    limit : float
        The largest norm c.

    Returns
    -------
    float
        The norm before clipping.

    Raises
    ------
    ValueError
        If the limit is not positive.
    FloatingPointError
        If the norm is infinite or not a number: no scaling repairs that.

    Notes
    -----
    R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.

    Examples
    --------
    >>> from birnn_ref.layers import Dense
    >>> layer = Dense(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> layer.grads = {"W": np.full((1, 1), 3.0), "b": np.full(1, 4.0)}
    >>> clip_gradients(layer, 1.0), layer.grads["W"].round(3), layer.grads["b"].round(3)
    (5.0, array([[0.6]]), array([0.8]))
    """
    if not limit > 0:
        raise ValueError(f"limit must be positive, got {limit}")
    arrays = [g.values if isinstance(g, SparseRows) else g for _, g in model.named_gradients()]
    # Summed in float64: a float32 square overflows from 1e19 on.
    norm = float(np.sqrt(sum(np.square(array, dtype=np.float64).sum() for array in arrays)))
    if not np.isfinite(norm):
        raise FloatingPointError(f"the gradient's norm is {norm}: a smaller rate or limit may help from the start")
    if norm > limit:
        for array in arrays:
            array *= array.dtype.type(limit / norm)
    return norm
