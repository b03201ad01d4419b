"""Download, Binder and Colab: what a page offers leads to a file that is there."""

import re
import types

import build_book
import launch
import pytest
import yaml
from bs4 import BeautifulSoup
from support import ROOT, run

ADDRESS = "https://github.com/example/birnn"
NOTEBOOKS = [
    page
    for page in build_book.pages(yaml.safe_load((build_book.BOOK / "_toc.yml").read_text()))
    if (build_book.BOOK / f"{page}.ipynb").is_file()
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The book, built as if its repository had an address."""
    folder = tmp_path_factory.mktemp("launch")
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    config["repository"]["url"] = ADDRESS
    extensions = config["sphinx"]["local_extensions"]
    config["sphinx"]["local_extensions"] = {name: str(ROOT / path) for name, path in extensions.items()}
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    settings = ["--config", folder / "_config.yml", "--toc", build_book.BOOK / "_toc.yml"]
    run([build_book.JUPYTER_BOOK, "build", build_book.BOOK, *settings, "--path-output", folder, "-W", "-n"])
    return folder / "_build" / "html"


@pytest.mark.parametrize("page", NOTEBOOKS)
class TestNotebook:
    @pytest.mark.parametrize(
        "prefix",
        [
            "https://mybinder.org/v2/gh/example/birnn/main?urlpath=lab/tree/",
            "https://colab.research.google.com/github/example/birnn/blob/main/",
        ],
        ids=["Binder", "Colab"],
    )
    def test_it_opens_elsewhere_by_a_path_of_the_repository(self, page, prefix, site):
        html = (site / f"{page}.html").read_text()
        (path,) = set(re.findall(f'href="{re.escape(prefix)}([^"]*)"', html))
        assert path == f"book/{page}.ipynb"
        assert (ROOT / path).is_file()

    def test_it_can_be_downloaded(self, page, site):
        html = (site / f"{page}.html").read_text()
        (path,) = set(re.findall(r'href="([^"]*_sources/[^"]*\.ipynb)"', html))
        downloaded = (site / page).parent / path
        assert downloaded.read_bytes() == (build_book.BOOK / f"{page}.ipynb").read_bytes()


@pytest.mark.parametrize("page", ["index", "part2_brnn/bidirectional", "sets/ps1", "back/claims"])
def test_a_mistake_can_be_reported_and_the_page_edited(page, site):
    html = (site / f"{page}.html").read_text()
    assert f'href="{ADDRESS}/issues/new?' in html
    (source,) = set(re.findall(rf'href="{ADDRESS}/edit/main/([^"]*)"', html))
    assert (ROOT / source).is_file()
    assert source.startswith(f"book/{page}.")


def test_every_link_into_the_repository_leads_to_a_file(site):
    paths = set()
    for html in site.rglob("*.html"):
        paths |= set(re.findall(rf'href="{ADDRESS}/(?:blob|tree|edit)/main/([^"?#]*)', html.read_text()))
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_settings_of_the_page_are_added_to_and_not_replaced(site):
    assert "Text under CC BY 4.0" in (site / "index.html").read_text()


def test_the_first_page_says_what_to_clone(site):
    page = BeautifulSoup((site / "index.html").read_text(), "html.parser")
    assert f"git clone {ADDRESS} birnn && cd birnn" in [line for pre in page("pre") for line in pre.text.splitlines()]
    assert page.find("a", href=ADDRESS, string="the repository")


def _decided(monkeypatch, named, remote, said="clone"):
    """The settings that follow from `_config.yml`'s address and from git's."""
    monkeypatch.setattr(launch, "origin", lambda: remote)
    buttons = {"thebe": False, "binderhub_url": "https://binder", "colab_url": "https://colab"}
    options = {"repository_url": named, "launch_buttons": buttons}
    config = types.SimpleNamespace(html_theme_options=options, myst_substitutions={})
    launch.use_address(None, config)
    return {key for key in options["launch_buttons"] if key != "thebe"}, config.myst_substitutions[said]


@pytest.mark.parametrize(
    ("named", "remote", "offered", "clone"),
    [
        ("", "git@github.com:someone/birnn.git", {"binderhub_url", "colab_url"}, "https://github.com/someone/birnn"),
        (ADDRESS, "git@gitlab.com:someone/birnn.git", {"binderhub_url", "colab_url"}, ADDRESS),
        ("", "https://gitlab.com/someone/birnn", {"binderhub_url"}, "https://gitlab.com/someone/birnn"),
        ("", "https://gitlab.com/group/part/birnn", set(), "https://gitlab.com/group/part/birnn"),
        ("", "https://codeberg.org/someone/birnn", set(), "https://codeberg.org/someone/birnn"),
        ("https://git.example.org/birnn", "", set(), "https://git.example.org/birnn"),
        ("", "/srv/git/birnn.git", set(), None),
        ("", "", set(), None),
    ],
)
def test_a_page_offers_what_opens_it_and_the_first_says_what_to_clone(named, remote, offered, clone, monkeypatch):
    expected = launch.KNOWN.format(clone) if clone else launch.UNKNOWN
    assert _decided(monkeypatch, named, remote) == (offered, expected)


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("https://github.com/someone/birnn", "[Report it](https://github.com/someone/birnn/issues)."),
        ("https://gitlab.com/someone/birnn", "[Report it](https://gitlab.com/someone/birnn/-/issues)."),
        ("https://git.example.org/birnn", "Tell those from whom you have these pages."),
        ("", "Tell those from whom you have these pages."),
    ],
)
def test_a_mistake_is_reported_where_there_is_a_place_for_it(named, says, monkeypatch):
    assert _decided(monkeypatch, named, "", said="report")[1] == says


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/someone/birnn",
        "https://github.com/someone/birnn.git",
        "https://github.com/someone/birnn/",
        "https://someone:secret@github.com/someone/birnn.git",
        "git@github.com:someone/birnn.git",
        "ssh://git@github.com/someone/birnn.git",
        "ssh://git@github.com:22/someone/birnn.git",
        "git://github.com/someone/birnn.git",
    ],
)
def test_every_form_of_a_public_address_is_read_and_no_secret_kept(remote):
    assert launch.public_address(remote) == "https://github.com/someone/birnn"


@pytest.mark.parametrize(
    "remote",
    ["", "/srv/github.com/birnn", "../birnn", "file:///srv/birnn.git", "https://git.example.org/a/b", "C:/work/birnn",
     "https://github.com.example.org/a/b", "git@example.org:github.com/a/b", "github.com", "https://github.com/birnn"],
)  # fmt: skip
def test_what_not_everybody_can_open_is_not_an_address(remote):
    assert launch.public_address(remote) == ""


def test_the_origin_is_the_checkouts_own_and_no_folders_around_it(tmp_path):
    assert launch.origin(tmp_path) == ""
    run(["git", "init", "--quiet", tmp_path])
    assert launch.origin(tmp_path) == ""
    run(["git", "-C", tmp_path, "remote", "add", "origin", "git@github.com:someone/birnn.git"])
    assert launch.origin(tmp_path) == "git@github.com:someone/birnn.git"
    (tmp_path / "inside").mkdir()
    assert launch.origin(tmp_path / "inside") == ""


def test_without_git_there_is_no_origin(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert launch.origin() == ""
