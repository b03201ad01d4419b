"""Download, Binder and Colab: what a page offers leads to a file that is there."""

import re
import types

import build_book
import launch
import pytest
import yaml
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


def test_every_link_into_the_repository_leads_to_a_file(site):
    paths = set()
    for html in site.rglob("*.html"):
        paths |= set(re.findall(rf'href="{ADDRESS}/(?:blob|tree|edit)/main/([^"?#]*)', html.read_text()))
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_settings_of_the_page_are_added_to_and_not_replaced(site):
    assert "Text under CC BY 4.0" in (site / "index.html").read_text()


@pytest.mark.parametrize(("address", "offered"), [("", {}), (ADDRESS, {"colab_url": "https://colab"})])
def test_without_an_address_no_page_offers_to_open_itself(address, offered):
    options = {"repository_url": address, "launch_buttons": {"colab_url": "https://colab"}}
    launch.drop_buttons_without_repository(None, types.SimpleNamespace(html_theme_options=options))
    assert options["launch_buttons"] == offered
