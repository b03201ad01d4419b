"""One step of each recurrent cell, with its step backward beside it."""

from birnn_ref.cells.gru import gru_step, gru_step_backward
from birnn_ref.cells.lstm import lstm_step, lstm_step_backward
from birnn_ref.cells.rnn import rnn_step, rnn_step_backward
from birnn_ref.cells.sigmoid import sigmoid

__all__ = [
    "gru_step",
    "gru_step_backward",
    "lstm_step",
    "lstm_step_backward",
    "rnn_step",
    "rnn_step_backward",
    "sigmoid",
]
