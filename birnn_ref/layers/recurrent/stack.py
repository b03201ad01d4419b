"""Recurrent layers on top of each other, in both known forms of depth for two directions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_probability, check_sizes
from birnn_ref.cells import Cell, find_cell
from birnn_ref.layers.base import Layer
from birnn_ref.layers.dropout import Dropout
from birnn_ref.layers.embedding import LookedUp
from birnn_ref.layers.recurrent.bidirectional import Bidirectional
from birnn_ref.layers.recurrent.directions import States, check_states
from birnn_ref.layers.recurrent.merging import check_merge, merged_width
from birnn_ref.layers.recurrent.recurrent import Recurrent


class Stack(Layer):
    r"""Read a sequence with several recurrent layers, each reading what the one below wrote.

    Two directions can be stacked in two ways. Mixed, each layer reads the merged output below, so that from the
    second layer on both directions know the past and the future: what ``torch.nn`` computes. Apart, each direction
    is a stack of its own, and they are merged at the top only: no state ever depends on both the past and the future.

    Parameters
    ----------
    cell, features, hidden, rng, dtype, **options
        As in `Recurrent`.
    depth : int
        The number of layers.
    merge : {"concat", "sum", "mul", "ave", None}
        How two directions are merged; see `Bidirectional`. With None the top layer's outputs are a pair, and mixed
        layers read both directions side by side.
    mixed : bool
        Which of the two forms.
    dropout : float
        The share of entries dropped between two layers, in training.
    variational_dropout : float
        The same, with one mask for all steps of a sequence. At most one of the two can be set.
    bidirectional : bool
        Without it, `Recurrent` layers, and nothing to merge or mix.

    Attributes
    ----------
    children : dict
        The layers from the lowest, named "0", "1" and so on.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    On patterns of past and future that stacks kept apart cannot tell from others: P.-H. Li, T.-J. Fu and W.-Y. Ma, "Why
    attention? Analyze BiLSTM deficiency and its remedies in the case of NER", AAAI 2020 (arXiv 1908.11046).

    Examples
    --------
    >>> stack = Stack("lstm", 3, 4, 2, rng=np.random.default_rng(0))
    >>> outputs, (h, c) = stack.forward(np.ones((2, 5, 3), np.float32))
    >>> outputs.shape, h.shape
    ((2, 5, 8), (2, 2, 2, 4))
    >>> [name for name, _ in stack.named_parameters()]
    ['0.W_xh', '0.W_hh', '0.b_h', '1.W_xh', '1.W_hh', '1.b_h']
    """

    def __init__(
        self,
        cell: str | Cell,
        features: int,
        hidden: int,
        depth: int,
        *,
        merge: str | None = "concat",
        mixed: bool = True,
        dropout: float = 0.0,
        variational_dropout: float = 0.0,
        bidirectional: bool = True,
        rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
        **options: Any,
    ) -> None:
        super().__init__()
        check_sizes(depth=depth)
        check_merge(merge)
        for name, rate in (("dropout", dropout), ("variational_dropout", variational_dropout)):
            check_probability(name, rate)
        if dropout and variational_dropout:
            raise ValueError("dropout and variational_dropout exclude each other: set one of them to 0")
        if not bidirectional and (merge != "concat" or not mixed):
            raise ValueError(f"merge={merge!r} and mixed={mixed} have no meaning for one direction: leave them out")
        self.record = find_cell(cell)
        self.cell, self.features, self.hidden, self.depth = self.record.name, features, hidden, depth
        self.merge, self.mixed, self.bidirectional = merge, mixed, bidirectional
        self.dropout, self.variational_dropout = dropout, variational_dropout
        self.options, self.dtype = self.record.settings(options), np.dtype(dtype)
        options |= {"rng": rng, "dtype": dtype}
        # Apart, a lower layer's output is both directions side by side, to be cut in two again.
        below = merge if mixed and merge is not None else "concat"
        width = merged_width(below, hidden) if bidirectional and mixed else hidden
        for k in range(depth):
            reads = features if k == 0 else width
            if bidirectional:
                top = k == depth - 1
                self.children[str(k)] = Bidirectional(cell, reads, hidden, merge=merge if top else below, **options)
            else:
                self.children[str(k)] = Recurrent(cell, reads, hidden, **options)
        rate = dropout or variational_dropout
        self._dropouts = [Dropout(rate, over_time=variational_dropout > 0) for _ in range(depth - 1)]

    def _about(self) -> str:
        hidden = f"2 × {self.hidden}" if self.bidirectional else str(self.hidden)
        about = [self.cell, f"{self.features} → {hidden}", f"{self.depth} layers" if self.depth > 1 else "1 layer"]
        if self.bidirectional:
            about += [self.merge or "apart"] + ([] if self.mixed else ["not mixed"])
        return ", ".join(about)

    def forward(
        self,
        x: Float | LookedUp,
        lengths: Any = None,
        initial: States | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> tuple[Any, States]:
        """Compute the top layer's outputs.

        Parameters
        ----------
        x : array, ``(batch, time, features)``, or `LookedUp`
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence; what stands after them is never read.
        initial : tuple of arrays ``(depth, directions, batch, hidden)``, optional
            Each layer's states before its first step: ``(h,)``, for the LSTM ``(h, c)``; 0 if left out.
        rng : numpy.random.Generator, optional
            Draws what is dropped between the layers; without it nothing is.

        Returns
        -------
        outputs : array, ``(batch, time, outputs)``, or a pair
            As the top layer returns them.
        final : tuple of arrays ``(depth, directions, batch, hidden)``

        Raises
        ------
        TypeError, ValueError
            If an argument's dtype, shape or range is not as above.
        """
        given = None if initial is None else self._check("initial", initial, np.shape(x)[0])
        outputs: Any = x
        finals = []
        for k, layer in enumerate(self._layers()):
            if k > 0:
                outputs = self._cut(self._dropouts[k - 1].forward(outputs, rng=rng))
            outputs, final = layer.forward(outputs, lengths, self._of_layer(given, k))
            finals.append(final)
        self._keep(len(x))
        return outputs, self._by_state(finals)

    def backward(self, d_outputs: Any, d_final: States | None = None) -> tuple[Float, States]:
        """Carry gradients back to the inputs; store those of the parameters in the children's ``grads``.

        Parameters
        ----------
        d_outputs : array of the outputs' shape, a pair if they were one, or None
            The loss's gradient with respect to the outputs; what stands at padded steps is never read.
        d_final : tuple of arrays ``(depth, directions, batch, hidden)``, optional
            That with respect to the final states.

        Returns
        -------
        dx : array, ``(batch, time, features)``; `SparseRows` for `LookedUp`
        d_initial : tuple of arrays ``(depth, directions, batch, hidden)``

        Raises
        ------
        RuntimeError
            If there was no forward, or its backward has been called already.
        TypeError, ValueError
            If an argument is not as above, or both are None.
        """
        (batch,) = self._take()
        given = None if d_final is None else self._check("d_final", d_final, batch)
        dx = d_outputs
        d_initials = []
        for k, layer in reversed(list(enumerate(self._layers()))):
            dx, d_initial = layer.backward(dx, self._of_layer(given, k))
            d_initials.append(d_initial)
            if k > 0:
                dx = self._dropouts[k - 1].backward(np.concatenate(dx, axis=2) if isinstance(dx, tuple) else dx)
        return dx, self._by_state(d_initials[::-1])

    def _layers(self) -> list[Any]:
        return list(self.children.values())

    def _cut(self, outputs: Float) -> Any:
        """Give each direction its own half, if they are stacked apart."""
        if self.mixed or not self.bidirectional:
            return outputs
        return outputs[:, :, : self.hidden], outputs[:, :, self.hidden :]

    def _check(self, name: str, states: States, batch: int) -> States:
        shape = (self.depth, 2 if self.bidirectional else 1, batch, self.hidden)
        return check_states(name, states, self.record, shape, self.dtype)

    def _of_layer(self, states: States | None, k: int) -> States | None:
        if states is None:
            return None
        return tuple(state[k] if self.bidirectional else state[k, 0] for state in states)

    def _by_state(self, layers: list[States]) -> States:
        """Turn each layer's states into each state's layers."""
        states = (np.stack(layer) for layer in zip(*layers, strict=True))
        return tuple(state if self.bidirectional else state[:, None] for state in states)
