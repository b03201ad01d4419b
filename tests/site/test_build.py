"""`make book` refuses a wrong Jupyter Book, and notices a page that was not built."""

import importlib.metadata
import os
import time
import types

import build_book
import mocked
import pytest
import yaml
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer


def test_a_jupyter_book_2_stops_with_an_explanation(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "2.1.7")
    with pytest.raises(SystemExit, match=r"Jupyter Book 1\.x, but 2\.1\.7 is installed"):
        build_book.check_version()


def test_the_installed_jupyter_book_is_1():
    build_book.check_version()


def test_pages_come_in_reading_order():
    contents = {
        "root": "index",
        "parts": [{"chapters": [{"file": "a", "sections": [{"file": "a1"}]}, {"file": "b"}]}],
    }
    assert build_book.pages(contents) == ["index", "a", "a1", "b"]


@pytest.fixture
def built(tmp_path):
    """A folder in which every page of the contents exists."""
    contents = yaml.safe_load((build_book.BOOK / "_toc.yml").read_text())
    for page in build_book.pages(contents):
        (tmp_path / f"{page}.html").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{page}.html").touch()
    return tmp_path


def test_whole_is_whole(built):
    assert build_book.missing_pages(built) == []


def test_a_missing_page_is_named(built):
    (built / "index.html").unlink()
    assert build_book.missing_pages(built) == ["index: in _toc.yml, but not built"]


def test_a_stale_page_is_named(built):
    hour_ago = (build_book.BOOK / "index.md").stat().st_mtime - 3600
    os.utime(built / "index.html", (time.time(), hour_ago))
    assert build_book.missing_pages(built) == ["index: the built page is older than index.md"]


def test_a_mocked_package_is_not_imported_for_its_source(monkeypatch):
    monkeypatch.setattr(ModuleAnalyzer, "get_module_source", staticmethod(mocked._find))
    mocked.refuse_mocked(None, types.SimpleNamespace(autodoc_mock_imports=["json"]))
    with pytest.raises(PycodeError, match=r"json\.decoder is mocked"):
        ModuleAnalyzer.get_module_source("json.decoder")
    assert ModuleAnalyzer.get_module_source("build_book")[0].endswith("build_book.py")


def test_what_failed_is_read_again_by_the_next_build(tmp_path, monkeypatch):
    remembered = tmp_path / "_build" / ".doctrees"
    remembered.mkdir(parents=True)
    monkeypatch.setattr(build_book, "ROOT", tmp_path)
    monkeypatch.setattr(build_book, "missing_pages", list)
    for status in (0, 1):
        monkeypatch.setattr(build_book.subprocess, "run", lambda _, code=status: types.SimpleNamespace(returncode=code))
        assert build_book.build() == status
        assert remembered.exists() != bool(status)
