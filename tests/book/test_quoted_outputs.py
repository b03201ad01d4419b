"""A figure that may change from run to run is held by an assertion, and its digits are not typed into the text.

A cell tagged ``nbval-ignore-output`` may print other figures tomorrow, and no test compares them. So a later cell must
assert something of what it computed. The prose after it says a range, or reads a stored result; it repeats no digit.
"""

import ast
import re
from types import SimpleNamespace

import nbformat
import pytest
from support import ROOT

CHAPTERS = sorted((ROOT / "book").glob("*/*.ipynb"))
NO_CLAIM = {"rng", "fig", "ax", "axes", "plt", "np"}
SHOWS = {"print", "Table"}
FIGURE = re.compile(r"(?<![\w.])(?:\d+\.\d+|\d+(?=\s?%))(?![\w.]*\d)")


def _assigned(node):
    """Names that a statement gives a value to, loop variables left out."""
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr):
        targets = [node.target]
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        targets = [node.value.func.value]  # found.append(...)
    else:
        return set()
    return set().union(*map(_bases, targets)) - NO_CLAIM


def _bases(target):
    """The variables of a target: of ``found[name].best`` it is ``found``."""
    if isinstance(target, ast.Tuple | ast.List):
        return set().union(*map(_bases, target.elts))
    while not isinstance(target, ast.Name):
        target = getattr(target, "value", None) or getattr(target, "func", None)
        if target is None:
            return set()
    return {target.id}


def _used(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _printed(tree):
    """Names of what a cell prints: variables, what an enclosing loop runs over, and what a loop makes of them."""
    claims = set()
    shown = [call for call in _calls(tree, []) if ast.unparse(call[0].func) in SHOWS]
    for _ in range(2):
        for call, loops in shown:
            names = set().union(*map(_used, call.args))
            for _ in range(3):
                for node in (part for loop in loops for part in ast.walk(loop)):
                    if isinstance(node, ast.Assign) and (_assigned(node) | _used(node.value)) & names:
                        names |= _assigned(node) | _used(node.value)
                names |= set().union(*(_used(loop.iter) for loop in loops if _used(loop.target) & names))
            if ast.unparse(call.func) == "Table":  # its rows were made before it
                made = [node for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AugAssign)]
                names |= set().union(*(_used(node.value) for node in made if _assigned(node) & names))
            claims |= names
        shown = [call for call in _calls(tree, []) if ast.unparse(call[0].func) in {f"{n}.append" for n in claims}]
    for call, _ in _calls(tree, []):  # lists of what was printed
        if ast.unparse(call.func).endswith(".append") and set().union(*map(_used, call.args)) & claims:
            claims |= _bases(call.func)
    given = set().union(*map(_assigned, ast.walk(tree)))
    return (claims & given) or claims - NO_CLAIM - {"print", "name", "len", "zip", "enumerate", "range"}


def _calls(node, loops):
    """Every call, with the loops around it."""
    if isinstance(node, ast.For):
        loops = [*loops, node]
    if isinstance(node, ast.Call):
        yield node, loops
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, loops)


def _assertions(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and "testing" in ast.unparse(node.func)):
            yield node


def unasserted(cells):
    """Return the numbers of the cells whose changing figures no later cell asserts."""
    found = []
    for k, cell in enumerate(cells):
        if not _changes(cell):
            continue
        claims = _printed(ast.parse(cell.source))
        for later in cells[k + 1 :]:
            if later.cell_type == "code":
                tree = ast.parse(later.source)
                for node in ast.walk(tree):  # what is made from the figures is one
                    if isinstance(node, ast.Assign) and _used(node.value) & claims:
                        claims |= _assigned(node)
                    if isinstance(node, ast.For | ast.comprehension) and _used(node.iter) & claims:
                        claims |= _used(node.target)
                if any(_used(node) & claims for node in _assertions(tree)):
                    break
        else:
            found.append(k)
    return found


def typed_again(cells):
    """Return (cell, figure) for each figure of a changing output that the text after it repeats."""
    found = []
    for k, cell in enumerate(cells):
        if _changes(cell):
            shown = set(FIGURE.findall(_text(cell))) - set(FIGURE.findall(cell.source))
            for later in cells[k + 1 :]:
                if later.cell_type == "code" and later.get("outputs"):
                    break
                if later.cell_type == "markdown":
                    prose = re.sub(r"\{\w+\}`[^`]*`|\$[^$]*\$|`[^`]*`", "", later.source)
                    found += [(k, figure) for figure in sorted(shown & set(FIGURE.findall(prose)))]
    return found


def _changes(cell):
    """Whether a cell prints figures that are not compared."""
    ignored = cell.cell_type == "code" and "nbval-ignore-output" in cell.metadata.get("tags", [])
    return ignored and bool(re.search(r"\d", _text(cell)))


def _text(cell):
    """What was printed, and what a table shows; a picture's size in words is neither."""
    shown = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(str(text) for text in shown if not str(text).startswith("<Figure"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_figure_that_may_change_is_asserted_and_not_typed_again(path):
    cells = nbformat.read(path, as_version=4).cells
    where = [f"cell {k}: {cells[k].source.splitlines()[0]}" for k in unasserted(cells)]
    assert not where, "no later cell asserts what these print: " + "; ".join(where)
    again = [f"cell {k}: {figure}" for k, figure in typed_again(cells)]
    assert not again, "the text repeats a figure that may change; say the range that is asserted: " + "; ".join(again)


def _prose(text):
    return nbformat.v4.new_markdown_cell(text)


def _code(text):
    return nbformat.v4.new_code_cell(text)


class TestPlanted:
    @staticmethod
    def cells(*sources, text="error 1.004\n"):
        code = SimpleNamespace(
            cell_type="code", source=sources[0], outputs=[{"text": text}], metadata={"tags": ["nbval-ignore-output"]},
        )  # fmt: skip
        return [code, *sources[1:]]

    def test_an_output_that_nothing_asserts_is_found(self):
        assert unasserted(self.cells("errors = train()\nprint(errors)", _code("assert other > 1"))) == [0]

    def test_a_table_that_nothing_asserts_is_found(self):
        cells = self.cells("errors = train()\nTable(['a'], errors)", _code("assert other > 1"))
        assert unasserted(cells) == [0]
        cells[0].outputs = [{"data": {"text/plain": "error 1.004"}}]
        assert unasserted(cells) == [0]

    def test_an_assertion_on_what_was_made_of_it_counts(self):
        assert (
            unasserted(self.cells("errors = train()\nprint(errors)", _code("worst = max(errors)\nassert worst < 2")))
            == []
        )

    def test_a_figure_typed_again_is_found(self):
        assert typed_again(self.cells("errors = train()\nprint(errors)", _prose("It is 1.004: noise."))) == [
            (0, "1.004")
        ]

    def test_a_setting_and_a_stored_result_are_not(self):
        assert typed_again(self.cells("errors = train(1.004)", _prose("It is 1.004."))) == []
        assert typed_again(self.cells("errors = train()", _prose("It is {result}`study summary.1.004 .3f`."))) == []
