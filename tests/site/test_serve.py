"""`make serve` serves the book on localhost and rebuilds it on change."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from support import ROOT


def _text(address, wanted, seconds=600):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            text = urllib.request.urlopen(address, timeout=60).read().decode()
            if wanted in text:
                return text
        except (OSError, http.client.HTTPException):  # not there yet, or cut off while it is written
            pass
        time.sleep(0.3)
    raise AssertionError(f"{address} did not show {wanted!r} within {seconds} s")


def test_serves_and_rebuilds(tmp_path):
    for name in ("book", "tools", "birnn_ref"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "conf.py"))
    shutil.copy(ROOT / "_config.yml", tmp_path)
    (tmp_path / "book" / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n  - file: back/notation\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "tools/build_book.py", "--serve", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _text(f"http://127.0.0.1:{port}/index.html", "Bidirectional recurrent networks")
        page = tmp_path / "book" / "back" / "notation.md"
        page.write_text(page.read_text() + "\nA line that was added while serving.\n")
        _text(f"http://127.0.0.1:{port}/back/notation.html", "added while serving")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=120)
