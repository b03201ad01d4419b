"""What the tests share: the real data and the tools that some of them need."""

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from needs import need
from needs import pytest_make_collect_report as pytest_make_collect_report  # what CI requires
from needs import pytest_runtest_makereport as pytest_runtest_makereport
from needs import pytest_unconfigure as pytest_unconfigure  # the last line of a run
from serving import Server

# Stored outputs were made by NumPy's scans; the compiled ones round in another order, and their own tests ask for them.
os.environ.setdefault("BIRNN_COMPILED", "0")

# No example has a time of its own: on a busy machine any of them may take long.
settings.register_profile("any_speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any_speed")


def _real_data():
    return Path(os.environ.get("BIRNN_DATA") or "/nonexistent").resolve()


@pytest.fixture(scope="session")
def data_folder():
    """The folder with the real data sets."""
    folder = _real_data()
    need("data", folder.is_dir(), "BIRNN_DATA names no folder with the real data")
    return folder


@pytest.fixture
def any_data(monkeypatch):
    """Reviews of some kind: the real ones where they are, or else the generated corpus."""
    monkeypatch.setenv("BIRNN_DATA", str(folder) if (folder := _real_data()).is_dir() else "embedded")


@pytest.fixture(scope="session")
def bwrap():
    """The path of bubblewrap."""
    found = shutil.which("bwrap")
    need("bwrap", found, "bubblewrap is not installed")
    tried = subprocess.run(
        [found, "--ro-bind", "/", "/", "--unshare-user", "--unshare-net", "true"], capture_output=True, text=True
    )
    need("bwrap", tried.returncode == 0, f"bubblewrap cannot make a sandbox here: {tried.stderr.strip()}")
    return found


@pytest.fixture(scope="session")
def chromium():
    """The path of Chromium."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    need("chromium", found, "Chromium is not installed")
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
