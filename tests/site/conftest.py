"""The built site and a browser to open it in."""

import fcntl
import functools
import http.server
import shutil
import threading

import build_book
import pytest
from browsing import PATIENCE
from playwright.sync_api import sync_playwright
from support import ROOT, run


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The built book, copied, so that a test may plant faults in it."""
    folder = tmp_path_factory.mktemp("site") / "html"
    build_book.HTML.parent.mkdir(exist_ok=True)
    with open(build_book.HTML.parent / "tests.lock", "w") as lock:  # one process builds, the next finds it built
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(["python", ROOT / "tools" / "build_book.py"])
        shutil.copytree(build_book.HTML, folder)
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of files that keeps no log."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="session")
def served(site):
    """The address at which this machine serves the built book."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], timeout=PATIENCE)
        yield browser
        browser.close()
