"""What a student gets: enough to work and to install from, pages where the notebooks' links lead, and no solution."""

import re
import sys
import tomllib
import zipfile

import pytest
from support import ROOT, run

LINK = re.compile(r"\]\(\.\./\.\./(_build/html/[^)#]+)")


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    """The kit with an empty page in place of each of the book's."""
    folder = tmp_path_factory.mktemp("kit")
    pages = folder / "html"
    for source in [path for kind in ("ipynb", "md") for path in (ROOT / "book").rglob(f"*.{kind}")]:
        page = (pages / source.relative_to(ROOT / "book")).with_suffix(".html")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("a page")
    run([sys.executable, ROOT / "tools/student_kit.py", "--pages", pages, "--into", folder])
    with zipfile.ZipFile(folder / "student-kit.zip") as archive:
        return {name.removeprefix("birnn/"): archive.read(name).decode(errors="replace") for name in archive.namelist()}


def test_no_solution_and_no_hidden_test_is_in_it(kit):
    assert {name.split("/")[0] for name in kit} <= {
        *("README.md", "LICENSE", "LICENSE-TEXT", "pyproject.toml", "constraints.txt", "nbgrader_config.py"),
        *("birnn_ref", "birnn_grader", "birnn_student", "exercises", "_build"),
    }
    for name, text in kit.items():
        if name.startswith("exercises/"):
            assert "BEGIN SOLUTION" not in text
            assert "BEGIN HIDDEN" not in text


def test_every_set_is_in_it_and_its_links_lead_to_pages(kit):
    for path in ROOT.glob("exercises/*/*.ipynb"):
        text = kit[path.relative_to(ROOT).as_posix()]
        assert LINK.findall(text)
        assert set(LINK.findall(text)) <= kit.keys()


def test_it_holds_what_installing_needs(kit):
    project = tomllib.loads(kit["pyproject.toml"])
    assert project["project"]["readme"] in kit
    for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert f"{package}/__init__.py" in kit
    assert "birnn_student/sets/ps1.json" in kit


def test_its_readme_is_the_students_section(kit):
    assert "pip install '.[student]'" in kit["README.md"]
    assert "solutions" not in kit["README.md"]


def test_without_a_book_it_says_what_to_do(tmp_path):
    done = run([sys.executable, ROOT / "tools/student_kit.py", "--pages", tmp_path], check=False)
    assert done.returncode == 1
    assert "run `make book` first" in done.stderr
