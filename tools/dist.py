"""Build what a release holds: the package in _build/dist and the built book as _build/site.zip."""

import shutil
import subprocess
import sys
from pathlib import Path

from birnn_ref import __version__

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"


def check_tag(tag: str) -> None:
    """Stop unless the tag is the package's version, and that of a release; without a tag it is a rehearsal."""
    if tag not in ("", f"v{__version__}"):
        sys.exit(f"The tag is {tag}, but birnn_ref is version {__version__}, which is tagged v{__version__}")
    if tag and ".dev" in tag:
        sys.exit(f"{tag} is not a release: CONTRIBUTING.md says how a version is released")


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
