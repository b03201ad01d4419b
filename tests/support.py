"""What several tests use: where things are, and the commands of this environment."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


def run(command, cwd=ROOT, check=True, **environment):
    """Run a command of this environment and return what it did, its output as text; ``None`` unsets a variable."""
    merged = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environment}
    merged = {name: str(value) for name, value in merged.items() if value is not None}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=merged, capture_output=True, text=True)
    assert not check or done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    return done
