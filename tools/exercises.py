"""Generate `exercises/` from `solutions/`: ``python tools/exercises.py [--into FOLDER] [ps1 ...]``.

nbgrader's own `generate_assignment` does it, in a course folder of its own, so that no gradebook is left here.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from notebooks import normalise

ROOT = Path(__file__).resolve().parents[1]
IGNORED = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")


def assignments() -> list[str]:
    return sorted(folder.name for folder in (ROOT / "solutions").iterdir() if any(folder.glob("*.ipynb")))


def generate(into: Path, names: list[str]) -> None:
    """Write these assignments' student versions below ``into``."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        shutil.copy(ROOT / "nbgrader_config.py", course)
        shutil.copytree(ROOT / "solutions", course / "solutions", ignore=IGNORED)
        for name in names:
            command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--create", "--force"]
            done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"nbgrader could not generate {name}:\n{done.stderr}")
            for notebook in (course / "exercises" / name).glob("*.ipynb"):
                normalise(notebook)
            shutil.copytree(course / "exercises" / name, into / name, dirs_exist_ok=True)
            print(f"generated {name}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "exercises", help="where to write (default: exercises/)")
    parser.add_argument("names", nargs="*", help="assignments (default: all)")
    arguments = parser.parse_args()
    generate(arguments.into, arguments.names or assignments())


if __name__ == "__main__":
    main()
