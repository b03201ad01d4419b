"""The role ``{result}``: a number in the text is read from a stored result, never typed.

``{result}`imdb_tutorial summary.best.mean .1%` `` names the file in ``book/results``, the path inside it and a format.
The directive ``{result-files}`` lists all of them, to take along.
"""

from __future__ import annotations

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from birnn_ref.experiments.study import find

RESULTS = Path(__file__).parents[1] / "results"


def lookup(text: str, folder: Path = RESULTS) -> str:
    """Resolve ``NAME PATH [FORMAT]``; a wrong name, path or format is a ValueError that says which."""
    name, path, *spec = text.split(maxsplit=2)
    file = folder / f"{name}.json"
    if not file.is_file():
        raise ValueError(f"no stored result {name}: `python -m birnn_ref.experiments {name}` makes it")
    value = json.loads(file.read_text(encoding="utf-8"))
    for key in path.split("."):
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, TypeError, ValueError):
            raise ValueError(f"{name} has no {path}: it stops at {key!r}") from None
    if isinstance(value, (dict, list)):
        raise ValueError(f"{name} {path} is no single value")
    return format(value, spec[0] if spec else "").replace("%", "\u202f%")  # a narrow space that does not break


class ResultRole(SphinxRole):
    """Insert a stored figure."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the figure as text, or a warning that stops the build."""
        try:
            return [nodes.Text(lookup(self.text))], []
        except ValueError as error:
            return [], [self.inliner.reporter.error(f"result role: {error}", line=self.lineno)]


def file_list(folder: Path = RESULTS) -> str:
    """Return a list of the stored results in MyST: what each is about, and the file itself."""
    files = sorted(folder.glob("*.json"))
    return "\n".join(
        f"- `{file.stem}`: {find(file.stem).line()} {{download}}`{file.stem}.json <../{folder.name}/{file.name}>` "
        f"({-(-file.stat().st_size // 1000)} kB)"
        for file in files
    )


class ResultFiles(SphinxDirective):
    """The stored results, as links that download them."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        return self.parse_text_to_nodes(file_list())


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role and the directive."""
    app.add_role("result", ResultRole())
    app.add_directive("result-files", ResultFiles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
