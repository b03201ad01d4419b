"""A mocked package stays unimported: autodoc looks for the source of each base class, and a mock names its module."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer

_find = ModuleAnalyzer.get_module_source


def refuse_mocked(app: Sphinx, config: Config) -> None:
    """Say that a mocked module has no source; without this, Sphinx imports the real one, with all that it prints."""
    mocked = set(config.autodoc_mock_imports)

    def source(name: str) -> tuple[str | None, str | None]:
        if name.partition(".")[0] in mocked:
            raise PycodeError(f"{name} is mocked")
        return _find(name)

    ModuleAnalyzer.get_module_source = staticmethod(source)


def setup(app: Sphinx) -> dict[str, bool]:
    """Refuse from the start."""
    app.connect("config-inited", refuse_mocked)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
