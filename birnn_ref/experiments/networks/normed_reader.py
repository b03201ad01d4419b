"""Two bidirectional layers with a normalisation behind each: none, by layer, or by batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, within
from birnn_ref.layers import Bidirectional, Dense, Embedding, Layer, LayerNorm

NORMS = ("none", "layer", "batch", "batch_without_padding")


class BatchNorm(Layer):
    r"""Normalise each feature over a batch and its steps, :math:`y = g \odot (x - \mu) / \sigma + b`.

    Parameters
    ----------
    features : int
    padding : bool
        Whether padded steps count in :math:`\mu` and :math:`\sigma`, as where a layer does not know the lengths.
    momentum : float
        Share of the running averages, which stand in for the batch's own in use, that a batch leaves.

    Notes
    -----
    S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015. Without ``rng`` the running averages are used.
    """

    def __init__(self, features: int, *, padding: bool, momentum: float = 0.95, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.params = {"g": np.ones(features, np.float32), "b": np.zeros(features, np.float32)}
        self.padding, self.momentum, self.epsilon = padding, momentum, epsilon
        self.mean, self.variance = np.zeros(features, np.float32), np.ones(features, np.float32)

    def forward(self, x: Float, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Normalise ``x (batch, time, features)``; outputs past a sequence's length are 0."""
        own = np.ones(x.shape[:2], bool) if lengths is None else within(np.asarray(lengths), x.shape[1])
        share = (np.ones_like(own) if self.padding else own)[:, :, None] / (own.size if self.padding else own.sum())
        share = share.astype(x.dtype)
        mean, variance = self.mean, self.variance
        if rng is not None:
            mean = (share * x).sum(axis=(0, 1))
            variance = (share * np.square(x - mean)).sum(axis=(0, 1))
            self.mean = self.momentum * self.mean + (1 - self.momentum) * mean
            self.variance = self.momentum * self.variance + (1 - self.momentum) * variance
        scale = 1 / np.sqrt(variance + x.dtype.type(self.epsilon))
        x_hat = (x - mean) * scale
        self._keep(x_hat, scale, share, own[:, :, None])
        y: Float = np.where(own[:, :, None], self.params["g"] * x_hat + self.params["b"], x.dtype.type(0))
        return y

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient with respect to ``x``, after a forward in training; store those of ``g`` and ``b``."""
        x_hat, scale, share, own = self._take()
        dy = d_outputs * own
        self.grads = {"g": (dy * x_hat).sum(axis=(0, 1)), "b": dy.sum(axis=(0, 1))}
        d_hat = dy * self.params["g"]
        along = (d_hat * x_hat).sum(axis=(0, 1))
        dx: Float = (d_hat - share * (d_hat.sum(axis=(0, 1)) + x_hat * along)) * scale
        return dx


def norm_layer(norm: str, features: int) -> Layer | None:
    """Return the layer of a name in ``NORMS``."""
    if norm == "none":
        return None
    return LayerNorm(features) if norm == "layer" else BatchNorm(features, padding=norm == "batch")


class NormedReader(Layer):
    """Word vectors, two bidirectional layers each with a normalisation behind it, a readout at every step.

    Parameters
    ----------
    norm : {"none", "layer", "batch", "batch_without_padding"}
    num_words, features, hidden, outputs : int
    rng : numpy.random.Generator
    """

    def __init__(
        self, norm: str, num_words: int, features: int, hidden: int, outputs: int, *, rng: np.random.Generator
    ) -> None:
        super().__init__()
        self.words = Embedding(num_words, features, rng=rng)
        self.recurrent = [Bidirectional("rnn", size, hidden, rng=rng) for size in (features, 2 * hidden)]
        self.norms = [norm_layer(norm, 2 * hidden) for _ in range(2)]
        self.readout = Dense(2 * hidden, outputs, rng=rng)
        named: dict[str, Layer] = {f"recurrent_{i}": layer for i, layer in enumerate(self.recurrent)}
        named |= {f"norm_{i}": layer for i, layer in enumerate(self.norms) if layer}
        self.children = {"words": self.words, **named, "readout": self.readout}

    def forward(self, ids: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the outputs ``(batch, time, outputs)``; with ``rng`` batches are normalised by their own averages."""
        x: Any = self.words.forward(ids, lengths)
        for recurrent, norm in zip(self.recurrent, self.norms, strict=True):
            x, _ = recurrent.forward(x, lengths)
            x = norm.forward(x, lengths, rng=rng) if norm else x
        return self.readout.forward(x, lengths)

    def backward(self, d_outputs: Float) -> None:
        """Store every parameter's gradient."""
        dx: Any = self.readout.backward(d_outputs)
        for recurrent, norm in zip(reversed(self.recurrent), reversed(self.norms), strict=True):
            dx = norm.backward(dx) if norm else dx
            dx, _ = recurrent.backward(dx)
        self.words.backward(dx)
