"""What the tests share: the real data and the tools that some of them need."""

import os
import shutil
import threading
from pathlib import Path

import pytest
from serving import Server


def _need(what, found, reason):
    """Skip with the reason where something is missing; fail where ``BIRNN_REQUIRE`` names it, as CI does."""
    if found:
        return
    if what in os.environ.get("BIRNN_REQUIRE", "").split(","):
        pytest.fail(f"{what} is required here: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def data_folder():
    """The folder with the real data sets."""
    folder = Path(os.environ.get("BIRNN_DATA") or "/nonexistent")
    _need("data", folder.is_dir(), "BIRNN_DATA names no folder with the real data")
    return folder.resolve()


@pytest.fixture(scope="session")
def bwrap():
    """The path of bubblewrap."""
    _need("bwrap", shutil.which("bwrap"), "bubblewrap is not installed")
    return shutil.which("bwrap")


@pytest.fixture(scope="session")
def chromium():
    """The path of Chromium."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    _need("chromium", found, "Chromium is not installed")
    return found


@pytest.fixture
def server():
    """A server that stands in for the addresses of published data."""
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, with no folder named."""
    monkeypatch.delenv("BIRNN_DATA", raising=False)
    monkeypatch.setenv("BIRNN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
