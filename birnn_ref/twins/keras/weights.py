"""Carry recurrent layers from the reference to Keras and back, weights and all."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref.layers import Layer
from birnn_ref.twins.keras.backend import CELLS, keras
from birnn_ref.twins.keras.recurrence import KerasRecurrence
from birnn_ref.twins.spec import Spec, build, describe
from birnn_ref.twins.weights import keras_from_ref, ref_from_keras

_SHARED = ("units", "use_bias", "reset_after", "activation", "recurrent_activation", "dtype")
"""Options that must be the same in both directions."""

_HARMLESS = (
    *("name", "trainable", "dtype", "units", "use_bias", "reset_after", "return_sequences", "return_state", "unroll"),
    *("zero_output_for_mask", "implementation", "use_cudnn", "kernel_initializer", "recurrent_initializer"),
    *("bias_initializer", "unit_forget_bias", "seed"),
)
"""Options that are read elsewhere, or change nothing of what a layer computes from its weights at steps that count."""


def recurrence_to_keras(layer: Layer) -> KerasRecurrence:
    """Return the twin of a recurrent layer, with the same weights; see `birnn_ref.twins.keras.to_keras`."""
    spec, chains = describe(layer)
    twin = KerasRecurrence(spec)
    for level, directions in enumerate(chains):
        for direction, params in enumerate(directions):
            twin.place(level, direction).set_weights(keras_from_ref(spec.cell, params))
    return twin


def recurrence_from_keras(layer: Any) -> Layer:
    """Return the recurrent layer with the weights of a Keras layer; see `birnn_ref.twins.keras.from_keras`."""
    if isinstance(layer, KerasRecurrence):
        spec = layer.spec
        places = [[layer.place(k, d) for d in range(spec.directions)] for k in range(spec.depth)]
    else:
        both = isinstance(layer, keras.layers.Bidirectional)
        places = [[layer.forward_layer, layer.backward_layer] if both else [layer]]
        spec = _spec(places[0], layer.merge_mode if both else "concat")
    return build(spec, [[ref_from_keras(spec.cell, _weights(place)) for place in level] for level in places])


def _spec(chains: list[Any], merge: str | None) -> Spec:
    """Say what one level of Keras's own layers is."""
    first = chains[0]
    cell = next((name for name, kind in CELLS.items() if type(first) is kind), None)
    if cell is None or type(chains[-1]) is not type(first):
        names = " and ".join(type(chain).__name__ for chain in chains)
        raise TypeError(f"layer must be a KerasRecurrence, SimpleRNN, LSTM, GRU or Bidirectional of one, got {names}")
    shared = [{name: _named(getattr(chain, name, None)) for name in _SHARED} for chain in chains]
    if shared[-1] != shared[0]:
        raise ValueError(f"both directions must have the same options, got {shared}")
    for chain, backward in zip(chains, (False, True), strict=False):
        _check_options(chain, cell, backward)
    return Spec(
        kind="bidirectional" if len(chains) == 2 else "recurrent",
        cell=cell,
        features=len(_weights(first)[0]),
        hidden=first.units,
        bidirectional=len(chains) == 2,
        merge=merge,
        reset_after=getattr(first, "reset_after", True),
        activation=_named(first.activation),
        dtype=_weights(first)[0].dtype,
    )


def _check_options(chain: Any, cell: str, backward: bool) -> None:
    """Refuse every option that is neither harmless nor what the reference does."""
    expected: dict[str, tuple[Any, ...]]
    expected = {"activation": ("tanh", "relu") if cell == "rnn" else ("tanh",), "recurrent_activation": ("sigmoid",)}
    expected |= {"go_backwards": (backward,), "stateful": (False,), "dropout": (0,), "recurrent_dropout": (0,)}
    for name in chain.get_config():
        if name in _HARMLESS:
            continue
        found = getattr(chain, name)
        own = name.endswith("activation") and found is not keras.activations.get(_named(found))
        if own or _named(found) not in expected.get(name, (None,)):
            wanted = " or ".join(map(repr, expected.get(name, (None,))))
            raise ValueError(
                f"layer {chain.name!r} has {name}={found if own else _named(found)!r}; the reference's {cell} has "
                f"{wanted} there: give its weights to such a layer, and convert that one"
            )


def _named(value: Any) -> Any:
    """Return a function's name, and anything else as it is."""
    return getattr(value, "__name__", value)


def _weights(chain: Any) -> list[Any]:
    """Return a chain's kernel, recurrent kernel and bias; without ``use_bias`` the bias is zero."""
    if not chain.built:
        raise ValueError(f"layer {chain.name!r} is not built: call it once, or build((None, None, features))")
    # What NumPy has no type for, or the reference no layers in (bfloat16, float16), float32 holds exactly.
    weights = [np.asarray(value) for value in chain.get_weights()]
    weights = [value if value.dtype == np.float64 else value.astype(np.float32) for value in weights]
    if len(weights) == 2:
        gates = weights[0].shape[1]
        after = getattr(chain, "reset_after", False)
        weights.append(np.zeros((2, gates) if after else (gates,), dtype=weights[0].dtype))
    return weights
