"""What the cells of an assignment define and use, read from their source by `ast`, never by running them."""

from __future__ import annotations

import ast
import builtins
import symtable

from birnn_grader.inside.language import to_python


def parse(source: str) -> ast.Module:
    """Parse a cell, by IPython's rules where it is not plain Python."""
    return ast.parse(to_python(source))


def defined(source: str, imported: bool = True) -> list[str]:
    r"""Return the names that a cell's top level defines, in order; none for a cell that is not Python.

    ``imported=False`` leaves out what it imports: a module is not something that a test could call in another process.

    Examples
    --------
    >>> defined("import numpy as np\ndef rnn_step(x_t):\n    return x_t\nh, c = 1, 2")
    ['np', 'rnn_step', 'h', 'c']
    """
    try:
        table = symtable.symtable("\n".join(ast.unparse(node) for node in parse(source).body), "<cell>", "exec")
    except (SyntaxError, ValueError):
        return []
    found = [s for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()]
    return [s.get_name() for s in found if imported or not s.is_imported()]


def used(source: str) -> set[str]:
    r"""Return the names that a cell reads and neither defines at its top level nor finds among the builtins.

    Examples
    --------
    >>> sorted(used("h_t = np.tanh(x_t)\nprint([y for y in h_t])"))
    ['np', 'x_t']
    """
    tree = parse(source)
    table = symtable.symtable("\n".join(ast.unparse(node) for node in tree.body), "<cell>", "exec")
    found, tables = set(), [table]
    for each in tables:
        tables += each.get_children()
        for symbol in each.get_symbols():
            top = each.get_type() == "module"
            if symbol.is_referenced() and (symbol.is_global() or (top and not symbol.is_assigned())):
                found.add(symbol.get_name())
    return found - set(defined(source)) - set(dir(builtins)) - {"display", "get_ipython", "__name__"}


def without_unused_imports(source: str, wanted: set[str]) -> str:
    """Return a setup cell without the imports that none of ``wanted`` needs: a trusted process needs no framework."""
    try:
        tree = parse(source)
    except SyntaxError:
        return source
    loads = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | wanted
    kept = []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [a for a in node.names if a.name == "*" or (a.asname or a.name.split(".")[0]) in loads]
            if not node.names:
                continue
        kept.append(node)
    return "\n".join(ast.unparse(node) for node in kept)


def imports(source: str) -> list[str]:
    """Return the modules that a cell imports, wherever in it."""
    try:
        nodes = list(ast.walk(parse(source)))
    except SyntaxError:
        return []
    found = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return found + [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
