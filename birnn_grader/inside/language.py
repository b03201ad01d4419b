"""The language of a notebook's cells: Python, and what IPython adds to it.

A cell that is not plain Python goes through IPython's own input transformer. What that leaves calls `get_ipython`: here
a `Shell` that runs nothing but Python. This file is also read inside the sandbox, so it imports IPython only for a cell
that needs it, and beside that the standard library.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

_TIMED = re.compile(r"%%(time|capture|prun)\b")  # cell magics that run the cell as it stands, as Python


def to_python(source: str) -> str:
    r"""Return a cell as plain Python, line for line; as it came where it is not even IPython's.

    Examples
    --------
    >>> to_python("text = '''\n%d items'''")
    "text = '''\n%d items'''"
    >>> to_python("def f(x):\n    %time y = x\n    return y")
    "def f(x):\n    get_ipython().run_line_magic('time', 'y = x')\n    return y\n"
    """
    lines = source.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    while first < len(lines) and _TIMED.match(lines[first]):
        lines[first] = ""
        first += 1
    source = "\n".join(lines)
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    try:
        from IPython.core.inputtransformer2 import TransformerManager

        rest = source.lstrip("\n")  # the transformer drops empty lines in front, and with them the lines' numbers
        return "\n" * (len(source) - len(rest)) + str(TransformerManager().transform_cell(rest))  # type: ignore[no-untyped-call]
    except Exception:
        return source  # compiling it says what is wrong


class Silent:
    """An object of which everything can be asked and nothing comes."""

    def __getattr__(self, name: str) -> Any:
        return Silent()

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Return None."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class Shell(Silent):
    """What `get_ipython` gives: magics and shell commands that do nothing, but for ``%time``, which runs Python.

    ``run`` takes a line of Python, runs it in the notebook and returns its value.
    """

    def __init__(self, run: Callable[[str], Any], names: dict[str, Any]) -> None:
        self.run, self.user_ns = run, names

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> Any:
        """Run the Python after ``%time``; nothing for any other."""
        return self.run(line) if name == "time" and line.strip() else None

    def getoutput(self, *_: Any, **__: Any) -> list[str]:
        """Return the lines that a command printed: none."""
        return []


def display(*objects: Any, display_id: Any = None, **_: Any) -> Any:
    """Print what a notebook would display."""
    for each in objects:
        print(repr(each))
    return Silent() if display_id else None


def given(run: Callable[..., Any], names: dict[str, Any]) -> dict[str, Any]:
    """Return the names that every notebook finds defined."""
    shell = Shell(run, names)
    return {"get_ipython": lambda: shell, "display": display, "In": [""], "Out": {}, "_": "", "__": "", "___": ""}
