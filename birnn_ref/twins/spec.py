"""What a recurrent layer is, stated once for every library: its sizes and options, and the weights of each chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from birnn_ref._checks import check_array
from birnn_ref.cells import CELLS
from birnn_ref.layers import Bidirectional, Layer, Recurrent, Stack
from birnn_ref.layers.recurrent.merging import check_merge, merged_width
from birnn_ref.twins.weights import Params, check_framework_has

Chains = list[list[Params]]
"""The weights of each chain by depth and direction: ``chains[k][d]``; direction 1 reads backward."""


@dataclass(frozen=True)
class Spec:
    """A recurrent layer's sizes and options, by the names of `birnn_ref.layers`.

    Attributes
    ----------
    kind : {"recurrent", "bidirectional", "stack"}
        Which of the reference's layers it is.
    cell : {"rnn", "lstm", "gru"}
        The cells that frameworks have.
    features, hidden, depth : int
    bidirectional : bool
    merge : {"concat", "sum", "mul", "ave", None}
        Means nothing where there is one direction.
    mixed : bool
        Each level reads the merged output below; otherwise each direction is stacked alone.
    reset_after, activation
        The GRU's form, and the simple cell's function, ``"tanh"`` or ``"relu"``.
    dropout : float
        Between levels.
    variational_dropout : float
        The same, one mask for all time steps.
    dtype : numpy.dtype
    """

    kind: Literal["recurrent", "bidirectional", "stack"]
    cell: str
    features: int
    hidden: int
    depth: int = 1
    bidirectional: bool = False
    merge: str | None = "concat"
    mixed: bool = True
    reset_after: bool = True
    activation: str = "tanh"
    dropout: float = 0.0
    variational_dropout: float = 0.0
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.float32))

    def __post_init__(self) -> None:
        check_framework_has(self.cell)
        check_merge(self.merge)

    @property
    def directions(self) -> int:
        """1 or 2."""
        return 2 if self.bidirectional else 1

    @property
    def apart(self) -> bool:
        """Whether each of two directions is stacked alone."""
        return self.bidirectional and not self.mixed

    @property
    def states(self) -> int:
        """How many arrays a state consists of: h, and the LSTM's c."""
        return len(CELLS[self.cell].states)

    @property
    def lead(self) -> tuple[int, ...]:
        """The leading axes of a state ``(*lead, batch, hidden)``."""
        return {"recurrent": (), "bidirectional": (2,), "stack": (self.depth, self.directions)}[self.kind]

    def inputs(self, level: int) -> int:
        """Features that a level reads."""
        if level == 0:
            return self.features
        both = self.bidirectional and not self.apart
        return merged_width(self.merge, self.hidden) if both else self.hidden


def describe(layer: Layer) -> tuple[Spec, Chains]:
    """Return what a recurrent layer of the reference is, and its weights as ``[level][direction]``, not copied.

    Raises
    ------
    TypeError
        If the layer is not a `Recurrent`, `Bidirectional` or `Stack`.
    ValueError
        If no framework has its cell.
    """
    if not isinstance(layer, Recurrent | Bidirectional | Stack):
        raise TypeError(f"layer must be a Recurrent, Bidirectional or Stack, got {type(layer).__name__}")
    check_framework_has(layer.cell if layer.record == CELLS.get(layer.cell) else repr(layer.record))
    chains = [_split(level.params) for level in _levels(layer)]
    shared: dict[str, Any] = {name: getattr(layer, name) for name in ("cell", "features", "hidden", "dtype")}
    shared |= {name: value for name, value in layer.options.items() if name != "forget_bias"}
    if isinstance(layer, Recurrent):
        return Spec("recurrent", **shared), chains
    shared["merge"] = layer.merge
    if isinstance(layer, Bidirectional):
        return Spec("bidirectional", **shared, bidirectional=True), chains
    return Spec(
        "stack",
        **shared,
        depth=layer.depth,
        bidirectional=layer.bidirectional,
        mixed=layer.mixed,
        dropout=layer.dropout,
        variational_dropout=layer.variational_dropout,
    ), chains


def gradients(layer: Layer) -> Chains:
    """Return the gradients of a recurrent layer's last backward pass as ``[level][direction]``."""
    return [_split(level.grads) for level in _levels(layer)]


def build(spec: Spec, chains: Chains) -> Layer:
    """Return the reference's layer of these sizes, options and weights.

    Raises
    ------
    ValueError
        If a weight has another shape.

    Examples
    --------
    >>> layer = Recurrent("gru", 3, 4, rng=np.random.default_rng(0))
    >>> copied = build(*describe(layer))
    >>> np.array_equal(copied.params["W_xh"], layer.params["W_xh"])
    True
    """
    options: dict[str, Any] = {"rng": np.random.default_rng(0), "dtype": spec.dtype}
    if spec.cell == "gru":
        options["reset_after"] = spec.reset_after
    if spec.cell == "rnn":
        options["activation"] = spec.activation
    layer: Layer
    if spec.kind == "recurrent":
        layer = Recurrent(spec.cell, spec.features, spec.hidden, **options)
    elif spec.kind == "bidirectional":
        layer = Bidirectional(spec.cell, spec.features, spec.hidden, merge=spec.merge, **options)
    else:
        options["bidirectional"] = spec.bidirectional
        if spec.bidirectional:
            options |= {"merge": spec.merge, "mixed": spec.mixed}
        options |= {"dropout": spec.dropout, "variational_dropout": spec.variational_dropout}
        layer = Stack(spec.cell, spec.features, spec.hidden, spec.depth, **options)
    for level, directions in zip(_levels(layer), chains, strict=True):
        for own, given in zip(_split(level.params), directions, strict=True):
            for name, value in own.items():
                value[...] = check_array(name, given[name], value.shape)
    return layer


def _levels(layer: Layer) -> list[Layer]:
    return list(layer.children.values()) if isinstance(layer, Stack) else [layer]


def _split(arrays: Mapping[str, Any]) -> list[Params]:
    """Return one mapping per direction, each array a view."""
    if arrays["W_xh"].ndim == 2:
        return [dict(arrays)]
    return [{name: value[d] for name, value in arrays.items()} for d in range(2)]
