"""A CRF layer for the course's package that computes nothing itself: a student's functions do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from birnn_ref.layers.base import Layer

FORBIDDEN = -1e4
"""The score of what BIO does not allow: beside it no other score counts."""


def crf_loss(f: dict[str, Any], parameters: Any, emissions: Any, tags: Any) -> tuple[float, Any, Any, Any, Any]:
    """Return a sentence's loss, log Z - score, and its gradients: emissions, transitions, start, end."""
    A, start, end = parameters
    loss = float(f["log_partition"](emissions, A, start, end)) - float(f["path_score"](emissions, A, start, end, tags))
    d_emissions = np.array(f["marginals"](emissions, A, start, end), float)  # (time, tags)
    d_A = np.array(f["pair_marginals"](emissions, A, start, end), float)  # (tags, tags)
    d_emissions[np.arange(len(tags)), tags] -= 1
    np.subtract.at(d_A, (tags[:-1], tags[1:]), 1)
    return loss, d_emissions, d_A, d_emissions[0], d_emissions[-1]


class OwnCRF(Layer):
    """What `CharTagger` calls: ``loss`` and ``decode``, one sentence after the other.

    Parameters
    ----------
    functions : dict
        A student's, by name.
    names : sequence of str
        The tags' names, from which ``allowed`` says what is ruled out.
    rng : numpy.random.Generator
    """

    def __init__(
        self, functions: dict[str, Callable[..., Any]], names: Sequence[str], rng: np.random.Generator
    ) -> None:
        super().__init__()
        self.f, tags = functions, len(names)
        first, follow = (np.asarray(rule, bool) for rule in functions["allowed"](list(names)))
        self.ruled_out = np.where(follow, 0.0, FORBIDDEN), np.where(first, 0.0, FORBIDDEN), np.zeros(tags)
        for name, shape in (("transitions", (tags, tags)), ("start", (tags,)), ("end", (tags,))):
            self.params[name] = rng.uniform(-0.1, 0.1, shape).astype(np.float32)

    def _parameters(self) -> list[Any]:
        arrays = (self.params[name].astype(float) for name in ("transitions", "start", "end"))
        return [array + out for array, out in zip(arrays, self.ruled_out, strict=True)]

    def loss(self, emissions: Any, tags: Any, lengths: Any = None) -> tuple[float, Any]:
        """Return the mean loss of a word and the gradient of the emissions; store those of the parameters."""
        total, steps, parameters = 0.0, int(np.sum(lengths)), self._parameters()
        d_emissions = np.zeros(emissions.shape)  # (batch, time, tags)
        grads = [np.zeros(array.shape) for array in parameters]
        for z, y, n, d in zip(emissions, tags, lengths, d_emissions, strict=True):
            loss, d[:n], *own = crf_loss(self.f, parameters, z[:n].astype(float), y[:n])
            total += loss
            for gradient, part in zip(grads, own, strict=True):
                gradient += part
        named = zip(("transitions", "start", "end"), grads, strict=True)
        self.grads = {name: (gradient / steps).astype(np.float32) for name, gradient in named}
        return total / steps, (d_emissions / steps).astype(emissions.dtype)

    def decode(self, emissions: Any, lengths: Any = None) -> Any:
        """Return the best tagging of each sentence, ``(batch, time)``, 0 behind its end."""
        found, parameters = np.zeros(emissions.shape[:2], int), self._parameters()
        for row, z, n in zip(found, emissions, lengths, strict=True):
            row[:n] = self.f["viterbi"](z[:n].astype(float), *parameters)
        return found

    def score(self, emissions: Any, tagging: Any) -> float:
        """Return the score of one tagging."""
        return float(self.f["path_score"](emissions.astype(float), *self._parameters(), tagging))
