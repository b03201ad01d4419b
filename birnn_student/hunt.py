"""Problem set 7: a student's test, in two halves, is run on functions that are right and on some that are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_student.asking import ask

CALLS, NUMBERS = 50, 1000
"""What a test may ask for: the calls are carried out where the marks are given, and should take no time and no room."""


def verdict(name: str, function: Callable[..., Any]) -> bool:
    """Return what a student's test says of a function: True where it finds a bug.

    The test is called with None and returns its calls, a list of lists of arguments; it is called again with a list of
    their results, and returns its verdict.
    """
    __tracebackhide__ = True
    calls = ask(name, None, returns=list)
    assert calls, f"{name}(None) should return a list of calls, yours is empty"
    assert len(calls) <= CALLS, f"{name}(None) asks for {len(calls)} calls: {CALLS} are enough"
    results = []
    for i, arguments in enumerate(calls, start=1):
        assert isinstance(arguments, list | tuple), (
            f"call {i} should be a list of arguments, not {type(arguments).__name__}"
        )
        size = numbers(arguments)
        assert size <= NUMBERS, f"call {i} of {name} has {size} numbers in its arguments: {NUMBERS} are enough"
        try:
            result = function(*arguments)
        except Exception as error:
            raise AssertionError(f"call {i} of {name} does not suit the function: {error}") from None
        results.append(list(result) if isinstance(result, tuple) else result)
    return bool(ask(name, results, returns=()))


def numbers(value: Any) -> int:
    """Return how many numbers there are in plain data; a letter, and a list in itself, counts as one.

    Examples
    --------
    >>> numbers([np.ones((2, 3)), {"size": 4}])
    9
    """
    if isinstance(value, dict):
        return sum(map(numbers, value.values()), start=1)
    if isinstance(value, list | tuple):
        return sum(map(numbers, value), start=1)
    return len(value) if isinstance(value, str | bytes) else int(np.size(value))


def right(name: str) -> Callable[..., Any]:
    """Return the function of that name as it should be, made of what the course's package has."""
    from birnn_ref.plain import birnn_forward

    def readout(features: Any, W: Any, b: Any) -> Any:
        return features @ W + b

    def final(h_f: Any, h_b: Any, lengths: Any, W: Any, b: Any) -> Any:
        ends = [np.concatenate([f[n - 1], g[0]]) for f, g, n in zip(h_f, h_b, lengths, strict=True)]
        return readout(np.stack(ends), W, b)

    def around(h_f: Any, h_b: Any, h_0f: Any, h_0b: Any, W: Any, b: Any) -> Any:
        padded_f, padded_b = np.insert(h_f, 0, h_0f, axis=1), np.insert(h_b, h_b.shape[1], h_0b, axis=1)
        return readout(np.concatenate([padded_f[:, :-1], padded_b[:, 1:]], axis=2), W, b)

    def masked(x: Any, lengths: Any, eps: float) -> Any:
        padded = np.arange(x.shape[1])[None, :, None] >= np.asarray(lengths)[:, None, None]
        words = np.ma.array(x, mask=np.broadcast_to(padded, x.shape))
        return ((words - words.mean(axis=(0, 1))) / np.sqrt(words.var(axis=(0, 1)) + eps)).filled(0)

    found: dict[str, Callable[..., Any]] = {
        "both_directions": lambda x, forward, backward: birnn_forward(x, forward, backward),
        "padded_directions": lambda x, lengths, forward, backward: birnn_forward(x, forward, backward, lengths),
        "in_chunks": lambda x, size, forward, backward: birnn_forward(x, forward, backward),
        "classify": final,
        "predict_words": around,
        "normalise": masked,
    }
    return found[name]
