"""The grader by zones of trust: what each module may import."""

import ast
from pathlib import Path

import pytest
from support import ROOT

PACKAGE = ROOT / "birnn_grader"
# From what runs beside the student's code to what the instructor calls: a module imports from its own layer and below.
LAYERS = [
    {"inside"},
    {"judge"},
    {
        "package",
        "handed_in",
        "places",
        "intake",
        "engine",
        "tasks",
        "owners",
        "downloads",
        "collect",
        "mutants",
        "checks",
        "starter",
        "alike",
        "items",
    },
    {"nbgrader"},
    {"results", "pool", "plugin", "lock"},
    {"demo", "trial", "regrade", "report"},
    {"commands"},
    {"cli"},
]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def _imports(name):
    """The grader's modules that a module imports, wherever in it."""
    found, package = set(), name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, [package if node.level else "", node.module]))
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return {other for other in found & MODULES.keys() if other != package and other != "birnn_grader"}


GRAPH = {name: _imports(name) for name in MODULES}


def _layer(name):
    part = name.split(".")[1]
    (number,) = (n for n, parts in enumerate(LAYERS) if part in parts)
    return number


@pytest.mark.parametrize("name", [name for name in MODULES if name != "birnn_grader"])
def test_a_module_imports_nothing_from_above(name):
    above = {other for other in GRAPH[name] if _layer(other) > _layer(name)}
    assert not above


def test_what_runs_beside_the_student_knows_nothing_of_the_rest():
    for name in (n for n in MODULES if n.startswith("birnn_grader.inside.")):
        assert all(other.startswith("birnn_grader.inside") for other in GRAPH[name])
        assert "birnn" not in {
            part for node in ast.walk(ast.parse(MODULES[name].read_text())) if isinstance(node, ast.Import)
            for alias in node.names for part in alias.name.split("_")
        }  # fmt: skip


def test_the_files_beside_the_modules_are_known():
    found = {str(path.relative_to(PACKAGE).parent) for path in PACKAGE.rglob("*") if path.is_file()}
    assert {Path(folder).parts[0] for folder in found if folder != "." and "__pycache__" not in folder} == {
        "inside",
        "judge",
        "nbgrader",
        "commands",
        "template",
    }
