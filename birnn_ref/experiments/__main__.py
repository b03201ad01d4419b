"""List the studies, or run one and store its result in ``book/results``.

python -m birnn_ref.experiments
python -m birnn_ref.experiments imdb_tutorial
python -m birnn_ref.experiments imdb_tutorial --seeds 5 6 --add
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from birnn_ref.experiments.results import ResultError, refresh, results_folder, store_experiment
from birnn_ref.experiments.study import by_part, find


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m birnn_ref.experiments", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("name", nargs="?", help="the study to run; without it all are listed")
    parser.add_argument("--seeds", type=int, nargs="+", metavar="SEED", help="random seeds (default: the study's own)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--add", action="store_true", help="keep the stored runs and add those of these seeds")
    what.add_argument("--refresh", action="store_true", help="run nothing but the check: keep the runs, summarise them")
    what.add_argument("--tune", action="store_true", help="choose the learning rates on other seeds, and print them")
    chosen = parser.parse_args(arguments)
    if chosen.name is None:
        print(listing())
        return
    try:
        study = find(chosen.name)
        if chosen.tune:
            if study.tune is None:
                parser.error(f"{study.name} has no rates to choose")
            print(study.tune(study.settings))  # to be put into its settings by hand
            return
        path = refresh(study.name) if chosen.refresh else store_experiment(study.name, chosen.seeds, add=chosen.add)
    except (ValueError, ResultError) as error:
        parser.error(str(error))
    print(f"stored {path}")
    for page in notebooks_that_name(study.name):
        print(f"shown in {page}: execute it again (tools/notebooks.py)")


def listing() -> str:
    """Return every study's name and what it is about, by part of the book."""
    lines = []
    for title, studies in by_part().items():
        lines += ["", title, *(f"  {study.name:24}{study.line()}" for study in studies)]
    return "\n".join(lines[1:])


def notebooks_that_name(name: str) -> list[Path]:
    """Return the book's notebooks that name this result: what they show of it is out of date."""
    book = results_folder().parent
    return sorted(page for page in book.glob("*/*.ipynb") if rf"\"{name}\"" in page.read_text("utf-8"))


if __name__ == "__main__":
    main(sys.argv[1:])
