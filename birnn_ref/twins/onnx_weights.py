"""Weights as ONNX's recurrent operators take them, both directions at once.

========  ==================  ====================================================
cell      birnn_ref           ONNX (rows transposed, two biases after one another)
========  ==================  ====================================================
RNN       one bias            one gate
LSTM      gates i f g o       gates i o f c (c is g)
GRU       gates r z n, b_hn   gates z r h (h is n)
========  ==================  ====================================================
"""

from __future__ import annotations

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.twins.weights import Params, ref_from_torch, torch_from_ref

_ORDER = {"rnn": [0], "lstm": [0, 3, 1, 2], "gru": [1, 0, 2]}


def stacked(cell: str, directions: list[Params]) -> Params:
    """Return the directions' weights as the operator takes them."""
    weights = [torch_from_ref(cell, params) for params in directions]
    W, R, b_W, b_R = (
        np.stack([_reorder(cell, w[name], _ORDER[cell]) for w in weights])
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return {"W": W, "R": R, "B": np.concatenate([b_W, b_R], axis=1)}


def apart(cell: str, arrays: Params, *, reset_after: bool = True) -> list[Params]:
    """Return each direction's weights by the book's names: the reverse of `stacked`."""
    back = np.argsort(_ORDER[cell]).tolist()
    found = []
    for W, R, B in zip(arrays["W"], arrays["R"], arrays["B"], strict=True):
        names = dict(zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), (W, R, *np.split(B, 2)), strict=True))
        ordered = {name: _reorder(cell, value, back) for name, value in names.items()}
        found.append(ref_from_torch(cell, ordered, reset_after=reset_after))
    return found


def _reorder(cell: str, weights: Float, order: list[int]) -> Float:
    """Put the gates along the first axis into another order."""
    gates = np.split(weights, len(_ORDER[cell]))
    return np.concatenate([gates[k] for k in order])
