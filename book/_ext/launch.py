"""Open in Binder or Colab: the theme's buttons, once `_config.yml` names the repository, and none before."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.config import Config


def drop_buttons_without_repository(app: Sphinx, config: Config) -> None:
    """The theme fails on a page that asks for a button while it knows of no repository."""
    options = config.html_theme_options
    if not options.get("repository_url"):
        options["launch_buttons"] = {}


def setup(app: Sphinx) -> dict[str, bool]:
    """Decide before the theme reads its options."""
    app.connect("config-inited", drop_buttons_without_repository, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
