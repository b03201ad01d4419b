"""The inner loops compiled by Numba, one module per cell: what the extra ``fast`` brings, and the switch for it.

They compute what the NumPy scans of the same names compute, which are the ones to read. A block's steps run in one
function that does not hold the interpreter's lock, so both directions run at once, each on a core of its own (see
`birnn_ref.layers.scans.threads`). A function is compiled when it is first called, which takes a few seconds, and kept
on disk for the next process.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import warnings
from pathlib import Path
from typing import Any

NEEDED = ("numba", "scipy", "threadpoolctl")
VARIABLE = "BIRNN_COMPILED"
CELLS = tuple(
    sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in ("__init__", "kernels"))
)
_switch: bool | None = None


def use_compiled(on: bool | None) -> None:
    """Switch the compiled scans on or off, for the layers that this process makes from now on.

    Parameters
    ----------
    on : bool, or None
        None goes back to the default: on where the extra is installed, unless the environment variable
        ``BIRNN_COMPILED`` is 0.

    Raises
    ------
    TypeError
        If it is none of these.
    RuntimeError
        If they are switched on where the extra is not installed.
    """
    global _switch
    if on is not None and not isinstance(on, bool):
        raise TypeError(f"on must be True, False or None, got {on!r}")
    if on and (missing := _missing()):
        raise RuntimeError(f"the compiled scans need {missing}: pip install 'birnn-course[fast]'")
    _switch = on


def uses_compiled() -> bool:
    """Return whether layers made now use the compiled scans, where their cell has one."""
    if _switch is not None:
        return _switch
    return os.environ.get(VARIABLE, "1") != "0" and not _missing()


def compiled_scan(cell: str) -> Any:
    """Return a cell's compiled `birnn_ref.layers.scans.scan.Scan`; None where NumPy's is to be used."""
    if not uses_compiled() or cell not in CELLS:
        return None
    try:
        return importlib.import_module(f"{__name__}.{cell}").SCAN
    except Exception as error:  # Numba raises errors of its own on a Python or NumPy that it does not know
        warnings.warn(f"the compiled scans do not load ({error}): NumPy's are used", RuntimeWarning, stacklevel=2)
        use_compiled(False)
        return None


def _missing() -> str:
    return ", ".join(name for name in NEEDED if importlib.util.find_spec(name) is None)
