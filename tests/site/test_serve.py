"""`make serve` serves the book on localhost and rebuilds it on change."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from support import ROOT


def _text(address, wanted, said, seconds=600):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert "exited with exit code" not in said.read_text(), said.read_text()[-3000:]
        try:
            text = urllib.request.urlopen(address, timeout=60).read().decode()
            if wanted in text:
                return text
        except (OSError, http.client.HTTPException):  # not there yet, or cut off while it is written
            pass
        time.sleep(0.3)
    raise AssertionError(f"{address} did not show {wanted!r} within {seconds} s")


def _address(server, said):
    """Return the address that the server prints, once it has printed it."""
    while not (found := re.search(r"http://127\.0\.0\.1:\d+", said.read_text())):
        assert server.poll() is None, said.read_text()[-3000:]
        time.sleep(0.3)
    return found[0]


def test_serves_and_rebuilds_on_the_next_free_port(tmp_path):
    for name in ("book", "tools", "birnn_ref"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "conf.py"))
    for name in ("_config.yml", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "book" / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n  - file: back/notation\n")
    said = tmp_path / "said.txt"
    with socket.create_server(("127.0.0.1", 0)) as taken, said.open("w") as stream:
        port = taken.getsockname()[1]
        command = [sys.executable, "-u", "tools/build_book.py", "--serve", "--port", str(port)]
        server = subprocess.Popen(command, cwd=tmp_path, stdout=stream, stderr=stream, start_new_session=True)
        try:
            address = _address(server, said)
            assert address != f"http://127.0.0.1:{port}", "the port was taken: it should be the next free one"
            _text(f"{address}/index.html", "Bidirectional recurrent networks", said)
            _text(f"{address}/_static/course.css", "{", said)
            assert "could not open bibtex" not in said.read_text(), "the references should be found"
            page = tmp_path / "book" / "back" / "notation.md"
            page.write_text(page.read_text() + "\nA line that was added while serving.\n")
            _text(f"{address}/back/notation.html", "added while serving", said)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()
