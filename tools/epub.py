"""An EPUB of chapters that are XHTML already: its list of files, its contents and its pictures, in one archive."""

from __future__ import annotations

import html
import mimetypes
import re
import uuid
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

ROOT = Path(__file__).resolve().parents[1]
Listed = list[tuple[str, list[tuple[str, str]]]]
"""Captions of parts, each with its chapters' ids and titles."""
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
XHTML = """<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><title>{title}</title><link rel="stylesheet" type="text/css" href="paper.css"/></head>
<body>{body}</body></html>"""
PACKAGE = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">{id}</dc:identifier>
<dc:title>{title}</dc:title><dc:creator>{authors}</dc:creator><dc:language>en</dc:language>
<dc:rights>Text under CC BY 4.0, code under the MIT licence.</dc:rights>
<meta property="dcterms:modified">{date}T00:00:00Z</meta></metadata>
<manifest>{manifest}</manifest><spine>{spine}</spine></package>"""
LINK = re.compile(r'href="#([^"]+?)(--[^"]*)?"')
PICTURE = re.compile(r'src="(file:[^"]+)"')
FIXED = (1980, 1, 1, 0, 0, 0)


def linked(section: str, chapters: set[str]) -> str:
    """Return a chapter whose links lead to the files of the others.

    >>> linked('<a href="#b--x">', {"b"}), linked('<a href="#index">', {"b"})
    ('<a href="b.xhtml#b--x">', '<a href="contents.xhtml">')
    """

    def led(found: re.Match[str]) -> str:
        key, at = found[1], found[2] or ""
        return f'href="{key}.xhtml#{key}{at}"' if key in chapters else 'href="contents.xhtml"'

    return LINK.sub(led, section)


def illustrated(section: str, site: Path, pictures: dict[str, Path]) -> str:
    """Return a chapter with its pictures beside it, which are added to those of the book."""

    def beside(found: re.Match[str]) -> str:
        path = Path(unquote(urlsplit(html.unescape(found[1])).path))
        inside = path.relative_to(site.resolve()).as_posix().strip("_").replace("/", "-")
        pictures[inside] = path
        return f'src="{inside}"'

    return PICTURE.sub(beside, section)


def contents(listed: Listed, title: str) -> str:
    """Return the page that lists the chapters, which a reader shows as its menu."""
    items = "".join(
        f"<li><span>{html.escape(caption)}</span><ol>"
        + "".join(f'<li><a href="{key}.xhtml">{html.escape(name)}</a></li>' for key, name in chapters)
        + "</ol></li>"
        for caption, chapters in listed
    )
    nav = f'<h1>{html.escape(title)}</h1><nav epub:type="toc"><ol>{items}</ol></nav>'
    return XHTML.format(title="Contents", body=nav)


def item(name: str, text: str = "") -> str:
    """Return a file's line in the list of files."""
    kind = "application/xhtml+xml" if name.endswith(".xhtml") else mimetypes.guess_type(name)[0]
    needs = [word for word, sign in (("mathml", "<math"), ("svg", "<svg")) if sign in text]
    needs += ["nav"] if name == "contents.xhtml" else []
    properties = f' properties="{" ".join(needs)}"' if needs else ""
    return f'<item id="{re.sub(r"[^A-Za-z0-9_-]", "-", name)}" href="{name}" media-type="{kind}"{properties}/>'


def write_epub(into: Path, listed: Listed, sections: dict[str, str], site: Path, style: Path) -> None:
    """Write the archive: the same bytes for the same chapters."""
    said = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    title = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    titles = {key: name for _, chapters in listed for key, name in chapters}
    pictures: dict[str, Path] = {}
    texts = {"contents.xhtml": contents(listed, title)}
    for key, section in sections.items():
        body = illustrated(linked(section, set(sections)), site, pictures)
        texts[f"{key}.xhtml"] = XHTML.format(title=html.escape(titles[key]), body=body)
    manifest = [item(name, text) for name, text in texts.items()]
    manifest += [item(name) for name in ["paper.css", *pictures]]
    spine = "".join(f'<itemref idref="{re.sub(r"[^A-Za-z0-9_-]", "-", name)}"/>' for name in texts)
    package = PACKAGE.format(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"{title} {said['version']}").urn,
        title=html.escape(title),
        authors=html.escape(", ".join(author["name"] for author in said["authors"])),
        date=said["date-released"],
        manifest="".join(manifest),
        spine=spine,
    )
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, data: str | bytes, kind: int = zipfile.ZIP_DEFLATED) -> None:
            archive.writestr(zipfile.ZipInfo(name, FIXED), data, kind)

        add("mimetype", "application/epub+zip", zipfile.ZIP_STORED)  # a reader looks for it in the first bytes
        add("META-INF/container.xml", CONTAINER)
        add("book/content.opf", package)
        for name, text in {**texts, "paper.css": style.read_text(encoding="utf-8")}.items():
            add(f"book/{name}", text)
        for name, path in pictures.items():
            add(f"book/{name}", path.read_bytes())
