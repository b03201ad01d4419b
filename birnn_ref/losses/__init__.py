"""Losses: each returns its value and its gradient with respect to the logits."""

from birnn_ref.cells.sigmoid import sigmoid
from birnn_ref.losses.cross_entropy import binary_cross_entropy, softmax, softmax_cross_entropy
from birnn_ref.losses.ctc import ctc_loss
from birnn_ref.losses.ctc_decoding import Labelling, ctc_align, ctc_beam_search, ctc_greedy
from birnn_ref.losses.errors import absolute_error, squared_error

__all__ = [
    "Labelling",
    "absolute_error",
    "binary_cross_entropy",
    "ctc_align",
    "ctc_beam_search",
    "ctc_greedy",
    "ctc_loss",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "squared_error",
]
