"""Write `_build/student-kit.zip`: exercises, package and built pages, and nothing that only instructors should have.

It unpacks into a folder `birnn` in which the README's commands for students work, and the notebooks' links to pages.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = {"__pycache__", ".ipynb_checkpoints", ".doctrees", ".buildinfo"}


def readme(text: str) -> str:
    """Return what a student needs of the README: its title, and the section for students."""
    title, section = text.splitlines()[0], re.search(r"^## Students\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert section, "the README has no section for students"
    return f"{title}\n\nOpen `_build/html/index.html` for the book. You need Python 3.11 or newer.\n{section[1]}"


def content(pages: Path) -> dict[str, bytes]:
    """Return the kit's files by their path in it; ``pages`` is the folder of the built book."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    files = {
        name: ROOT / name
        for name in ("pyproject.toml", "constraints.txt", "nbgrader_config.py", *project["project"]["license-files"])
    }
    for folder in (*packages, "exercises"):
        files |= {path.relative_to(ROOT).as_posix(): path for path in (ROOT / folder).rglob("*")}
    files |= {f"_build/html/{path.relative_to(pages).as_posix()}": path for path in pages.rglob("*")}
    kept = {name: path for name, path in files.items() if path.is_file() and not SKIPPED & set(Path(name).parts)}
    found = {name: path.read_bytes() for name, path in kept.items()}
    return found | {"README.md": readme((ROOT / "README.md").read_text(encoding="utf-8")).encode()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--pages", type=Path, default=ROOT / "_build/html", help="the built book (default: _build/html)"
    )
    parser.add_argument("--into", type=Path, default=ROOT / "_build", help="where to write (default: _build/)")
    arguments = parser.parse_args()
    if not (arguments.pages / "index.html").is_file():
        sys.exit(f"There is no built book in {arguments.pages}: run `make book` first")
    path = arguments.into / "student-kit.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(content(arguments.pages).items()):
            archive.writestr(zipfile.ZipInfo(f"birnn/{name}"), data, zipfile.ZIP_DEFLATED)
    print(f"wrote {path.name}: {path.stat().st_size / 1e6:.1f} MB, without solutions")


if __name__ == "__main__":
    main()
