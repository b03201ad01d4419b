"""The conditional random field in Keras: the forward algorithm, and the backend's own gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref.layers.crf import CRF
from birnn_ref.twins.keras.backend import keras, within

ops = keras.ops


class KerasCRF(keras.layers.Layer):  # type: ignore[misc]
    """The twin of a `CRF`, with the same parameters, added up in their own dtype.

    Parameters
    ----------
    layer : CRF

    Examples
    --------
    >>> twin = KerasCRF(CRF(3, rng=np.random.default_rng(0)))
    >>> tuple(twin(ops.zeros((1, 2, 3)), ops.array([[2, 0]])).shape)
    (1,)
    """

    def __init__(self, layer: CRF) -> None:
        super().__init__(dtype=layer.params["start"].dtype.name)
        self.params = {
            name: self.add_weight(shape=value.shape, name=name, initializer="zeros")
            for name, value in layer.params.items()
        }
        for name, value in layer.params.items():
            self.params[name].assign(value)
        self.rules = layer.rules
        self.built = True

    def call(self, emissions: Any, tags: Any, lengths: Any = None) -> Any:
        """Return each tagging's log-likelihood, ``(batch,)``; arguments as the reference's ``forward``."""
        P, counts, lengths = self._prepare(emissions, lengths)
        y = ops.where(counts, ops.cast(tags, "int32"), 0)
        A, start = self._constrained()
        end, size = self.params["end"], P.shape[2]
        alpha = start + P[:, 0]
        score = ops.take(start, y[:, 0]) + _own(P[:, 0], y[:, 0])
        for t in range(1, P.shape[1]):
            own = counts[:, t]
            reached = ops.logsumexp(alpha[:, :, None] + A, axis=1) + P[:, t]  # (batch, tags)
            alpha = ops.where(own[:, None], reached, alpha)
            step = ops.take(ops.reshape(A, (-1,)), y[:, t - 1] * size + y[:, t]) + _own(P[:, t], y[:, t])
            score = ops.where(own, score + step, score)
        last = _own(y, ops.maximum(lengths - 1, 0))
        log_likelihood = score + ops.take(end, last) - ops.logsumexp(alpha + end, axis=1)
        return ops.where(lengths > 0, log_likelihood, ops.zeros_like(log_likelihood))

    def decode(self, emissions: Any, lengths: Any = None) -> Any:
        """Return the best tagging, ``(batch, time)``, 0 at padded steps."""
        P, counts, lengths = self._prepare(emissions, lengths)
        A, start = self._constrained()
        best, stay, came_from = start + P[:, 0], ops.arange(P.shape[2], dtype="int32"), []
        for t in range(1, P.shape[1]):
            own, reached = counts[:, t, None], best[:, :, None] + A  # (batch, tags, tags)
            best = ops.where(own, ops.amax(reached, axis=1) + P[:, t], best)
            came_from.append(ops.where(own, ops.cast(ops.argmax(reached, axis=1), "int32"), stay))
        path = [ops.cast(ops.argmax(best + self.params["end"], axis=1), "int32")]
        for at in came_from[::-1]:
            path.append(_own(at, path[-1]))
        return ops.where(counts, ops.stack(path[::-1], axis=1), 0)

    def _prepare(self, emissions: Any, lengths: Any) -> tuple[Any, Any, Any]:
        """Return emissions that are 0 at padded steps, where a step counts, and lengths."""
        P = ops.convert_to_tensor(emissions, dtype=self.compute_dtype)
        lengths = np.full(P.shape[0], P.shape[1]) if lengths is None else lengths
        lengths = ops.cast(lengths, "int32")
        counts = within(lengths, P.shape[1])
        return ops.where(counts[:, :, None], P, ops.zeros_like(P)), counts, lengths

    def _constrained(self) -> tuple[Any, Any]:
        """Return A and a, minus infinity where the rules forbid."""
        A, start = ops.convert_to_tensor(self.params["transitions"]), ops.convert_to_tensor(self.params["start"])
        may_start, allowed = self.rules
        never = ops.full((), -np.inf, dtype=self.compute_dtype)
        return ops.where(allowed, A, never), ops.where(may_start, start, never)


def _own(values: Any, at: Any) -> Any:
    """Return each row's value at its own place, ``(batch,)``."""
    return ops.take_along_axis(values, at[:, None], axis=1)[:, 0]
