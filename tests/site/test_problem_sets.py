"""The pages of the problem sets: whole, without a solution, with a notebook to take along and questions to answer."""

import re

import launch
import mutants
import pytest
import yaml
from browsing import Visit
from problem_sets import BOOK, buttons, page, parts_of, text_of
from support import ROOT

from birnn_student.questions import check, questions

NAMES = mutants.published()
ASKED = [(name, k) for name in NAMES for k in range(len(questions(name)))]


def test_the_contents_list_every_set():
    parts = yaml.safe_load((BOOK / "_toc.yml").read_text())["parts"]
    (listed,) = (part["chapters"] for part in parts if part["caption"] == "Problem sets")
    assert {chapter["file"] for chapter in listed} == {f"sets/{name}" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
class TestPage:
    def test_it_has_the_sets_parts_and_no_solution(self, name):
        made = page(name, "", {})
        assert all(f"| {part['number']} | " in made for part in parts_of(name))
        for cell in mutants.code_cells(name):
            for answer in re.findall(r"### BEGIN SOLUTION\n(.*?)\s*### END", cell.source, re.DOTALL):
                assert answer not in made
        assert "HIDDEN" not in made
        assert "_build" not in made

    def test_the_built_page_has_its_title_its_notebook_and_links_to_chapters(self, name, site):
        html = (site / "sets" / f"{name}.html").read_text()
        assert text_of(name)[0].split(":")[0] in html
        (path,) = set(re.findall(r'href="([^"]*_downloads/[^"]*\.ipynb)"', html))
        assert (site / "sets" / path).read_bytes() == (ROOT / f"exercises/{name}/{name}.ipynb").read_bytes()
        assert re.search(r'href="\.\./(part\d_\w+|instructors)/\w+\.html"', html)


def test_buttons_open_the_notebook_where_there_is_an_address():
    offered = {"binderhub_url": "https://mybinder.org", "colab_url": "https://colab.research.google.com"}
    made = buttons("ps1", "https://github.com/someone/birnn", offered)
    assert "https://mybinder.org/v2/gh/someone/birnn/main?urlpath=lab/tree/exercises/ps1/ps1.ipynb" in made
    assert "https://colab.research.google.com/github/someone/birnn/blob/main/exercises/ps1/ps1.ipynb" in made
    assert set(launch.OPENS) == {"github.com", "gitlab.com"}
    assert "v2/gl/someone%2Fbirnn/main" in buttons(
        "ps1", "https://gitlab.com/someone/birnn", {"binderhub_url": "https://b"}
    )
    assert "Open in" not in buttons("ps1", "", {})


def _tries(question):
    if "options" in question:
        return list(range(len(question["options"])))
    return [question["answer"], *(wrong["value"] for wrong in question["wrong"]), 7777]


@pytest.mark.parametrize(("name", "k"), ASKED)
def test_a_page_says_what_the_notebook_says(name, k, site, browser):
    question = questions(name)[k]
    with Visit(browser, site / "sets" / f"{name}.html") as visit:
        form = visit.page.locator("form.set-question").nth(k)
        for given in _tries(question):
            if "options" in question:
                form.get_by_label(question["options"][given]).check()
            else:
                form.get_by_role("textbox").fill(str(given))
            form.get_by_role("button").press("Enter")
            right, says = check(question, given)
            assert form.locator("output").inner_text() == ("✓ " if right else "✗ ") + says
        visit.page.reload()
        assert form.locator("output").inner_text(), "what was answered is kept in the browser"
        assert visit.faults == []


@pytest.mark.parametrize(("name", "k"), ASKED)
def test_one_answer_is_right_and_each_known_mistake_has_its_words(name, k):
    question = questions(name)[k]
    found = [check(question, given) for given in _tries(question)]
    assert sum(right for right, _ in found) == 1
    assert len({says for _, says in found}) == len(found)
