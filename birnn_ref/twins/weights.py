"""Weights by the names and shapes of each library, in NumPy alone: gate orders, transposes and bias vectors.

=========  ==================  ==========================  ===========================================
cell       birnn_ref           PyTorch (rows transposed)   Keras
=========  ==================  ==========================  ===========================================
RNN        one bias            two biases, added           one bias
LSTM       gates i f g o       gates i f g o, two biases   gates i f c o (c is g), one bias
GRU        gates r z n, b_hn   gates r z n, two biases     gates z r h (h is n), two rows of biases
=========  ==================  ==========================  ===========================================

The GRU that resets before the product has one bias in birnn_ref and in Keras, and none is in `torch.nn`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.cells import CELLS

OF_FRAMEWORKS = ("rnn", "lstm", "gru")
"""The cells that PyTorch, Keras and ONNX have."""

_KERAS_ORDER = {"rnn": (0,), "lstm": (0, 1, 2, 3), "gru": (1, 0, 2)}  # each order is its own inverse

Params = dict[str, Float]


def check_framework_has(cell: str) -> None:
    """Refuse a cell that frameworks lack.

    Examples
    --------
    >>> check_framework_has("elman")
    Traceback (most recent call last):
    ...
    ValueError: no framework has the cell 'elman': only rnn, lstm, gru have twins
    """
    if cell not in OF_FRAMEWORKS:
        raise ValueError(f"no framework has the cell {cell!r}: only {', '.join(OF_FRAMEWORKS)} have twins")


def torch_from_ref(cell: str, params: Mapping[str, Float]) -> Params:
    r"""Return one direction's weights as `torch.nn` names and shapes them.

    The whole of ``b_h`` goes into ``bias_ih``; ``bias_hh`` is zero but for the GRU's ``b_hn``.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
    params : mapping
        ``W_xh (features, gates * hidden)``, ``W_hh (hidden, gates * hidden)``, ``b_h (gates * hidden,)``, and for the
        GRU that resets after the product ``b_hn (hidden,)``.

    Returns
    -------
    dict
        ``weight_ih (gates * hidden, features)``, ``weight_hh (gates * hidden, hidden)``, ``bias_ih`` and ``bias_hh``
        ``(gates * hidden,)``.

    Examples
    --------
    >>> params = {"W_xh": np.ones((5, 6)), "W_hh": np.ones((2, 6)), "b_h": np.ones(6), "b_hn": np.array([7.0, 8.0])}
    >>> torch_from_ref("gru", params)["bias_hh"]
    array([0., 0., 0., 0., 7., 8.])
    """
    check_framework_has(cell)
    bias_hh = np.zeros_like(params["b_h"])
    if "b_hn" in params:
        bias_hh[-len(params["b_hn"]) :] = params["b_hn"]
    return {
        "weight_ih": params["W_xh"].T.copy(),
        "weight_hh": params["W_hh"].T.copy(),
        "bias_ih": params["b_h"].copy(),
        "bias_hh": bias_hh,
    }


def ref_from_torch(cell: str, weights: Mapping[str, Float], *, reset_after: bool = True) -> Params:
    r"""Return one direction's `torch.nn` weights by the book's names: the reverse of `torch_from_ref`.

    The two biases are added, but the GRU's candidate keeps both: :math:`b_{hn}` stands inside the product with r.

    Examples
    --------
    >>> weights = {"weight_ih": np.ones((2, 3)), "weight_hh": np.ones((2, 2)), "bias_ih": np.ones(2)}
    >>> ref_from_torch("rnn", {**weights, "bias_hh": np.ones(2)})["b_h"]
    array([2., 2.])
    """
    check_framework_has(cell)
    params = {"W_xh": weights["weight_ih"].T.copy(), "W_hh": weights["weight_hh"].T.copy()}
    hidden = len(params["W_hh"])
    params["b_h"] = weights["bias_ih"] + weights["bias_hh"]
    if cell == "gru" and reset_after:
        params["b_h"][2 * hidden :] = weights["bias_ih"][2 * hidden :]
        params["b_hn"] = weights["bias_hh"][2 * hidden :].copy()
    return params


def ref_gradients_from_torch(cell: str, gradients: Mapping[str, Float], *, reset_after: bool = True) -> Params:
    """Return one direction's gradients by the book's names: those of both biases equal that of their sum.

    Examples
    --------
    >>> gradients = {"weight_ih": np.ones((2, 3)), "weight_hh": np.ones((2, 2)), "bias_ih": np.ones(2)}
    >>> ref_gradients_from_torch("rnn", {**gradients, "bias_hh": np.ones(2)})["b_h"]
    array([1., 1.])
    """
    grads = ref_from_torch(cell, gradients, reset_after=reset_after)
    grads["b_h"] = gradients["bias_ih"].copy()
    return grads


def keras_from_ref(cell: str, params: Mapping[str, Float]) -> list[Float]:
    r"""Return one direction's weights in the order of a Keras layer's ``get_weights``.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
    params : mapping
        As in `torch_from_ref`.

    Returns
    -------
    list
        ``kernel (features, gates * hidden)``, ``recurrent_kernel (hidden, gates * hidden)`` and ``bias``: of shape
        ``(gates * hidden,)``, or ``(2, gates * hidden)`` for the GRU that resets after the product.

    Examples
    --------
    >>> params = {"W_xh": np.array([[1.0, 2.0, 3.0]]), "W_hh": np.zeros((1, 3)), "b_h": np.zeros(3)}
    >>> keras_from_ref("gru", params)[0]  # r z n becomes z r h
    array([[2., 1., 3.]])
    """
    check_framework_has(cell)
    bias = params["b_h"]
    if "b_hn" in params:
        second = np.zeros_like(bias)
        second[-len(params["b_hn"]) :] = params["b_hn"]
        bias = np.stack([bias, second])
    return [_reorder(cell, weights) for weights in (params["W_xh"], params["W_hh"], bias)]


def ref_from_keras(cell: str, weights: list[Float]) -> Params:
    """Return one direction's Keras weights by the book's names: the reverse of `keras_from_ref`.

    Examples
    --------
    >>> kernel, recurrent = np.array([[1.0, 2.0, 3.0]]), np.zeros((1, 3))
    >>> bias = np.array([[1.0, 1.0, 1.0], [10.0, 20.0, 30.0]])
    >>> params = ref_from_keras("gru", [kernel, recurrent, bias])
    >>> params["b_h"], params["b_hn"]
    (array([21., 11.,  1.]), array([30.]))
    """
    check_framework_has(cell)
    W_xh, W_hh, bias = (_reorder(cell, np.asarray(array)) for array in weights)
    if bias.ndim == 1:
        return {"W_xh": W_xh, "W_hh": W_hh, "b_h": bias}
    hidden = len(W_hh)
    b_h = bias.sum(axis=0)
    b_h[2 * hidden :] = bias[0, 2 * hidden :]
    return {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h, "b_hn": bias[1, 2 * hidden :].copy()}


def ref_gradients_from_keras(cell: str, gradients: list[Float]) -> Params:
    """Return one direction's gradients by the book's names.

    Examples
    --------
    >>> gradients = [np.ones((1, 3)), np.ones((1, 3)), np.ones((2, 3))]
    >>> ref_gradients_from_keras("gru", gradients)["b_h"]
    array([1., 1., 1.])
    """
    grads = ref_from_keras(cell, gradients)
    if np.ndim(gradients[2]) == 2:
        grads["b_h"] = _reorder(cell, np.asarray(gradients[2]))[0].copy()
    return grads


def _reorder(cell: str, weights: Float) -> Float:
    """Put the gates along the last axis into the other library's order."""
    gates = np.split(weights, len(CELLS[cell].gates.split()), axis=-1)
    return np.concatenate([gates[i] for i in _KERAS_ORDER[cell]], axis=-1)
