"""The commands that a page of the book shows, in their order, each with what the page says that it prints."""

import re

from support import ROOT

BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```", re.M | re.S)


def shown(page):
    """Return ``(command, lines)`` for every command of a page of the instructors'."""
    found = []
    for kind, block in BLOCK.findall((ROOT / "book/instructors" / page).read_text()):
        lines = [line for line in block.splitlines() if line.strip()]
        if kind == "sh":
            found += [(line.split("  #")[0], []) for line in lines]
        else:
            found[-1][1].extend(lines)
    return found
