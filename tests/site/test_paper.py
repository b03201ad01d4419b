"""The book as a PDF and an EPUB: whole, with its bookmarks, its formulas set, its links leading somewhere."""

import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile

import build_book
import nbformat
import paper
import pypdf
import pytest
import yaml

CHOSEN = [
    paper.Part("BRNN architecture", ["part2_brnn/two_chains", "part2_brnn/limits"]),
    paper.Part("Keras on IMDb", ["part3_keras_imdb/at_work"]),
]
"""A part of the book with a moving picture, formulas, figures, code in tabs and tables."""
PAGES = [page for part in CHOSEN for page in part.pages]


@pytest.fixture(scope="module")
def printed(site, browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    paper.print_book(browser, site, CHOSEN, folder)
    return folder


@pytest.fixture(scope="module")
def pdf(printed):
    return pypdf.PdfReader(printed / "book.pdf")


@pytest.fixture(scope="module")
def text(pdf):
    return "\n".join(page.extract_text() for page in pdf.pages)


@pytest.fixture(scope="module")
def epub(printed):
    with zipfile.ZipFile(printed / "book.epub") as archive:
        assert archive.infolist()[0].filename == "mimetype"
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        return {name: archive.read(name) for name in archive.namelist()}


def _titles(entries):
    return [title for e in entries for title in (_titles(e) if isinstance(e, list) else [e.title])]


def test_every_page_but_those_for_screens_goes_on_paper():
    contents = build_book.pages(yaml.safe_load((build_book.BOOK / "_toc.yml").read_text()))
    kept = [page for part in paper.parts() for page in part.pages]
    assert [page for page in contents if page not in kept and not page.startswith("back/api/")] == ["index"]


def test_bookmarks_are_parts_chapters_and_sections(pdf):
    titles = _titles(pdf.outline)
    assert [part.caption for part in CHOSEN if part.caption not in titles] == []
    assert len([title for title in titles if re.match(r"\d+\. ", title)]) == len(PAGES)
    assert len(titles) > 15


def test_formulas_are_set_and_nothing_moves_or_asks_to_be_clicked(text):
    assert not re.search(r"\\\(|\\\[|\\frac|\\begin", text)
    assert "Show code cell" not in text
    assert "Reading time" not in text


def test_links_lead_within_the_book_or_to_the_web(pdf):
    links = [entry.get_object() for page in pdf.pages for entry in page.get("/Annots") or []]
    elsewhere = [link["/A"]["/URI"] for link in links if "/URI" in link.get("/A", {})]
    assert [address for address in elsewhere if not address.startswith(("http", "mailto"))] == []
    assert sum("/Dest" in link for link in links) > len(PAGES)


def test_no_code_is_cut_off(text):
    """What ends each shown line is on the paper: a line that is too long goes on in the next one."""
    squeezed = re.sub(r"\s", "", text)
    for page in PAGES:
        path = build_book.BOOK / f"{page}.ipynb"
        for cell in nbformat.read(path, as_version=4).cells if path.is_file() else ():
            if cell.cell_type == "code" and not {"hide-input", "remove-input"} & set(cell.metadata.get("tags", ())):
                lost = [line for line in cell.source.splitlines() if re.sub(r"\s", "", line) not in squeezed]
                assert lost == [], page


def test_it_is_light_enough_to_send(printed):
    sizes = {kind: (printed / f"book.{kind}").stat().st_size for kind in ("pdf", "epub")}
    assert sizes["pdf"] < 5_000_000, sizes
    assert sizes["epub"] < 5_000_000, sizes


def _broken(epub):
    """Return what is wrong with an EPUB, one line each."""
    wrong, ids = [], {}
    for name, data in epub.items():
        if name.endswith((".xhtml", ".opf", ".xml")):
            try:
                ids[name] = {element.get("id") for element in ET.fromstring(data).iter()}
            except ET.ParseError as error:
                wrong.append(f"{name}: {error}")
    for name, data in epub.items():
        if name.endswith(".xhtml"):
            for address in re.findall(r'(?:href|src)="([^"]+)"', data.decode()):
                path, _, at = address.partition("#")
                target = posixpath.join(posixpath.dirname(name), path) if path else name
                if "://" in address or address.startswith("mailto:"):
                    continue
                if target not in epub or (at and at not in ids.get(target, ())):
                    wrong.append(f"{name}: {address} leads nowhere")
    listed = re.findall(r'href="([^"]+)"', epub["book/content.opf"].decode())
    inside = {name.removeprefix("book/") for name in epub if name.startswith("book/")} - {"content.opf"}
    wrong += [f"book/{name} is not listed" for name in sorted(inside - set(listed))]
    return wrong + [f"{name} is listed, and not there" for name in listed if f"book/{name}" not in epub]


def test_the_epub_is_well_formed_and_whole(epub):
    assert _broken(epub) == []
    spine = re.findall(r'idref="([^"]+)"', epub["book/content.opf"].decode())
    assert spine == ["contents-xhtml", *(f"{paper.name(page)}-xhtml" for page in PAGES)]


def test_its_formulas_are_mathml(epub, site):
    for page in PAGES:
        chapter = epub[f"book/{paper.name(page)}.xhtml"].decode()
        written = len(re.findall(r'class="math ', (site / f"{page}.html").read_text()))
        assert chapter.count("<math") == written, page
        assert "<mjx-" not in chapter


def test_code_in_tabs_stands_one_after_another(epub):
    chapter = epub["book/part3_keras_imdb-at_work.xhtml"].decode()
    assert "<input" not in chapter
    assert chapter.count('class="tab"') >= 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</body>", b""),
        (b"</body>", b'<a href="nowhere.xhtml">there</a></body>'),
        (b"</body>", b'<a href="#nowhere">there</a></body>'),
        (b"</body>", b'<img alt="lost" src="lost.svg"/></body>'),
    ],
)
def test_what_is_broken_is_found(old, new, epub):
    name = f"book/{paper.name(PAGES[0])}.xhtml"
    assert len(_broken({**epub, name: epub[name].replace(old, new)})) >= 1
    assert _broken({**epub, "book/more.xhtml": b"<html/>"}) == ["book/more.xhtml is not listed"]


def test_a_chapter_that_is_not_built_stops_it(tmp_path):
    (tmp_path / "a.html").write_text("<p>not a chapter</p>")
    with pytest.raises(SystemExit, match=r"a\.html has no article"):
        paper.chapter(tmp_path, "a", set(), "")
