"""The directive ``{chapter-cards}``: the book's chapters as cards, each with its number, its title and a small picture.

The parts, the chapters and their order are those of `_toc.yml`; what comes after ``until`` is left to the sidebar.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import yaml
from card_pictures import PICTURES, PLAIN
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

TOC = Path(__file__).parents[1] / "_toc.yml"


class cards(nodes.General, nodes.Element):
    """Where the cards will stand, once every title is known."""


class ChapterCards(SphinxDirective):
    """Leave a place; ``until`` is the caption of the first part that has no cards."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the place."""
        self.env.note_dependency(str(TOC))
        return [cards(until=self.arguments[0])]


def card(number: int, title: str, address: str, name: str) -> str:
    """Return a card's markup."""
    picture = f'<svg viewBox="0 0 160 56" aria-hidden="true" focusable="false">{PICTURES.get(name, PLAIN)}</svg>'
    return f'<li><a href="{html.escape(address)}">{picture}<span>{number}. {html.escape(title)}</span></a></li>'


def fill(app: Sphinx, doctree: Any, page: str) -> None:
    """Put the cards in their place."""
    for place in list(doctree.findall(cards)):
        parts = yaml.safe_load(TOC.read_text(encoding="utf-8")).get("parts", [])
        number, found = 0, []
        for part in parts:
            if part["caption"] == place["until"]:
                break
            found.append(f'<p class="part">{html.escape(part["caption"])}</p><ul class="chapter-cards">')
            for chapter in part["chapters"]:
                number += 1
                document = chapter["file"]
                title = app.env.titles[document].astext()
                address = app.builder.get_relative_uri(page, document)
                found.append(card(number, title, address, document.rpartition("/")[2]))
            found.append("</ul>")
        place.replace_self(nodes.raw("", "".join(found), format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_node(cards)
    app.add_directive("chapter-cards", ChapterCards)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
