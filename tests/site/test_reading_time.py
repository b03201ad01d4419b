"""Each chapter says under its title how long it takes to read and which exercise goes with it."""

import re
import types

import build_book
import pytest
import reading_time
import yaml
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from support import ROOT

CHAPTERS = [
    page
    for page in build_book.pages(yaml.safe_load((build_book.BOOK / "_toc.yml").read_text()))
    if reading_time.CHAPTER.match(page)
]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_says_so_and_leads_to_its_exercise(chapter, site):
    page = BeautifulSoup((site / f"{chapter}.html").read_text(), "html.parser")
    (line,) = page.select("h1 + .chapter-facts")
    minutes, sets = re.fullmatch(r"Reading time: (\d+) min. Exercise: problem sets? (.*)", line.text).groups()
    assert 2 <= int(minutes) <= 40
    assert all((ROOT / "solutions" / f"ps{number}").is_dir() for number in sets.split(" and ")), sets
    assert page.select_one(line.a["href"]).h2.text.startswith("Exercise")


def test_every_page_but_the_ends_leads_on_and_back(site):
    for chapter in CHAPTERS:
        html = (site / f"{chapter}.html").read_text()
        assert '<a class="left-prev"' in html
        assert '<a class="right-next"' in html


def chapter(words=0, lines=0, outputs=0, folded=0, exercise="Problem set 3."):
    document = new_document("chapter")
    top = nodes.section(ids=["title"])
    top += nodes.title("", "Title")
    top += nodes.paragraph("", " ".join(["word"] * words))
    top += nodes.literal_block("", "\n".join(["x = 1"] * lines))
    top += nodes.container("", nodes.literal_block("", "1\n" * outputs), classes=["cell_output"])
    top += nodes.container("", nodes.literal_block("", "x = 1\n" * folded), classes=["cell", "tag_hide-input"])
    if exercise is not None:
        top += nodes.section("", nodes.title("", "Exercise"), nodes.paragraph("", exercise), ids=["exercise"])
    document += top
    return document


@pytest.mark.parametrize(
    ("held", "minutes"),
    [
        ({"words": 170}, 1),
        ({"words": 350}, 2),
        ({"words": 170, "lines": 60}, 4),
        ({"words": 170, "outputs": 999, "folded": 999}, 1),
    ],
)
def test_words_and_code_take_time_and_what_is_passed_over_none(held, minutes):
    assert reading_time.minutes(chapter(**held)) == minutes


def facts(document, page="part1_fundamentals/unrolling"):
    app = types.SimpleNamespace(env=types.SimpleNamespace(docname=page))
    reading_time.add_facts(app, document)
    return [node for node in document.findall(nodes.paragraph) if "chapter-facts" in node["classes"]]


def test_the_line_names_every_problem_set_once():
    (line,) = facts(chapter(exercise="Problem set 4 and `exercises/ps7`; problem set 4 again."))
    assert line.astext() == "Reading time: 1 min. Exercise: problem sets 4 and 7"


def test_what_is_not_a_chapter_has_no_line():
    assert facts(chapter(), page="back/notation") == []


@pytest.mark.parametrize("exercise", [None, "None yet."])
def test_a_chapter_without_an_exercise_is_a_warning_which_stops_the_build(exercise, monkeypatch):
    said = []
    monkeypatch.setattr(reading_time.logger, "warning", lambda text, page: said.append(text % page))
    assert facts(chapter(exercise=exercise)) == []
    assert said == ["part1_fundamentals/unrolling: no section Exercise that names a problem set"]
