"""An assignment's wrong answers, which its tests must catch, and its right ones written in other ways.

They stand in a TOML file: tables ``[[wrong]]`` and ``[[right]]``, each a `Mutant`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class MutantError(ValueError):
    """A file of answers that cannot be read, or an answer that cannot be made."""


@dataclass(frozen=True)
class Mutant:
    """An answer that a learner may give.

    Attributes
    ----------
    name : str
        What the learner did.
    part : str
        The grade id of the answer that is changed.
    edits : list of pairs
        Each ``[old, new]``: what stands once in the solution of ``part``, and what stands there instead.
    code : dict
        Whole answers by grade id, in place of edits.
    fails : list of str
        The tests that fail it.
    says : str
        A regular expression that is found in what they say.
    tell : str
        What a student who makes this mistake is told by the random case of a visible test.
    unseen : str
        Why no visible test may fail it.
    nbgrader : bool
        Whether nbgrader's own commands are tried on it too.
    """

    name: str
    part: str = ""
    edits: list[list[str]] = field(default_factory=list)
    code: dict[str, str] = field(default_factory=dict)
    fails: list[str] = field(default_factory=list)
    says: str = ""
    tell: str = ""
    unseen: str = ""
    nbgrader: bool = False

    def answers(self, solution: Mapping[str, str]) -> dict[str, str]:
        """Return the source of each answer, from those of the solution.

        Examples
        --------
        >>> Mutant("forgets tanh", "step", [["np.tanh(x)", "x"]]).answers({"step": "return np.tanh(x)"})
        {'step': 'return x'}
        """
        sources = {**solution, **self.code}
        if unknown := sorted({*self.code, *([self.part] if self.part else [])} - set(solution)):
            raise MutantError(f"{self.name!r} changes {', '.join(unknown)}, which is not an answer's id")
        for old, new in self.edits:
            if not self.part:
                raise MutantError(f"{self.name!r} has edits, and no part that they edit")
            if (times := sources[self.part].count(old)) != 1:
                raise MutantError(f"{self.name!r}: {old!r} stands {times} times in {self.part}, not once")
            sources[self.part] = sources[self.part].replace(old, new)
        return sources


def read_mutants(path: Path) -> tuple[list[Mutant], list[Mutant]]:
    """Read the wrong answers, and the right ones.

    Raises
    ------
    MutantError
        If the file is not there, or not as it should be.
    """
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8"))
        wrong, right = ([Mutant(**one) for one in stored.get(kind, [])] for kind in ("wrong", "right"))
        return wrong, right
    except FileNotFoundError:
        raise MutantError(f"{path} is missing: it holds the wrong answers that the tests must catch") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MutantError(f"{path} cannot be read: {error}") from None
    except (TypeError, AttributeError) as error:
        raise MutantError(f"{path} holds a table with other entries than a wrong answer's: {error}") from None
