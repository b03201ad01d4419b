"""The pure task that grades one submission, for any executor; it imports little, so that a worker starts fast."""

from __future__ import annotations

from typing import Any

from birnn_grader import engine
from birnn_grader.judge import selftest
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Sandbox
from birnn_grader.package import Package


def task(
    package: Package, data: bytes | None, reason: str, backend: Sandbox, limits: Limits, checked: bool = False
) -> dict[str, Any]:
    """Grade one submission wherever this runs; an error of the grader's own is part of the result, not an end.

    Parameters
    ----------
    package, data, reason, backend, limits
        As for `engine.grade`.
    checked : bool
        Whether the sandbox's self-test has run on this machine; if not, it runs here first.

    Returns
    -------
    dict
        `engine.Graded` as JSON data, or ``{"error": text}``.
    """
    try:
        if not checked:
            selftest.ensure(backend, limits)
        return engine.grade(package, data, backend, limits, reason).as_plain()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
