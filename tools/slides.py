"""Slides of the lectures: ``python tools/slides.py`` writes a deck for each into `_build/slides`.

They are made of the pages that `make book` has built: a section is a slide, or several under each other where it is
long. Folded code, moving pictures and links between pages stay on the site. reveal.js shows them; it is npm's package,
held to its published sum and copied beside the decks, so a deck needs no network, only the site in the folder `html`.
"""

from __future__ import annotations

import html
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import paper
from bs4 import Tag
from build_book import BOOK, HTML, missing_pages

sys.path.insert(0, str(BOOK / "_ext"))
from review_reader import package

VERSION = "5.2.1"
SHA512 = (
    "afbfffea620ce69df884588332f61f5e0ca35ea191b5afbfa6c77d62dcadb204"
    "65ae947316fe116c7efa4d7776a83fbb64f6446e904385d46125a1607d0ef335"
)
LECTURES = (
    ("part1_fundamentals/unrolling",),
    ("part1_fundamentals/backpropagation", "part1_fundamentals/gradients"),
    ("part1_fundamentals/lstm_gru",),
    ("part2_brnn/one_direction", "part2_brnn/bidirectional"),
    ("part2_brnn/lengths", "part3_keras_imdb/traps"),
    ("part3_keras_imdb/tutorial", "part3_keras_imdb/properly"),
    ("part4_variants/bilstm_bigru", "part4_variants/cnn_bilstm", "part4_variants/attention"),
    ("part5_applications/filtering_smoothing", "part5_applications/naming"),
    ("part5_applications/time_series",),
    ("part2_brnn/limits", "part2_brnn/cost"),
)
"""The pages of each lecture, in the order of `instructors/teaching`."""
LEFT_OUT = ("Checks", "Exercise", "Sources")
LONGEST = 700
"""Characters of a slide, unless one block alone has more."""
STYLE = """
.reveal { font: 26px/1.4 Helvetica, Arial, "DejaVu Sans", sans-serif; }
.reveal .slides { text-align: left; }
.reveal .slides section { box-sizing: border-box; max-height: 100%; overflow: auto; padding: 0 1em; }
.reveal h1, .reveal h2 { line-height: 1.15; margin: 0.3em 0; }
.reveal pre { background: #f5f5f5; font-size: 0.62em; line-height: 1.35; padding: 0.5em; white-space: pre-wrap; }
.reveal table { border-collapse: collapse; font-size: 0.75em; }
.reveal td, .reveal th { border-bottom: 1px solid #ccc; padding: 0.15em 0.6em; }
.reveal img { max-height: 460px; max-width: 100%; }
.reveal figcaption { font-size: 0.75em; }
"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="reveal/reveal.css"><link rel="stylesheet" href="../html/_static/pygments.css">
<style>{style}</style><script defer src="../html/_static/mathjax/tex-chtml.js"></script></head>
<body class="tex2jax_ignore"><div class="reveal"><div class="slides">
{slides}
</div></div><script src="reveal/reveal.js"></script>
<script>Reveal.initialize({{ center: false, hash: true, width: 1280, height: 720, slideNumber: "c/t" }});</script>
</body></html>"""


def blocks(section: Tag) -> tuple[str, list[Tag]]:
    """Return a section's heading, and what stands in it before its own subsections."""
    own = [child for child in section.find_all(recursive=False) if child.name != "section"]
    heading = next((child for child in own if child.name in ("h2", "h3", "h4", "h5")), None)
    title = " ".join(heading.get_text().split()) if heading else ""
    return title, [child for child in own if child is not heading and (child.get_text(strip=True) or child.find("img"))]


def split(found: list[Tag]) -> Iterator[list[Tag]]:
    """Give the blocks in groups, each no longer than a slide; a picture stands with what is said before it."""
    group: list[Tag] = []
    for block in found:
        size = sum(len(one.get_text()) for one in [*group, block])
        if group and (size > LONGEST or any(one.find("img") for one in group)):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def deck(site: Path, number: int, pages: tuple[str, ...]) -> str:
    """Return a lecture's deck as a page."""
    chapters = [paper.chapter(site, page, set(), "../html/") for page in pages]
    for link in (link for chapter in chapters for link in chapter.select("a[href^='#']")):
        link.unwrap()
    titles = [blocks(section)[0] for chapter in chapters for section in chapter.select("section")[:1]]
    first = f"<h1>Lecture {number}</h1>" + "".join(f"<p>{html.escape(title)}</p>" for title in titles)
    slides = [f"<section>{first}</section>"]
    for section in (section for chapter in chapters for section in chapter.select("section")):
        title, found = blocks(section)
        if title in LEFT_OUT or not found:
            continue
        head = f"<h2>{html.escape(title)}</h2>"
        parts = [f"<section>{head}{''.join(map(str, group))}</section>" for group in split(found)]
        slides.append(parts[0] if len(parts) == 1 else f"<section>{''.join(parts)}</section>")
    return PAGE.format(title=f"Lecture {number}", style=STYLE, slides="\n".join(slides))


def write(site: Path = HTML, lectures: tuple[tuple[str, ...], ...] = LECTURES) -> list[Path]:
    """Write the decks beside the site, and reveal.js beside them."""
    folder = site.parent / "slides"
    (folder / "reveal").mkdir(parents=True, exist_ok=True)
    with tarfile.open(package("reveal.js", VERSION, SHA512)) as archive:
        for name in ("dist/reveal.css", "dist/reveal.js", "LICENSE"):
            found = archive.extractfile(f"package/{name}")
            (folder / "reveal" / Path(name).name).write_bytes(found.read() if found else b"")
    decks = [folder / f"lecture{number}.html" for number in range(1, len(lectures) + 1)]
    for number, (path, pages) in enumerate(zip(decks, lectures, strict=True), 1):
        path.write_text(deck(site, number, pages), encoding="utf-8")
    return decks


def main() -> None:
    if wrong := missing_pages():
        sys.exit("\n".join([*wrong, "the slides are made of built pages: run `make book` first"]))
    decks = write()
    print(f"{len(decks)} decks: open {decks[0]}")


if __name__ == "__main__":
    main()
