"""How the modules lie: small, without a circle among their imports, and each minding its own private names."""

import ast

import pytest
from support import ROOT

PACKAGES = ("birnn_ref", "birnn_grader", "birnn_student", "benchmarks", "tools", "book/_ext")
LEAST, MOST = 10, 250
PATHS = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in PATHS}


def imports(name, source):
    """Yield each thing that a module imports, wherever in it, by its whole name: ``birnn_ref.cells.cell.Cell``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = name.split(".")[: -node.level] if node.level else []
            yield from (".".join([*here, *filter(None, [node.module]), alias.name]) for alias in node.names)


def imported_modules(name, source, modules):
    """Return those of ``modules`` that a module imports, or imports from."""
    whole = imports(name, source)
    found = {part if part in modules else part.rpartition(".")[0] for part in whole}
    return (found & set(modules)) - {name}


def circles(graph):
    """Take away, again and again, what imports nothing that is left; return what stays: circles, and their users."""
    left = {name: set(targets) for name, targets in graph.items()}
    while free := [name for name, targets in left.items() if not targets & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


def strangers(name, source):
    """Return the private names that a module imports though it does not lie in the package or module that has them."""
    found = []
    for whole in imports(name, source):
        parts = whole.split(".")
        private = [k for k, part in enumerate(parts) if part.startswith("_") and not part.startswith("__")]
        owner = ".".join(parts[: private[0]]) if private else ""
        if owner and not f"{name}.".startswith(f"{owner}."):
            found.append(whole)
    return found


def test_no_imports_go_in_a_circle():
    graph = {name: imported_modules(name, path.read_text(), MODULES) for name, path in MODULES.items()}
    assert sum(map(len, graph.values())) > 500
    assert not circles(graph)


@pytest.mark.parametrize("name", MODULES)
def test_private_names_stay_where_they_are(name):
    assert not strangers(name, MODULES[name].read_text())


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_small_but_worth_a_file(name):
    path = MODULES[name]
    assert path.name in ("__init__.py", "__main__.py") or LEAST <= len(path.read_text().splitlines()) <= MOST


class TestTheChecksThemselves:
    @pytest.mark.parametrize("source", ["import a.b", "from a.b import f", "def g():\n    from a import b"])
    def test_a_circle_is_found_wherever_its_import_stands(self, source):
        modules = {"a.b": "import a.c", "a.c": source, "a.d": "import a.b"}
        graph = {name: imported_modules(name, text, modules) for name, text in modules.items()}
        assert circles(graph) == ["a.b", "a.c", "a.d"]
        assert not circles({**graph, "a.c": set()})

    def test_a_private_name_is_found(self):
        found = lambda name, source: strangers(name, source)  # noqa: E731
        assert found("a.c", "from a.b import _f") == ["a.b._f"]
        assert found("b.c", "from a._checks import f") == ["a._checks.f"]
        assert found("a.b.c", "from .d import _f") == ["a.b.d._f"]
        assert not found("a.b.c", "from a._checks import f\nfrom __future__ import annotations\nimport a._checks")
