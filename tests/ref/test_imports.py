"""The package's core imports NumPy and nothing else."""

import sys

from support import ROOT, run

# Everything but data, figures, studies, the framework twins, the variants and what Numba compiles is core.
OUTSIDE = (
    "datasets/",
    "experiments/",
    "figures",
    "drawings",
    "twins/",
    "variants/",
    "inspect/plots",
    "layers/scans/compiled/",
)


def _core_modules():
    package = ROOT / "birnn_ref"
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package).with_suffix("")
        parts = inside.parts
        if not inside.as_posix().startswith(OUTSIDE) and parts[-1] != "__main__":
            yield ".".join(("birnn_ref", *parts)).removesuffix(".__init__")


def test_core_imports_numpy_only():
    modules = ", ".join(_core_modules())
    code = (
        f"import sys; before = set(sys.modules); import numpy; import {modules}\n"
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    assert run([sys.executable, "-c", code]).stdout.split() == ["birnn_ref", "numpy"]
