"""What a study is, and where the studies are found: in this package's folders ``part1``, ``part2``, ..."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

Run = dict[str, Any]


@dataclass(frozen=True)
class Study:
    """A question that takes longer to answer than a notebook may.

    Attributes
    ----------
    name : str
        Of its stored result, ``book/results/NAME.json``.
    settings : dataclass
        What a full run uses; frozen.
    run : callable
        ``run(seed, settings)`` returns figures, plain data.
    summarise : callable
        ``summarise(runs)`` returns the figures that the book quotes, from those of every seed.
    check : mapping
        The settings that a cut-down run changes, so that it takes seconds. A test compares its figures with those that
        are stored.
    seeds : tuple of int
    tolerance : float
        By how much a figure of the cut-down run may differ from the stored one.
    tune : callable, optional
        ``tune(settings)`` returns the learning rates that it has chosen on other seeds.
    about : str
        One line; its module's first one when left out.
    """

    name: str
    settings: Any
    run: Callable[[int, Any], Run]
    summarise: Callable[[list[Run]], dict[str, Any]]
    check: Mapping[str, Any]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    tolerance: float = 0.02
    tune: Callable[[Any], Any] | None = None
    about: str = ""

    def changed(self, changes: Mapping[str, Any]) -> Any:
        """Return the settings with some of them changed.

        Raises
        ------
        ValueError
            If there is no such setting.
        """
        known = {setting.name for setting in fields(self.settings)}
        if unknown := sorted(set(changes) - known):
            raise ValueError(f"{self.name} has no setting {unknown}: choose from {sorted(known)}")
        return replace(self.settings, **changes)

    def variant(self, name: str, about: str, **changes: Any) -> Study:
        """Return the same study under another name, with other settings."""
        return replace(self, name=name, about=about, settings=self.changed(changes))

    def line(self) -> str:
        """Say in one line what it is about."""
        return self.about or (sys.modules[self.run.__module__].__doc__ or "").partition("\n")[0]


def mapping(**values: Any) -> Any:
    """Return a setting's default that holds one value for each name, as a dataclass wants it."""
    return field(default_factory=lambda: dict(values))


def plain(settings: Any) -> dict[str, Any]:
    """Return settings as they are stored, as JSON has it.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Settings:
    ...     rates: tuple[float, ...] = (0.1, 0.2)
    >>> plain(Settings())
    {'rates': [0.1, 0.2]}
    """
    stored: dict[str, Any] = json.loads(json.dumps(asdict(settings)))
    return stored


def by_part() -> dict[str, list[Study]]:
    """Return the studies of each part of the book, by its title.

    They are what the modules of its folder hold as ``STUDY``, or as ``STUDIES`` where there are several.
    """
    found: dict[str, list[Study]] = {}
    for part in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if part.name.startswith("part") and part.ispkg:
            package = importlib.import_module(f"birnn_ref.experiments.{part.name}")
            names = (module.name for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."))
            found[str(package.__doc__)] = [study for name in names for study in _held(importlib.import_module(name))]
    return found


def _held(module: Any) -> tuple[Study, ...]:
    if hasattr(module, "STUDIES"):
        return tuple(module.STUDIES)
    return (module.STUDY,) if hasattr(module, "STUDY") else ()


def find(name: str) -> Study:
    """Return the study of a name.

    Raises
    ------
    ValueError
        If there is none.
    """
    named = {study.name: study for studies in by_part().values() for study in studies}
    if name not in named:
        raise ValueError(f"there is no study {name!r}: choose from {', '.join(sorted(named))}")
    return named[name]
