"""What the bibliography's markup needs for screen readers: its entries are items of a list."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def mend_roles(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Replace a role that ARIA has deprecated, and that a list may not contain."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, bool]:
    """Fix every page as it is written."""
    app.connect("html-page-context", mend_roles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
