"""One place says the version; what must repeat it is held to it."""

import re

import yaml
from packaging.version import Version
from support import BIN, ROOT, run

import birnn_grader
import birnn_ref

VERSION = Version(birnn_ref.__version__)
RELEASED = re.findall(r"^## \[(.*)\] - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.M)
"""The versions of the changelog with their dates, newest first."""


def test_the_package_is_built_as_this_version(tmp_path):
    run([BIN / "uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT])
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.split("-")[1] == birnn_ref.__version__ == birnn_grader.__version__


def test_nothing_else_says_it():
    said = re.compile(rf"(?<![\d.]){re.escape(birnn_ref.__version__)}(?![\d.])")
    files = [ROOT / "pyproject.toml", *(ROOT / "birnn_ref").rglob("*.py"), *(ROOT / "birnn_grader").rglob("*.py")]
    assert [path.relative_to(ROOT).as_posix() for path in files if said.search(path.read_text())] == [
        "birnn_ref/__init__.py"
    ]


def test_the_changelog_is_in_order_and_the_version_is_its_newest_or_in_development():
    versions = [Version(version) for version, _ in RELEASED]
    assert versions == sorted(versions, reverse=True)
    assert [date for _, date in RELEASED] == sorted((date for _, date in RELEASED), reverse=True)
    assert versions[0] < VERSION if VERSION.is_devrelease else versions[0] == VERSION


def test_the_citation_names_the_newest_release():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (citation["version"], str(citation["date-released"])) == RELEASED[0]
