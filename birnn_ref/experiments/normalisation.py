"""What normalisation between two bidirectional layers does to training: none, layer, and batch normalisation.

The task is `disambiguation`'s. Batch normalisation comes in two forms: with padded steps among what it averages, as a
layer does that is not told the lengths, and without them. In use both take running averages.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.ambiguous import WORDS, ambiguous_sentences
from birnn_ref.experiments.readers import falling_rate
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.layers import Bidirectional, Dense, Embedding, Layer, LayerNorm
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.train import Adam, clip_gradients

SETTINGS: dict[str, Any] = {
    "features": 16, "hidden": 16, "most_fillers": 6, "batch_twins": 8, "steps": 300, "clip": 1.0,
    "rates": [0.003, 0.01, 0.03], "test_twins": 300,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"steps": 15, "test_twins": 50, "rates": [0.01]}
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
        own = np.ones(x.shape[:2], bool) if lengths is None else np.arange(x.shape[1]) < np.asarray(lengths)[:, None]
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


def run(
    seed: int, *, features: int, hidden: int, most_fillers: int, batch_twins: int, steps: int, clip: float,
    rates: list[float], test_twins: int,
) -> dict[str, Any]:  # fmt: skip
    """Train each network at each rate; return the accuracies and the mean losses of the last tenth of the steps."""
    test = ambiguous_sentences(test_twins, np.random.default_rng(1000), most_fillers)
    found: dict[str, Any] = {"source": "generated"}
    for norm in NORMS:
        found[norm] = {"accuracy": [], "loss": []}
        for rate in rates:
            rng = np.random.default_rng(seed)
            model = NormedReader(norm, len(WORDS), features, hidden, 2, rng=rng)
            optimiser, losses = Adam(model, rate), []
            for step in range(steps):
                optimiser.rate = falling_rate(step, steps, rate)
                batch = ambiguous_sentences(batch_twins, rng, most_fillers)
                outputs = model.forward(batch.x, batch.lengths, rng=rng)
                word = np.arange(len(batch.x)), batch.position
                d_outputs = np.zeros_like(outputs)
                loss, d_outputs[word] = softmax_cross_entropy(outputs[word], batch.sense)
                losses.append(loss)
                model.backward(d_outputs)
                clip_gradients(model, clip)
                optimiser.step()
            outputs = model.forward(test.x, test.lengths)
            right = outputs[np.arange(len(test.x)), test.position].argmax(axis=1) == test.sense
            found[norm]["accuracy"].append(round(float(right.mean()), 5))
            found[norm]["loss"].append(round(float(np.mean(losses[-max(1, steps // 10) :])), 5))
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy over the seeds, a normalisation and a rate; and less what the same seed reached without any."""
    accuracy = {norm: np.array([run[norm]["accuracy"] for run in runs]).T for norm in NORMS}  # (rates, seeds)
    summary: dict[str, Any] = {norm: [mean_and_interval(seeds) for seeds in accuracy[norm]] for norm in NORMS}
    summary["minus_none"] = {
        norm: [mean_and_interval(seeds) for seeds in accuracy[norm] - accuracy["none"]] for norm in NORMS[1:]
    }
    return summary
