"""Build what a release holds: the package in _build/dist and the built book as _build/site.zip."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"


def check_tag(tag: str) -> None:
    """Stop unless the tag is the version that pyproject.toml declares; no tag is a rehearsal."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if tag not in ("", f"v{version}"):
        sys.exit(f"The tag is {tag}, but pyproject.toml declares version {version}, which is tagged v{version}")


def main(tag: str = "") -> None:
    check_tag(tag)
    shutil.rmtree(BUILD / "dist", ignore_errors=True)
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "build", "--quiet", "--out-dir", BUILD / "dist", ROOT], check=True)
    shutil.make_archive(str(BUILD / "site"), "zip", BUILD / "html")
    for path in [*sorted((BUILD / "dist").glob("birnn*")), BUILD / "site.zip"]:
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
