"""Run the benchmarks, print their reports and write what they found to _build/bench.json."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = sorted(p.stem for p in FOLDER.glob("*.py") if "def run(" in p.read_text() and not p.stem.startswith("_"))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(NAMES)}; all if none is named")
    parser.add_argument("--threads", type=int, default=2, help="of every contestant (default: 2)")
    parser.add_argument("--quick", action="store_true", help="fewer turns and contestants: minutes in place of an hour")
    parser.add_argument("--output", type=Path, default=FOLDER.parent / "_build" / "bench.json")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(NAMES)}")
    limit_threads(arguments.threads)

    from benchmarks.machine import describe_machine

    machine = describe_machine(arguments.threads)
    print("  ".join(f"{name} {value}" for name, value in machine.items()), flush=True)
    found = {}
    for name in arguments.names or NAMES:
        print(f"\n{name}", flush=True)
        found[name] = importlib.import_module(f"benchmarks.{name}").run(
            say=lambda line: print(line, flush=True), quick=arguments.quick
        )
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(arguments.output.read_text()) if arguments.names and arguments.output.exists() else {}
    arguments.output.write_text(json.dumps({**kept, "machine": machine, **found}, indent=1) + "\n")


def limit_threads(threads: int) -> None:
    """Start this process again with the limit set: every library reads it when it is loaded."""
    limits = {
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": "1",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    if any(os.environ.get(name) != value for name, value in limits.items()):
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]], {**os.environ, **limits})


if __name__ == "__main__":
    main()
