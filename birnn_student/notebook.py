"""What a student sees: one line where a test failed or passed, hints on demand, and a summary at the end."""

from __future__ import annotations

import linecache
import re
import sys
import textwrap
import traceback
from types import TracebackType
from typing import Any

from birnn_student import session
from birnn_student.problem_set import Part, read

TEST = re.compile(r"^test_(\w+)_visible\(\)\s*\Z", re.MULTILINE)
"""A test cell's last line."""
WIDTH = 88
"""Letters in a line that a notebook beside a list of files shows whole."""


def begin(name: str) -> None:
    """Start the problem set ``name`` in the notebook that calls this.

    In Jupyter a failed test then shows one line in place of a traceback (``%tb`` shows all of it), and a passed one
    what it is worth. Elsewhere, as in the tests' own process at grading, nothing is changed.
    """
    session.start(read(name), sys._getframe(1).f_globals)
    here = shell()
    if here is not None:
        here.set_custom_exc((Exception,), _show)
        for callback in [c for c in here.events.callbacks["post_run_cell"] if c.__name__ == _ran.__name__]:
            here.events.unregister("post_run_cell", callback)
        here.events.register("post_run_cell", _ran)
        print(overview(session.current.set.name, session.current.set.parts))


def overview(name: str, parts: list[Part]) -> str:
    """Return in words what a problem set asks for, with the difficulty of the hardest answer in each part.

    Examples
    --------
    >>> parts = [Part("f", 1, minutes=20, difficulty=1), Part("g", 1, minutes=10, difficulty=2)]
    >>> print(overview("ps1", [*parts, Part("explain", 2, minutes=15, difficulty=1)]))
    ps1, about 45 minutes (* follows a chapter, ** wants a thought, *** wants several):
    part 1 (30 minutes, **), part 2 (15, *).
    """
    if not parts:
        return f"{name} has begun."
    numbers = {part.number: [p for p in parts if p.number == part.number] for part in parts}
    each = [f"part {n} ({sum(p.minutes for p in own)}, {max(p.stars for p in own)})" for n, own in numbers.items()]
    each[0] = each[0].replace(",", " minutes,")
    about = f"{name}, about {sum(part.minutes for part in parts)} minutes"
    lines = textwrap.wrap(", ".join(one.replace(" ", "~") for one in each) + ".", WIDTH)  # a part stays in one line
    stars = "(* follows a chapter, ** wants a thought, *** wants several):"
    return "\n".join([f"{about} {stars}", *(line.replace("~", " ") for line in lines)])


def shell() -> Any:
    """Return the notebook's shell where there is a real one."""
    core = sys.modules.get("IPython.core.interactiveshell")
    return core.InteractiveShell.instance() if core and core.InteractiveShell.initialized() else None


def _title(name: str) -> str:
    part = session.current.set.part(name)
    return part.title if part else name


def _points(number: float) -> str:
    return f"{number:g} point{'' if number == 1 else 's'}"


def _show(shell: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, tb_offset: Any) -> None:
    """Show an error: of a test, or of a trainer that lacks a part, in a line or two; any other as ever."""
    name = _tested(trace)
    if name is None and not isinstance(error, session.NotWritten):
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace  # for %tb and %debug
    shell._showtraceback(kind, error, [f"✗ {failure(name, error, trace) if name else error}"])


def _tested(trace: TracebackType | None) -> str | None:
    """Return the function whose visible test an error ended, None for an error from elsewhere."""
    for frame, _ in traceback.walk_tb(trace):
        match = re.fullmatch(r"test_(\w+)_visible", frame.f_code.co_name)
        if match and frame.f_globals is session.current.names:
            return match[1]
    return None


def failure(name: str, error: BaseException, trace: TracebackType | None) -> str:
    """Return in a line or two why a test failed, and for an error in the student's code where."""
    lines = [f"{_title(name)}: {error}"]
    if isinstance(error, NotImplementedError):
        lines = [f"{_title(name)} is not written yet."]
    elif not isinstance(error, AssertionError):
        lines = [f"{_title(name)} stopped with {type(error).__name__}: {error}"]
        own = [
            (frame.f_code.co_name, number, frame.f_code.co_filename)
            for frame, number in traceback.walk_tb(trace)
            if frame.f_globals is session.current.names and not frame.f_code.co_name.startswith("test_")
        ]
        if own := [place for place in own if place[0] != "<module>"]:
            function, number, file = own[-1]
            lines.append(f"  in {function}, line {number} of its cell: {linecache.getline(file, number).strip()}")
    part = session.current.set.part(name)
    if part and part.hints:
        lines.append(f"  hint(1) to hint({len(part.hints)}) help, each a little more; %tb shows the whole traceback.")
    return "\n".join(lines)


def _ran(result: Any) -> None:
    """After a cell has run: note how its test went, and say what it is worth where it passed."""
    found = TEST.search(str(result.info.raw_cell))
    if not found:
        return
    session.current.note(found[1], bool(result.success))
    if result.success:
        print(passed(found[1]))


def passed(name: str) -> str:
    """Return in a line what a passed test is worth."""
    part = session.current.set.part(name)
    if part is None:
        return f"✓ {name}: passed. More tests run at grading, on other numbers."
    more = f", {_points(part.hidden)} more at grading" if part.hidden else ""
    return f"✓ {part.title}: passed, {_points(part.visible)} safe{more}."


def hint(level: int = 1, part: str | int | None = None) -> None:
    """Print a hint: 1 asks a question, 2 names a page, 3 says where to look.

    ``part`` is its number or its function's name; by default the part whose test ran last. Nobody is told.
    """
    here = session.current
    which = part if part is not None else here.last or next((p.name for p in here.set.parts), "")
    found = here.set.part(which)
    same_number = [p for p in here.set.parts if found and p.number == found.number and p.hints]
    if isinstance(part, int) and len(same_number) > 1:
        names = " or ".join(repr(p.name) for p in same_number)
        print(f"Part {part} has {len(same_number)} functions: say hint({level}, {names}).")
    elif found is None or not found.hints:
        have = ", ".join(p.name for p in here.set.parts if p.hints) or "no part"
        print(f"There are no hints for {which!r}; there are for: {have}.")
    elif not 1 <= level <= len(found.hints):
        print(f"{found.title} has hints 1 to {len(found.hints)}.")
    else:
        print(f"{found.title}, hint {level} of {len(found.hints)}: {found.hints[level - 1]}")


def summary() -> None:
    """Print which points are safe, which parts are still to do, and what a person will mark."""
    if shell() is not None:
        print(summed_up(session.current.set.parts, session.current.passed))


def summed_up(parts: list[Part], passed: dict[str, bool]) -> str:
    """Return the summary in words.

    Examples
    --------
    >>> print(summed_up([Part("f", 1, 1, 2), Part("g", 2, 1, 1), Part("explain", 3, written=2)], {"f": True}))
    Marked automatically: 1 of 5 points safe, up to 2 more at grading.
    To do: part 2 (g).
    Marked by a person: part 3 (explain), 2 points.
    The tests at grading use other numbers: "passed" here is no promise there; what is safe stays so.
    """
    tested = [part for part in parts if not part.written]
    if not tested:
        done = [name for name, good in passed.items() if good]
        return f"Passed here: {', '.join(done) or 'nothing yet'}. More tests run at grading, on other numbers."
    good = [part for part in tested if passed.get(part.name)]
    full, safe = sum(p.visible + p.hidden for p in tested), sum(p.visible for p in good)
    more = sum(p.hidden for p in good)
    lines = [f"Marked automatically: {safe:g} of {full:g} points safe, up to {more:g} more at grading."]
    if todo := [f"part {p.number} ({p.name})" for p in tested if not passed.get(p.name)]:
        lines.append(f"To do: {', '.join(todo)}.")
    for part in parts:
        if part.written:
            lines.append(f"Marked by a person: part {part.number} ({part.name}), {_points(part.written)}.")
    lines.append('The tests at grading use other numbers: "passed" here is no promise there; what is safe stays so.')
    return "\n".join(lines)
