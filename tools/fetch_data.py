"""Fetch every published data file of `birnn_ref.datasets` into the folder that BIRNN_DATA names."""

import importlib
import os
import pkgutil
import sys
from pathlib import Path

from birnn_ref import datasets
from birnn_ref.datasets.locate import EMBEDDED, DataError, RemoteFile, locate


def published() -> list[RemoteFile]:
    """The data files that the package's modules name, each once, by name."""
    names = [module.name for module in pkgutil.iter_modules(datasets.__path__)]
    modules = [importlib.import_module(f"{datasets.__name__}.{name}") for name in names]
    files = {value for module in modules for value in vars(module).values() if isinstance(value, RemoteFile)}
    return sorted(files, key=lambda file: file.name)


def fetch(folder: Path) -> None:
    """Fetch what is missing from the folder, and say where each file came from."""
    os.environ["BIRNN_CACHE"] = str(folder)
    for file in published():
        kept = any((folder / name).is_file() for name in (file.name, *file.copies))  # whoever opens it checks it
        print(f"{file.name}: {'there' if kept else locate(file).source}")


def main() -> None:
    folder = os.environ.pop("BIRNN_DATA", "")
    if folder in ("", EMBEDDED):
        sys.exit("BIRNN_DATA must name the folder to fetch the data into: BIRNN_DATA=data make data")
    fetch(Path(folder))


if __name__ == "__main__":
    try:
        main()
    except DataError as error:
        sys.exit(str(error))
