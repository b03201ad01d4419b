"""The models in Keras."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_ref.layers import CRF, AdditiveAttention, Conv1D, Dense, Embedding, Layer
from birnn_ref.twins.graph import Graph, leaves
from birnn_ref.twins.keras.backend import keras, within
from birnn_ref.twins.keras.crf import KerasCRF
from birnn_ref.twins.keras.recurrence import KerasRecurrence
from birnn_ref.twins.keras.weights import recurrence_from_keras, recurrence_to_keras

ops = keras.ops


class KerasModel(keras.Model):  # type: ignore[misc]
    """The twin of a model of `birnn_ref.models`, with the same weights; a tagger's CRF is its ``part("crf")``.

    Parameters
    ----------
    model : Classifier, ConvClassifier, Tagger, CharTagger or Regressor

    Examples
    --------
    >>> from birnn_ref.models import Tagger
    >>> twin = KerasModel(Tagger("gru", 100, 3, 4, 5, rng=np.random.default_rng(0)))
    >>> tuple(twin(np.array([[7, 8, 9]]), lengths=np.array([2])).shape)
    (1, 3, 5)
    """

    def __init__(self, model: Layer) -> None:
        super().__init__(dtype=next(value for _, value in model.named_parameters()).dtype.name)
        # Called for a copy, so that Keras does not search the reference for layers of its own.
        kept = copy.deepcopy(model)
        self.copy_reference: Callable[[], Layer] = lambda: copy.deepcopy(kept)
        self.leaves = {key: leaf for name, layer in leaves(model).items() for key, leaf in _leaves(name, layer).items()}
        self.seed = keras.random.SeedGenerator()
        self.built = True

    def call(self, x: Any, lengths: Any = None, training: bool = False) -> Any:
        """Return the logits; arguments as the reference's ``forward``, `Spelt` words as their ``arrays``."""

        def drop(value: Any, rate: float) -> Any:
            return keras.random.dropout(value, rate, seed=self.seed) if training and rate else value

        def rows(matrix: Any, at: Any) -> Any:
            return ops.take(matrix, at, axis=0)

        return Graph(ops, self.part, drop, within, rows).logits(self.copy_reference(), x, lengths)

    def part(self, name: str) -> Any:
        """Return the leaf of a dotted name."""
        return self.leaves[name]

    def to_reference(self) -> Layer:
        """Return the reference's model with this twin's weights."""
        model = self.copy_reference()
        for name, layer in leaves(model).items():
            if isinstance(self.leaves.get(name), KerasRecurrence):
                back = recurrence_from_keras(self.leaves[name])
                for level, other in zip(layer.children.values(), back.children.values(), strict=True):
                    level.params = other.params
            else:
                for key, variable in self.variables_of(name, layer).items():
                    layer.params[key][...] = variable.numpy().reshape(layer.params[key].shape)
        return model

    def variables_of(self, name: str, layer: Layer) -> dict[str, Any]:
        """Return a leaf's variables by the reference's names; a stack has its own way."""
        if isinstance(layer, AdditiveAttention):
            U, v = self.leaves[f"{name}.U"], self.leaves[f"{name}.v"]
            return {"U": U.kernel, "b": U.bias, "v": v.kernel}
        if isinstance(layer, CRF):
            return dict(self.leaves[name].params)
        if isinstance(layer, Embedding):
            return {"W": self.leaves[name].embeddings}
        return {"W": self.leaves[name].kernel, "b": self.leaves[name].bias}


def _leaves(name: str, layer: Layer) -> dict[str, Any]:
    """Return a leaf's twin by name; attention is two linear maps."""
    params = layer.params
    if isinstance(layer, CRF):
        return {name: KerasCRF(layer)}
    if isinstance(layer, AdditiveAttention):
        U, v = params["U"], params["v"][:, None]
        return {
            f"{name}.U": _filled(keras.layers.Dense(U.shape[1], dtype=U.dtype.name), U.shape, [U, params["b"]]),
            f"{name}.v": _filled(keras.layers.Dense(1, use_bias=False, dtype=v.dtype.name), v.shape, [v]),
        }
    if not isinstance(layer, Dense | Embedding | Conv1D):
        return {name: recurrence_to_keras(layer)}
    W = params["W"]
    leaf: Any
    if isinstance(layer, Dense):
        leaf = keras.layers.Dense(W.shape[1], dtype=W.dtype.name)
    elif isinstance(layer, Embedding):
        leaf = keras.layers.Embedding(*W.shape, dtype=W.dtype.name)
    else:
        leaf = keras.layers.Conv1D(W.shape[2], W.shape[0], padding="same", dtype=W.dtype.name)
    return {name: _filled(leaf, W.shape[-2:], list(params.values()))}


def _filled(leaf: Any, shape: tuple[int, ...], weights: list[Any]) -> Any:
    """Build a layer that reads ``shape[0]`` features, and give it its weights."""
    leaf.build((None, None, shape[0]))
    leaf.set_weights([np.asarray(value) for value in weights])
    return leaf
