"""What the trusted process is asked to do, as plain data that crosses a pipe."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from birnn_grader.judge import names, sandbox
from birnn_grader.judge.cells import added, kind, label_of, settings_of
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Sandbox

_HEAVY = ("torch", "tensorflow", "keras", "jax")  # they start threads, which a fork does not take along


def to_plain(
    cells: list[dict[str, Any]], answers: dict[str, Any], files: dict[str, Any], backend: Sandbox, limits: Limits
) -> dict[str, Any]:
    """Return what the trusted process needs, as plain data; `from_plain` turns it back."""
    tests = [cell["source"] for cell in cells if kind(cell) == "test"]
    modules = {module for source in tests for module in names.imports(source)}
    light = sorted(module for module in modules if module.split(".")[0] not in _HEAVY)
    slim = [
        {
            **{key: c[key] for key in ("cell_type", "source")},
            "metadata": {"nbgrader": settings_of(c), "tags": c["metadata"].get("tags") or [], **_marked(c)},
        }
        for c in cells
    ]
    return {
        "cells": slim,
        "answers": answers,
        "files": files,
        "preload": light,
        "backend": [type(backend).__name__, dataclasses.asdict(cast(Any, backend))],
        "limits": dataclasses.asdict(limits),
    }


def _marked(cell: dict[str, Any]) -> dict[str, Any]:
    return {"birnn_grader": {"own": label_of(cell), "added": added(cell)}} if label_of(cell) else {}


def from_plain(plain: dict[str, Any]) -> dict[str, Any]:
    """Return the job of `to_plain`."""
    name, settings = plain["backend"]
    return {**plain, "backend": getattr(sandbox, name)(**settings), "limits": Limits(**plain["limits"])}
