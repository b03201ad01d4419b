"""Store the random cases that visible tests try a function on: ``python tools/examples.py [ps1 ...]``.

The arguments are drawn by ``tests/exercises/cases/ps1.py`` and its neighbours, from a fixed seed; the results come from
the solution. Beside them stands, as one number each, what known mistakes give, so that a message can name them.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import runpy
import warnings
from pathlib import Path
from typing import Any

import mutants
import numpy as np

from birnn_student.problem_set import SETS, decode, encode, fingerprint, flat

CASES = mutants.ROOT / "tests/exercises/cases"
SEED = 2024


def drawn(name: str) -> dict[str, list[list[Any]]]:
    """Return each part's arguments, as they will be read again; nothing for a set without cases."""
    path = CASES / f"{name}.py"
    makers = runpy.run_path(str(path)) if path.is_file() else {}
    return {
        part: [[decode(encode(a)) for a in arguments] for arguments in make(np.random.default_rng(SEED))]
        for part, make in makers.items()
        if callable(make) and not part.startswith("_")
    }


def functions(name: str, answers: dict[str, str]) -> dict[str, Any]:
    """Run a set's given cells and answers; return its names."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in mutants.code_cells(name):
        if cell.kind != "test":
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(answers.get(cell.id, cell.source), cell.id, "exec"), namespace)
    return namespace


def call(function: Any, arguments: list[Any]) -> Any:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = function(*copy.deepcopy(arguments))
    return decode(encode(found))


def examples(name: str) -> dict[str, list[dict[str, Any]]]:
    """Return a set's examples, by part."""
    solution = mutants.solution(mutants.code_cells(name))
    right, found = functions(name, solution), dict[str, list[dict[str, Any]]]()
    wrong = [(m, functions(name, m.answers(solution))) for m in mutants.mutants(name)[0] if m.tell]
    for part, cases in drawn(name).items():
        found[part] = []
        for arguments in cases:
            result = call(right[part], arguments)
            mistakes = {}
            for mutant, names in wrong:
                if mutant.part == part:
                    with contextlib.suppress(Exception):
                        answer = call(names[part], arguments)
                        if not _close(answer, result):
                            mistakes[mutant.tell] = fingerprint(answer)
            stored = {"arguments": encode(arguments), "result": encode(result), "mistakes": mistakes}
            found[part].append(stored)
    return found


def _close(one: Any, other: Any) -> bool:
    pairs = list(zip(flat(one), flat(other), strict=False))
    return all(np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in pairs)


def path(name: str) -> Path:
    return SETS / f"{name}.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="assignments (default: all)")
    for name in parser.parse_args().names or mutants.assignments():
        found = examples(name)
        if found:
            path(name).write_text(json.dumps(found) + "\n", encoding="utf-8")
        print(f"{name}: {sum(map(len, found.values()))} examples", flush=True)


if __name__ == "__main__":
    main()
