"""Recurrent layers: one direction, two directions, and stacks of either, over any cell of `birnn_ref.cells`."""

from birnn_ref.layers.recurrent.bidirectional import Bidirectional
from birnn_ref.layers.recurrent.recurrent import Recurrent
from birnn_ref.layers.recurrent.stack import Stack

__all__ = ["Bidirectional", "Recurrent", "Stack"]
