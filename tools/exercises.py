"""Generate `exercises/` from `solutions/`: ``python tools/exercises.py [--into FOLDER] [ps1 ...]``.

nbgrader's own `generate_assignment` does it, in a course folder of its own, so that no gradebook is left here.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from nbgrader.apps.nbgraderapp import NbGraderApp
from notebooks import normalise

ROOT = Path(__file__).resolve().parents[1]
IGNORED = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")


def assignments() -> list[str]:
    return sorted(folder.name for folder in (ROOT / "solutions").iterdir() if any(folder.glob("*.ipynb")))


def generate(into: Path, names: list[str]) -> None:
    """Write these assignments' student versions below ``into``."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic
    into = into.resolve()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copy(ROOT / "nbgrader_config.py", ".")
        shutil.copytree(ROOT / "solutions", "solutions", ignore=IGNORED)
        settings = NbGraderApp()
        settings.load_config_file()
        nbgrader = NbGraderAPI(config=settings.config)
        for name in names:
            done = nbgrader.generate_assignment(name)
            if not done["success"]:
                sys.exit(f"nbgrader could not generate {name}:\n{done['log']}")
            for notebook in Path("exercises", name).glob("*.ipynb"):
                normalise(notebook)
            shutil.copytree(Path("exercises", name), into / name, dirs_exist_ok=True)
            print(f"generated {name}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "exercises", help="where to write (default: exercises/)")
    parser.add_argument("names", nargs="*", help="assignments (default: all)")
    arguments = parser.parse_args()
    generate(arguments.into, arguments.names or assignments())


if __name__ == "__main__":
    main()
