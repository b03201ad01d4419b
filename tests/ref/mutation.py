"""Break the cells and the recurrent layers one small change at a time, and see whether a test notices.

``python -m ref.mutation`` in ``tests/`` runs them all, which takes long; ``test_mutation.py`` tries the runner. Each
change is to one operator, constant, comparison, call or statement of one module, in memory: the files stay as they are.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import os
import random
import signal
import sys
import time
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

HERE = Path(__file__).parent
ROOT = Path(__file__).resolve().parents[2]
MODULES = (
    "cells/sigmoid.py",
    "cells/rnn.py",
    "cells/lstm.py",
    "cells/gru.py",
    "cells/mgu.py",
    "cells/indrnn.py",
    "cells/cell.py",
    "plain.py",
    "layers/scans/packing.py",
    "layers/scans/product.py",
    "layers/scans/projection.py",
    "layers/scans/scan.py",
    "layers/scans/steps.py",
    "layers/scans/rnn.py",
    "layers/scans/lstm.py",
    "layers/scans/gru.py",
    "layers/recurrent/merging.py",
    "layers/recurrent/directions.py",
    "layers/recurrent/recurrent.py",
    "layers/recurrent/bidirectional.py",
    "layers/recurrent/stack.py",
    "layers/_chain.py",
    "layers/crf.py",
    "losses/ctc.py",
    "models/beam_search.py",
)
# The judges, by how a module begins; the longest that fits. Those that need PyTorch only repeat what others hold.
TESTS = {
    "cells/": (["test_cells.py", "test_any_cell.py", "test_mgu.py", "test_indrnn.py"], "not torch and not framework"),
    "plain.py": (["test_plain.py", "test_recurrent.py"], "not torch"),
    "layers/": (
        [
            "test_any_cell.py",
            "test_merging.py",
            "test_bidirectional.py",
            "test_stack.py",
            "test_recurrent.py",
            "test_lookup.py",
        ],
        "not torch",
    ),
    "layers/_chain.py": (["test_crf.py"], "not twin"),
    "layers/crf.py": (["test_crf.py"], "not twin"),
    "losses/ctc": (["test_ctc.py"], "not torch"),
    "models/beam_search.py": (["test_beam_search.py", "test_decoder.py"], "not twin and not learns"),
}
# Lines, by how they begin, whose survivors change nothing that a result shows, and why.
ROOMIER, SPEED = "more room than needed is as good", "it decides how fast, not what"
EXPLAINED = {
    "layers/recurrent/directions.py": {"flat = d_outputs.reshape(-1,": "NumPy takes -2 for -1"},
    "layers/scans/gru.py": {
        "batch, hidden, half = len(chain.initial)": "there are as many final states",
        "all_gates, all_recalled =": ROOMIER,
    },
    "layers/scans/lstm.py": {
        "batch, hidden, half = len(chain.initial)": "there are as many final states",
        "all_gates, all_tanh_c =": ROOMIER,
    },
    "layers/scans/packing.py": {"BLOCK =": SPEED, "if not groups or step.rows.stop": SPEED},
    "layers/scans/product.py": {
        "SMALL, WORTH_THREADS =": SPEED,
        "work =": SPEED,
        "portion =": SPEED,
        "if work <= SMALL or work > WORTH_THREADS": SPEED,
    },
    "layers/scans/projection.py": {"for block in packing.chains[0].blocks:": "both chains have the same rows"},
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
CALLS = {
    "multiply": "add",
    "add": "subtract",
    "subtract": "add",
    "tanh": "sin",
    "maximum": "minimum",
    "greater": "less",
}
CALLS |= {"reversed": "list", "empty": "ones", "zeros": "ones"}
ATTRIBUTES = {"T": "real", "after": "before", "before": "after", "initial": "final", "final": "initial"}


def changes(source):
    """Yield every changed form of a module as (line, what was changed, source)."""
    tree = ast.parse(source)
    skipped = {id(n) for a in ast.walk(tree) for n in _not_run(a)}
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        for change in _changes(node):
            broken = copy.deepcopy(tree)
            target = next(n for k, n in enumerate(ast.walk(broken)) if k == number)
            what = change(target)
            yield getattr(node, "lineno", 0), what, ast.unparse(ast.fix_missing_locations(broken))


def _not_run(node):
    """Return the parts of a node that mean nothing when all is well: docstrings, annotations, errors, ``strict``."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node, node.value]
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return list(ast.walk(node))
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return [node.value]
    parts = [getattr(node, name, None) for name in ("annotation", "returns")]
    return [n for part in parts if part is not None for n in ast.walk(part)]


def _changes(node):
    """Return what can be changed at a node: functions that do it and say what they did."""
    found = []
    operator = getattr(node, "op", None)
    if type(operator) in OPERATORS and not (isinstance(node, ast.BinOp) and isinstance(operator, ast.BitOr)):
        found.append(lambda n: _replace_operator(n))
    if isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
        found.append(lambda n: _replace_comparison(n))
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        found.append(lambda n: _replace_value(n, n.value + 1))
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        found.append(lambda n: _replace_value(n, not n.value))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS:
        found.append(lambda n: _replace_call(n.func, "attr"))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        found.append(lambda n: _replace_call(n.func, "id"))
    if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES and isinstance(node.ctx, ast.Load):
        found.append(lambda n: _replace_attribute(n))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        found.append(lambda n: _drop_sign(n))
    for name in ("body", "orelse"):
        for k, statement in enumerate(getattr(node, name, []) if isinstance(getattr(node, name, []), list) else []):
            if isinstance(statement, ast.AugAssign) or (
                isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
            ):
                found.append(lambda n, name=name, k=k: _drop_statement(n, name, k))
    return found


def _replace_operator(node):
    before = ast.unparse(node)
    node.op = OPERATORS[type(node.op)]()
    return f"{before} -> {ast.unparse(node)}"


def _replace_comparison(node):
    before = ast.unparse(node)
    node.ops[0] = OPERATORS[type(node.ops[0])]()
    return f"{before} -> {ast.unparse(node)}"


def _replace_value(node, value):
    before, node.value = node.value, value
    return f"{before} -> {value}"


def _replace_call(function, name):
    before = ast.unparse(function)
    setattr(function, name, CALLS[getattr(function, name)])
    return f"{before}() -> {ast.unparse(function)}()"


def _replace_attribute(node):
    before = ast.unparse(node)
    node.attr = ATTRIBUTES[node.attr]
    return f"{before} -> {ast.unparse(node)}"


def _drop_sign(node):
    before = ast.unparse(node)
    node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
    if isinstance(node.op, ast.Not):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
    return f"{before} -> without"


def _drop_statement(node, name, k):
    statement = getattr(node, name)[k]
    getattr(node, name)[k] = ast.Pass(lineno=statement.lineno, col_offset=0)
    return f"{ast.unparse(statement)} -> nothing"


def survives(module, source, seconds=120):
    """Run the tests on a changed module in a fork of this process; return whether all pass in this processor time."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = _judge(module, source, seconds)
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def _judge(module, source, seconds):
    """Put a changed module in its place and return the tests' exit status."""
    import pytest

    class Changed(MetaPathFinder, Loader):
        def find_spec(self, name, path, target=None):
            return ModuleSpec(name, self) if name == changed else None

        def exec_module(self, loaded):
            exec(compile(source, module, "exec"), loaded.__dict__)

    changed = "birnn_ref." + module.removesuffix(".py").replace("/", ".")
    for name in [name for name in sys.modules if name.split(".")[0] in ("birnn_ref", "ref")]:
        del sys.modules[name]
    sys.meta_path.insert(0, Changed())
    signal.setitimer(signal.ITIMER_PROF, seconds)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    files, selected = TESTS[_judges(module)]
    return pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-k", selected, *(str(HERE / name) for name in files)])


def _judges(module):
    return max((start for start in TESTS if module.startswith(start)), key=len)


def main():
    """Try every change of the named modules and print the survivors; exit with 1 if one is not explained."""
    parser = argparse.ArgumentParser(prog="python -m ref.mutation", description=main.__doc__)
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE")
    parser.add_argument("--list", action="store_true", help="only list the changes")
    parser.add_argument("--sample", type=int, help="run so many of them, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    arguments = parser.parse_args()
    chosen = [
        (module, *change)
        for module in arguments.modules
        for change in changes((ROOT / "birnn_ref" / module).read_text())
    ]
    if arguments.sample:
        chosen = random.Random(arguments.seed).sample(chosen, min(arguments.sample, len(chosen)))
    if not arguments.list and any("torch" in TESTS[_judges(module)][1] for module, *_ in chosen):
        importlib.import_module("torch")  # once: some files of tests ask for it, and the forks have it then
    for module in {_judges(module): module for module, *_ in chosen}.values():
        whole = (ROOT / "birnn_ref" / module).read_text()
        assert arguments.list or survives(module, whole), f"the tests fail on {module} as it is"
    survivors, explained, start = 0, 0, time.perf_counter()
    for k, (module, line, what, source) in enumerate(chosen):
        if not arguments.list:
            print(f"{k} of {len(chosen)} tried, {survivors} survived", end="\r", file=sys.stderr, flush=True)
        if arguments.list or survives(module, source):
            code = (ROOT / "birnn_ref" / module).read_text().splitlines()[line - 1].strip()
            why = next((why for start, why in EXPLAINED.get(module, {}).items() if code.startswith(start)), None)
            survivors, explained = survivors + 1, explained + (why is not None)
            print(f"{module}:{line}: {what} in {code!r}" + (f": {why}" if why else ""), flush=True)
    if not arguments.list:
        seconds = time.perf_counter() - start
        print(f"{len(chosen)} changes, {survivors} survivors, {explained} explained, {seconds:.0f} s", flush=True)
        sys.exit(survivors > explained)


if __name__ == "__main__":
    main()
