"""Attention: a weighted mean of the states, its weights found by comparing each state with a query."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_input, check_lengths, check_sizes, within
from birnn_ref._initial import glorot_uniform
from birnn_ref.layers._padding import without_padding
from birnn_ref.layers.base import Layer


def softmax_over_time(scores: Float, counts: npt.NDArray[np.bool_]) -> Float:
    """Softmax of ``scores (batch, queries, time)`` over the steps that count; 0 at the others."""
    scores = np.where(counts[:, None], scores, scores.dtype.type(-np.inf))
    highest = scores.max(axis=2, keepdims=True, initial=np.finfo(scores.dtype).min)
    powers = np.exp(scores - highest)
    total = powers.sum(axis=2, keepdims=True)
    alpha: Float = powers / np.where(total > 0, total, 1)
    return alpha


def softmax_over_time_backward(d_alpha: Float, alpha: Float) -> Float:
    r"""Carry a gradient back through the softmax: :math:`de_j = \alpha_j (d\alpha_j - \sum_k \alpha_k d\alpha_k)`."""
    d_scores: Float = alpha * (d_alpha - (alpha * d_alpha).sum(axis=2, keepdims=True))
    return d_scores


class DotAttention(Layer):
    r"""Compare by the dot product, :math:`e_{ij} = s_i \cdot h_j / \sqrt{d}`, :math:`c_i = \sum_j \alpha_{ij} h_j`.

    :math:`\alpha_i` is the softmax of :math:`e_i` over the steps j that count.

    Parameters
    ----------
    scaled : bool
        Divide by the root of the number of features d, so that the scores' spread does not grow with it.

    Notes
    -----
    M.-T. Luong, H. Pham and C. D. Manning, EMNLP 2015; the scale is from A. Vaswani et al., NeurIPS 2017.

    Examples
    --------
    >>> context, alpha = DotAttention().forward(np.ones((1, 3, 2)), np.array([2]), np.ones((1, 1, 2)))
    >>> alpha.round(2)
    array([[[0.5, 0.5, 0. ]]])
    """

    def __init__(self, scaled: bool = True) -> None:
        super().__init__()
        self.scaled = scaled

    def forward(
        self, h: Float, lengths: Any, queries: Float, *, rng: np.random.Generator | None = None
    ) -> tuple[Float, Float]:
        """Attend to ``h``.

        Parameters
        ----------
        h : array, ``(batch, time, features)``
            The states that are read.
        lengths : integer array ``(batch,)``, or None
            Steps that count in each sequence; the others get no weight.
        queries : array, ``(batch, queries, features)``
            The states that ask.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        context : array, ``(batch, queries, features)``
            0 for a sequence of no steps.
        alpha : array, ``(batch, queries, time)``
            The weights; each query's sum to 1.

        Raises
        ------
        TypeError, ValueError
            If an argument does not fit.
        """
        check_input("h", h, ("batch", "time", "features"))
        batch, time, features = h.shape
        check_input("queries", queries, (batch, "queries", features), h.dtype)
        counts = within(check_lengths(lengths, batch, time), time)
        h = without_padding(h, counts)
        scale = h.dtype.type(features**-0.5 if self.scaled else 1)
        alpha = softmax_over_time(queries @ h.transpose(0, 2, 1) * scale, counts)
        self._keep(h, queries, alpha, scale)
        return alpha @ h, alpha

    def backward(self, d_context: Float) -> tuple[Float, Float]:
        """Return the gradients with respect to ``h`` and ``queries``.

        Parameters
        ----------
        d_context : array, ``(batch, queries, features)``
        """
        h, queries, alpha, scale = self._take()
        check_input("d_context", d_context, queries.shape, h.dtype)
        d_scores = softmax_over_time_backward(d_context @ h.transpose(0, 2, 1), alpha) * scale
        dh = alpha.transpose(0, 2, 1) @ d_context + d_scores.transpose(0, 2, 1) @ queries
        return dh, d_scores @ h


class AdditiveAttention(Layer):
    r"""Compare by a small network, :math:`e_{ij} = v^\top \tanh(s_i W + h_j U)`, :math:`c_i = \sum_j \alpha_{ij} h_j`.

    :math:`\alpha_i` is the softmax of :math:`e_i` over the steps j that count. Without ``query_features``
    the term :math:`s_i W` is a bias that is learned, and each sequence is read once: attention as pooling.

    Parameters
    ----------
    features : int
        Size of a state h.
    hidden : int
        Size of the network's hidden layer.
    query_features : int, optional
        Size of a query s.
    rng : numpy.random.Generator
        Draws the weights (Glorot uniform).
    dtype : dtype
        Of the parameters, and of every array that comes in and goes out.

    Attributes
    ----------
    params : dict
        ``U (features, hidden)``, ``v (hidden,)``, and ``W (query_features, hidden)`` or, without queries,
        ``b (hidden,)``.

    Notes
    -----
    D. Bahdanau, K. Cho and Y. Bengio, "Neural machine translation by jointly learning to align and translate", ICLR
    2015. As pooling: Z. Yang et al., "Hierarchical attention networks", NAACL 2016.

    Examples
    --------
    >>> layer = AdditiveAttention(2, 4, rng=np.random.default_rng(0), dtype=np.float64)
    >>> context, alpha = layer.forward(np.ones((1, 3, 2)), np.array([2]))
    >>> context.round(2), alpha.round(2)
    (array([[1., 1.]]), array([[0.5, 0.5, 0. ]]))
    """

    def __init__(
        self,
        features: int,
        hidden: int,
        query_features: int | None = None,
        *,
        rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        check_sizes(features=features, hidden=hidden, query_features=1 if query_features is None else query_features)
        self.params["U"] = glorot_uniform(rng, (features, hidden), features, hidden, dtype)
        self.params["v"] = glorot_uniform(rng, (hidden,), hidden, 1, dtype)
        if query_features is None:
            self.params["b"] = np.zeros(hidden, dtype)
        else:
            self.params["W"] = glorot_uniform(rng, (query_features, hidden), query_features, hidden, dtype)

    def forward(
        self, h: Float, lengths: Any = None, queries: Float | None = None, *, rng: np.random.Generator | None = None
    ) -> tuple[Float, Float]:
        """Attend to ``h``.

        Parameters
        ----------
        h : array, ``(batch, time, features)``
            The states that are read.
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence; the others get no weight.
        queries : array, ``(batch, queries, query_features)``
            The states that ask, if the layer was built for them.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        context : array, ``(batch, queries, features)``, or ``(batch, features)`` without queries
            0 for a sequence of no steps.
        alpha : array, ``(batch, queries, time)``, or ``(batch, time)`` without queries
            The weights; each query's sum to 1.

        Raises
        ------
        TypeError, ValueError
            If an argument does not fit.
        """
        U, v = self.params["U"], self.params["v"]
        check_input("h", h, ("batch", "time", len(U)), U.dtype)
        batch, time, _ = h.shape
        counts = within(check_lengths(lengths, batch, time), time)
        h = without_padding(h, counts)
        if "W" in self.params:
            W = self.params["W"]
            asked = check_input("queries", queries, (batch, "queries", len(W)), U.dtype) @ W
        elif queries is not None:
            raise ValueError("queries were given to a layer built without query_features")
        else:
            asked = np.broadcast_to(self.params["b"], (batch, 1, len(v)))
        compared = np.tanh(asked[:, :, None] + (h @ U)[:, None])
        alpha = softmax_over_time(compared @ v, counts)
        self._keep(h, queries, compared, alpha)
        context = alpha @ h
        return (context, alpha) if queries is not None else (context[:, 0], alpha[:, 0])

    def backward(self, d_context: Float) -> Float | tuple[Float, Float]:
        """Return the gradient with respect to ``h``, and with queries also theirs; store the parameters'.

        Parameters
        ----------
        d_context : array of the shape of ``context``
        """
        h, queries, compared, alpha = self._take()
        U, v = self.params["U"], self.params["v"]
        axes = alpha.shape[:2] if queries is not None else alpha.shape[:1]
        check_input("d_context", d_context, (*axes, len(U)), U.dtype)
        d_context = d_context.reshape(*alpha.shape[:2], len(U))
        d_scores = softmax_over_time_backward(d_context @ h.transpose(0, 2, 1), alpha)
        da = d_scores[..., None] * v * (1 - compared**2)
        d_asked, d_read = da.sum(axis=2), da.sum(axis=1)
        self.grads = {
            "U": np.tensordot(h, d_read, axes=((0, 1), (0, 1))),
            "v": np.tensordot(d_scores, compared, axes=3),
        }
        dh: Float = alpha.transpose(0, 2, 1) @ d_context + d_read @ U.T
        if queries is None:
            self.grads["b"] = d_asked.sum(axis=(0, 1))
            return dh
        self.grads["W"] = np.tensordot(queries, d_asked, axes=((0, 1), (0, 1)))
        return dh, d_asked @ self.params["W"].T
