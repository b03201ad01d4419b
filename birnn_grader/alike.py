"""Answers compared by their code: what was written alike, and how likely that is by chance.

Code is read by `tokenize` as text; nothing of it is run, and however deep it is nested, nothing recurses. Names,
comments, layout and docstrings do not count.
"""

from __future__ import annotations

import builtins
import io
import itertools
import keyword
import token
import tokenize
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

SHORT = 12
"""Answers of fewer tokens are alike without anyone having copied."""
GROUP = 20
"""A form that more students share than this says nothing about two of them."""
EXPECTED = 0.05
"""Pairs are shown of which fewer than this many would be expected by chance in the whole class."""
_KEPT = frozenset(keyword.kwlist) | frozenset(dir(builtins))
_LAYOUT = (token.COMMENT, token.NL, token.ENCODING, token.ENDMARKER)


Form = tuple[str, ...]


def form(source: str) -> Form:
    r"""Return the tokens of a cell, its own names numbered in their order.

    Examples
    --------
    >>> form("def f(x):\n    'Twice.'\n    return 2 * x  # twice") == form("def double(number):\n  return 2*number")
    True
    >>> form("def f(x):\n    return 2 * x") == form("def f(x):\n    return 3 * x")
    False
    """
    found: list[str] = []
    names: dict[str, str] = {}
    before = token.NEWLINE
    try:
        for each in tokenize.generate_tokens(io.StringIO(source).readline):
            if each.type in _LAYOUT:
                continue
            text = each.string
            if each.type in (token.INDENT, token.DEDENT, token.NEWLINE):
                text = token.tok_name[each.type]
                if each.type == token.NEWLINE and before == token.STRING and found[-2:-1] in (["INDENT"], ["NEWLINE"]):
                    found.pop()  # a text that stands alone: a docstring
                    before = token.NEWLINE
                    continue
            elif each.type == token.NAME and text not in _KEPT and found[-1:] != ["."]:
                text = names.setdefault(text, f"name{len(names)}")
            found.append(text)
            before = each.type
    except (tokenize.TokenError, SyntaxError, ValueError):
        found.append(" ".join(source.split()))  # it is not Python from there on
    return tuple(found)


@dataclass(frozen=True)
class Pair:
    """Two students, the parts that they wrote alike, and how many such pairs chance would give in this class."""

    students: tuple[str, str]
    parts: tuple[str, ...]
    expected: float


def beyond_chance(forms: Mapping[str, Mapping[str, Form]], usual: Mapping[str, Form]) -> list[Pair]:
    """Return the pairs that are alike in more than chance explains, the least likely first.

    If two students work apart, the second writes a part as the first did with the share of the *others* who do so, one
    more counted in for each side; parts count as independent. The product over the parts that they share, times the
    number of pairs, is how many such pairs to expect.

    Parameters
    ----------
    forms : mapping
        By student and part, what `form` gives; blank parts left out.
    usual : mapping
        By part the form that everyone may have, the solution's: it counts for nothing.
    """
    counts: dict[str, Counter[Form]] = {}
    holders: dict[tuple[str, Form], list[str]] = {}
    for student, parts in forms.items():
        for part, written in parts.items():
            counts.setdefault(part, Counter())[written] += 1
            if len(written) >= SHORT and written != usual.get(part):
                holders.setdefault((part, written), []).append(student)
    shared: dict[tuple[str, str], set[str]] = {}
    for (part, _), students in holders.items():
        if 2 <= len(students) <= GROUP:
            for first, second in itertools.combinations(sorted(students), 2):
                shared.setdefault((first, second), set()).add(part)
    pairs = len(forms) * (len(forms) - 1) / 2
    found = []
    for (first, second), common in shared.items():
        expected = pairs
        for part in common:
            expected *= (counts[part][forms[first][part]] - 1) / max(counts[part].total() - 1, 1)
        if expected < EXPECTED:
            found.append(Pair((first, second), tuple(sorted(common)), expected))
    return sorted(found, key=lambda pair: (pair.expected, pair.students))


def same(forms: Mapping[str, Form]) -> list[list[str]]:
    """Return the groups of two and more students with one form, the largest first."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for student, written in forms.items():
        groups.setdefault(written, []).append(student)
    return sorted(
        (sorted(group) for group in groups.values() if len(group) > 1), key=lambda group: (-len(group), group)
    )
