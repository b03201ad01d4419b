"""The built site and a browser to open it in."""

import shutil

import build_book
import pytest
from playwright.sync_api import sync_playwright
from support import ROOT, run


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The built book, copied, so that a test may plant faults in it."""
    run(["python", ROOT / "tools" / "build_book.py"])
    folder = tmp_path_factory.mktemp("site") / "html"
    shutil.copytree(build_book.HTML, folder)
    return folder


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()
