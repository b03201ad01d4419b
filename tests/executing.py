"""Run a notebook as a test does: strictly, its outputs compared with the stored ones, or to its end alone."""

import re
import sys

from support import ROOT, run

CHAPTERS = sorted((ROOT / "book").glob("*/*.ipynb"))
KERAS_CHAPTERS = [path for path in CHAPTERS if "from birnn_ref.twins.keras import" in path.read_text()]
WITH_STAND_IN = [path for path in CHAPTERS if re.search("load_imdb|load_recordings", path.read_text())]
"""Those that read reviews or recordings, in whose place the embedded corpus has others."""


def nbval(path, mode, **environment):
    command = [
        sys.executable, "-m", "pytest", mode, "--nbval-current-env", "--nbval-cell-timeout=1800",
        "--nbval-kernel-startup-timeout=300", "--color=no",
        f"--nbval-sanitize-with={ROOT / 'tests/book/sanitize.cfg'}", "-o", "addopts=", "-p", "no:cacheprovider",
        "--import-mode=importlib", "-c", ROOT / "tests/book/sanitize.cfg", "--rootdir", path.parent, path,
    ]  # fmt: skip
    return run(command, cwd=path.parent, check=False, **environment)


def strict(path, folder, **environment):
    return nbval(path, "--nbval", BIRNN_DATA=folder, **environment)


def execute_only(path, tmp_path, **environment):
    return nbval(path, "--nbval-lax", BIRNN_DATA="embedded", BIRNN_CACHE=tmp_path / "no-cache", **environment)


def passed(done):
    assert done.returncode == 0, done.stdout + done.stderr
