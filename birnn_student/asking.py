"""Call the functions of a notebook, compare what they return, and say in words what is wrong."""

from __future__ import annotations

import contextlib
import copy
import io
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from birnn_student import session
from birnn_student.problem_set import Example, fingerprint, flat

SECONDS = 20
"""The processor's time that one call may take."""


def ask(name: str, *arguments: Any, returns: Any, hints: Mapping[Any, str] | None = None) -> Any:
    """Call your function and return its answer as arrays, or say what is wrong with it.

    `returns` is the shape of the array wanted, a list of shapes for several results, a dict of them for a dict, or
    a type. `hints` says for some wrong shapes where they come from.
    """
    __tracebackhide__ = True
    function = session.current.names.get(name)
    assert callable(function), f"there is no function {name}: did its cell stop with an error, or was it renamed?"
    with contextlib.redirect_stderr(io.StringIO()), _time_limit(name, SECONDS):
        try:
            answer = function(*copy.deepcopy(arguments))
        except TypeError as error:
            if f"{name}() " not in str(error):
                raise
            answer = error
    given = f"{name} is called with {len(arguments)} arguments"
    assert not isinstance(answer, TypeError), f"{given}: did you change its first line? ({answer})"
    return _checked(name, answer, returns, hints or {})


def _checked(what: str, answer: Any, returns: Any, hints: Mapping[Any, str]) -> Any:
    """Return the answer if its type, shape and numbers can be right; else say what is wrong with them."""
    __tracebackhide__ = True
    none = f"{what} returned None: does it print its answer instead of returning it, or is a case missing?"
    assert answer is not None, none
    found = type(answer).__name__
    if isinstance(returns, type):
        assert isinstance(answer, returns), f"{what} should be of type {returns.__name__}, not {found}"
        return answer
    if isinstance(returns, dict):
        assert isinstance(answer, dict), f"{what} should return a dict, not {found}"
        assert set(answer) == set(returns), f"{what} should return a dict with the keys {', '.join(returns)}"
        return {key: _checked(f"{what}: {key}", answer[key], returns[key], {}) for key in returns}
    if isinstance(returns, list):
        listed = isinstance(answer, tuple | list)
        if not listed and all(shape == () for shape in returns):  # numbers: an array is a list of them
            listed = isinstance(answer, np.ndarray) and answer.ndim == 1
        several = listed and len(answer) == len(returns)
        assert several, f"{what} should return {len(returns)} results, in the order that the task names"
        pairs = zip(answer, returns, strict=True)
        return [_checked(f"{what}, result {i}", *pair, {}) for i, pair in enumerate(pairs, start=1)]
    try:
        array = np.asarray(answer)
        numbers = array.dtype.kind in "biuf"
    except Exception:
        numbers = False
    assert numbers, f"{what} should be numbers in an array of shape {returns}, not {found}"
    assert array.shape not in hints, hints.get(array.shape)
    one = " (one number, True or False)" if returns == () else ""
    assert array.shape == returns, f"{what} should have shape {returns}{one}, yours has {array.shape}"
    finite = np.isfinite(array)
    assert finite.all(), f"{what} holds NaN or infinity{_first(~finite)}"
    return array


def _first(wrong: Any) -> str:
    """Return in words where the first True stands in an array; nothing for a number."""
    return f", first at {np.argwhere(wrong)[0].tolist()}" if np.ndim(wrong) else ""


def same(answer: Any, expected: Any) -> bool:
    """Whether two arrays have one shape and, up to rounding, the same numbers."""
    return np.shape(answer) == np.shape(expected) and np.allclose(answer, expected, rtol=1e-3, atol=1e-4)


def compare(answer: Any, expected: Any, otherwise: str, mistakes: Mapping[str, Any] | None = None) -> None:
    """Fail where the answer differs: with the mistake that leads to it, if it is a known one."""
    __tracebackhide__ = True
    if not same(answer, expected):
        for message, result in (mistakes or {}).items():
            assert not same(answer, result), message
        raise AssertionError(otherwise)


def example(name: str, which: int = 0) -> tuple[list[Any], Any]:
    """Return the arguments and the right result of a random case, on which `again` tries your function."""
    case = _examples(name)[which]
    return copy.deepcopy(case.arguments), copy.deepcopy(case.result)


def again(name: str) -> None:
    """Try your function on random numbers, where all sizes differ and nothing is 0: what is right by luck fails."""
    __tracebackhide__ = True
    for which, case in enumerate(_examples(name)):
        answer = ask(name, *case.arguments, returns=_shapes(case.result))
        found, right = flat(answer), flat(case.result)
        if not all(same(a, b) for a, b in zip(found, right, strict=True)):
            raise AssertionError(_difference(name, which, case, answer))


def _examples(name: str) -> list[Example]:
    found = session.current.set.examples.get(name)
    assert found, f"there is no example for {name!r}: there are {', '.join(session.current.set.examples) or 'none'}"
    return found


def _shapes(result: Any) -> Any:
    """Return what `ask` should find, of a right result."""
    if isinstance(result, dict):
        return {key: _shapes(item) for key, item in result.items()}
    return [_shapes(item) for item in result] if isinstance(result, list) else np.shape(result)


def _difference(name: str, which: int, case: Example, answer: Any) -> str:
    """Say by which known mistake an answer is wrong, or where it differs first."""
    print_ = fingerprint(answer)
    for message, known in case.mistakes.items():
        if abs(print_ - known) <= 1e-3 * max(1.0, abs(known)):
            return message
    found, right = flat(answer), flat(case.result)
    at = next(i for i, pair in enumerate(zip(found, right, strict=True)) if not same(*pair))
    entry = tuple(int(i) for i in np.argwhere(~np.isclose(found[at], right[at], rtol=1e-3, atol=1e-4))[0])
    place = f"result {at + 1}" if len(right) > 1 else "the result"
    place += f" at [{', '.join(map(str, entry))}]" if entry else ""
    sizes = ", ".join(str(np.shape(a)) for a in flat(case.arguments) if np.ndim(a))
    told = f"{place} should be {np.asarray(right[at])[entry]:.4g}, yours is {np.asarray(found[at])[entry]:.4g}"
    call = f'example("{name}"{f", {which}" if which else ""})'
    return (
        f"{name} is wrong on random numbers{f' of shapes {sizes}' if sizes else ''}: {told}. {call} returns the case."
    )


@contextlib.contextmanager
def _time_limit(name: str, seconds: float) -> Iterator[None]:
    """Stop a call that computes without end, where the system can."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"{name} has computed for {seconds} seconds: does its loop end?")

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
