"""One step of each recurrent cell, with its backward pass beside it, in a file of its own.

``CELLS`` holds the `Cell` of every module here, by name. To add a cell is to add a file.
"""

from importlib import import_module as _import
from pkgutil import iter_modules as _modules
from typing import Any

from birnn_ref._checks import check_choice
from birnn_ref.cells.cell import Cell, Option
from birnn_ref.cells.gru import gru_step, gru_step_backward
from birnn_ref.cells.lstm import lstm_step, lstm_step_backward
from birnn_ref.cells.rnn import rnn_step, rnn_step_backward
from birnn_ref.cells.sigmoid import sigmoid

CELLS: dict[str, Cell] = {
    found.name: found
    for module in _modules(__path__)
    for found in vars(_import(f"{__name__}.{module.name}")).values()
    if isinstance(found, Cell)
}
"""Every cell by its name."""


def find_cell(cell: Any) -> Cell:
    """Return the `Cell` of a name; a `Cell` is returned as it is.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if isinstance(cell, Cell):
        return cell
    return CELLS[check_choice("cell", cell, tuple(CELLS))]


__all__ = [
    "CELLS",
    "Cell",
    "Option",
    "find_cell",
    "gru_step",
    "gru_step_backward",
    "lstm_step",
    "lstm_step_backward",
    "rnn_step",
    "rnn_step_backward",
    "sigmoid",
]
