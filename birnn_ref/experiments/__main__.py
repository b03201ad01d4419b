"""Run an experiment and store its result: ``python -m birnn_ref.experiments imdb_tutorial --seeds 0 1 2``."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from pathlib import Path

from birnn_ref import experiments
from birnn_ref.experiments.results import refresh, results_folder, store_experiment

NOT_EXPERIMENTS = {
    "__main__",
    "lookup_task",
    "networks",
    "ngram_bag",
    "paired",
    "rates",
    "readers",
    "results",
    "review_readers",
}


def main() -> None:
    """Parse the command line and run."""
    names = sorted({m.name for m in pkgutil.iter_modules(experiments.__path__)} - NOT_EXPERIMENTS)
    parser = argparse.ArgumentParser(prog="python -m birnn_ref.experiments", description=__doc__)
    parser.add_argument("name", choices=names, help="the experiment to run")
    parser.add_argument("--seeds", type=int, nargs="+", help="random seeds (default: the experiment's own)")
    parser.add_argument("--add", action="store_true", help="keep the stored runs and add those of these seeds")
    parser.add_argument("--refresh", action="store_true", help="keep the stored runs; recompute summary and check")
    parser.add_argument("--tune", action="store_true", help="choose the rates on the tuning seeds and print them")
    arguments = parser.parse_args()
    if arguments.tune:
        module = importlib.import_module(f"birnn_ref.experiments.{arguments.name}")
        if not hasattr(module, "tune"):
            parser.error(f"{arguments.name} has no rates to choose")
        print(module.tune(**module.SETTINGS))  # to be put into SETTINGS by hand
        return
    if arguments.refresh:
        path = refresh(arguments.name)
    else:
        path = store_experiment(arguments.name, arguments.seeds, add=arguments.add)
    print(f"stored {path}")
    for page in notebooks_that_name(arguments.name):
        print(f"shown in {page}: execute it again (tools/notebooks.py)")


def notebooks_that_name(name: str) -> list[Path]:
    """Return the book's notebooks that name this result: what they show of it is out of date."""
    book = results_folder().parent
    return sorted(page for page in book.glob("*/*.ipynb") if rf"\"{name}\"" in page.read_text("utf-8"))


if __name__ == "__main__":
    main()
