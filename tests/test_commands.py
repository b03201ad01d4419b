"""`make` explains itself."""

import re
import shutil

from support import ROOT, run


def test_make_help_lists_every_command():
    listed = run(["make", "--no-print-directory", "help"]).stdout
    for line in re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), flags=re.M):
        for target in line.split():
            assert f"make {target}" in listed


def test_a_python_that_is_too_old_is_refused_before_anything_is_made(tmp_path):
    fake = tmp_path / "python3.9"
    fake.write_text('#!/bin/sh\nexec python3 -c "import sys; sys.version_info = (3, 9); exec(sys.argv[1])" "$2"\n')
    fake.chmod(0o755)
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    done = run(["make", f"PYTHON={fake}", "book"], cwd=tmp_path, check=False)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "3.9" in done.stderr
    assert not (tmp_path / ".venv").exists()
