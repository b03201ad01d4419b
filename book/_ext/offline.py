"""Nothing from elsewhere: MathJax is copied from a package, and the theme's calls to public hosts are dropped."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

SCRIPT, FONTS = "tex-chtml.js", Path("output/chtml/fonts/woff-v2")


def _mathjax() -> Path:
    found = importlib.util.find_spec("sphinx-mathjax-offline")
    if not found or not found.origin:
        raise RuntimeError("sphinx-mathjax-offline is not installed: `make book` installs it")
    return Path(found.origin).parent / "static" / "mathjax"


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Copy the one script and its fonts; the package holds twenty times as much."""
    if error or app.builder.format != "html":
        return
    source, target = _mathjax(), Path(app.outdir) / "_static" / "mathjax"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / SCRIPT, target)
    shutil.copytree(source / FONTS, target / FONTS, dirs_exist_ok=True)


def drop_thebe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Leave out the loader of live code, which names a public host on every page."""
    for key in ("script_files", "css_files"):
        context[key] = [file for file in context[key] if "thebe" not in f"{file.filename} {file.attributes}".lower()]


NO_SUMMARIES = 'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'
"""The search reads the pages that it found to quote from them, which a page opened from disk may not."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Name the copied script as MathJax's address."""
    app.config.mathjax_path = f"mathjax/{SCRIPT}"
    app.add_js_file(None, body=NO_SUMMARIES)
    app.connect("build-finished", copy_mathjax)
    app.connect("html-page-context", drop_thebe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
