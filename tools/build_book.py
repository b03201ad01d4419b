"""Build the book and prove that it is whole: every page of the contents exists and is newer than its source."""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
BOOK, HTML, LINKS = ROOT / "book", ROOT / "_build" / "html", ROOT / "_build" / "links"
JUPYTER_BOOK = str(Path(sys.executable).with_name("jupyter-book"))
SETTINGS = ["--config", str(ROOT / "_config.yml"), "--toc", str(BOOK / "_toc.yml")]


def check_version() -> None:
    """Stop with an explanation if a Jupyter Book that cannot read `_config.yml` is installed."""
    version = importlib.metadata.version("jupyter-book")
    if version.split(".")[0] != "1":
        sys.exit(
            f"This book is built with Jupyter Book 1.x, but {version} is installed. Version 2 ignores _config.yml and\n"
            "needs its theme from the network. `rm -rf .venv && make book` installs the right one."
        )


def pages(entry: dict) -> list[str]:
    """Names of the pages at and below an entry of `_toc.yml`, in reading order."""
    own = [entry[key] for key in ("root", "file") if key in entry]
    below = [child for key in ("parts", "chapters", "sections") for child in entry.get(key, [])]
    return own + [page for child in below for page in pages(child)]


def missing_pages(html: Path = HTML) -> list[str]:
    """What is wrong with the built pages, one line each; empty if all are there and fresh."""
    wrong = []
    for page in pages(yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))):
        built = html / f"{page}.html"
        sources = [s for suffix in (".ipynb", ".md") if (s := BOOK / f"{page}{suffix}").is_file()]
        if not built.is_file():
            wrong.append(f"{page}: in _toc.yml, but not built")
        elif sources and built.stat().st_mtime < sources[0].stat().st_mtime:
            wrong.append(f"{page}: the built page is older than {sources[0].name}")
    return wrong


def build() -> int:
    command = [
        JUPYTER_BOOK,
        "build",
        str(BOOK),
        *SETTINGS,
        "--path-output",
        str(ROOT),
        "-W",
        "-n",
        "--keep-going",
    ]
    status = subprocess.run(command).returncode
    if status:  # what Sphinx has read it neither reads nor complains about again
        shutil.rmtree(ROOT / "_build" / ".doctrees", ignore_errors=True)
    wrong = missing_pages()
    for line in wrong:
        print(line, file=sys.stderr)
    if status or wrong:
        return 1
    print(f"\nThe book is built. Open {HTML / 'index.html'}")
    return 0


def links() -> int:
    """Try every address that the pages name; list the broken ones, and fail if there are any."""
    command = [JUPYTER_BOOK, "build", str(BOOK), *SETTINGS, "--path-output", str(LINKS), "--builder", "linkcheck"]
    return subprocess.run(command).returncode


def free_port(first: int) -> int:
    """Return the first port from this one on that nobody uses."""
    for port in range(first, first + 100):
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port
    sys.exit(f"the ports from {first} on are all in use: name another with --port")


def serve(port: int) -> int:
    """Rebuild on change and serve on localhost, reloading the open page."""
    port = free_port(port)
    subprocess.run([JUPYTER_BOOK, "config", "sphinx", str(BOOK), *SETTINGS], check=True)
    with (ROOT / "conf.py").open("a", encoding="utf-8") as conf:  # it stands beside the book, and its paths do not
        conf.write(f"\nbibtex_bibfiles = [{str(BOOK / 'references.bib')!r}]\n")
        conf.write(f"html_static_path = [{str(BOOK / '_static')!r}]\n")
    command = [sys.executable, "-m", "sphinx_autobuild", "-c", str(ROOT), str(BOOK), str(HTML)]
    # The configuration that Jupyter Book writes for Sphinx leaves out where local extensions stand.
    environment = {**os.environ, "PYTHONPATH": str(BOOK / "_ext"), "PYTHONUNBUFFERED": "1"}  # its address at once
    return subprocess.run([*command, "--host", "127.0.0.1", "--port", str(port)], env=environment).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help="rebuild on change and serve on localhost")
    parser.add_argument("--links", action="store_true", help="ask every address that the pages name")
    parser.add_argument("--port", type=int, default=8000, help="the port, or the next free one (default: %(default)s)")
    arguments = parser.parse_args()
    check_version()
    if arguments.links:
        return links()
    return serve(arguments.port) if arguments.serve else build()


if __name__ == "__main__":
    sys.exit(main())
