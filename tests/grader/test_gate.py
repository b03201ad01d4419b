"""The gate that everything from a student's process passes: 10,000 frames of every kind, and none does harm."""

import json
import random
import struct

import numpy as np
import pytest
from course import FULL, answers, grade, hand_in, make_course, open_course, totals, with_answers

from birnn_grader import pool
from birnn_grader import results as stored
from birnn_grader.inside.protocol import HEADER, ProtocolError, pack, unpack
from birnn_grader.judge.clock import Clock
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.notebook import Notebook
from birnn_grader.judge.sandbox import Bubblewrap

FRAMES = 10_000
TEXTS = ["", "a", "\ud800", "\udfff\ud800", "\0", "\x1b[31m", "\u202e", "\U0010ffff", "é" * 50, "<b>", "9" * 400]
NUMBERS = [0, -0.0, 1, -1, 2**63, 2**64, 10**300, -(10**300), 1e308, 5e-324, float("nan"), float("inf"), float("-inf")]
CODES = ["<f8", ">f8", "<f2", "|b1", "|u1", "<i8", "<c16", "<U3", "|S3", "|O", "|V4", "<M8[s]", "<f16", "x"]
CODES = [*CODES, "", None, 3, ["<f8"]]
SHAPES = [[], [0], [1], [3], [2, 2], [-1], [2**62, 0], [2**62, 2**62], [1] * 17, [1.0], [True], "3", None, [[1]], {}]


def _tree(draw, depth=0):
    """A value as a student's process may write it: often right in form, and now and then not."""
    kind = draw.randrange(12 if depth < 5 else 4)
    if kind < 4:
        return draw.choice([draw.choice(TEXTS), draw.choice(NUMBERS), None, True, False])
    if kind < 6:
        return {draw.choice("lt"): [_tree(draw, depth + 1) for _ in range(draw.randrange(4))]}
    if kind < 8:
        return {"d": [[_tree(draw, depth + 1), _tree(draw, depth + 1)] for _ in range(draw.randrange(4))]}
    if kind == 8:
        return {"a": [draw.choice(CODES), draw.choice(SHAPES)]}
    if kind == 9:
        return {"n": draw.choice(CODES)}
    if kind == 10:
        return {draw.choice("bcxald"): draw.choice([3, -1, [1.0, 2.0], "x", None, [], {}, 2**70])}
    return {draw.choice(TEXTS): _tree(draw, depth + 1), draw.choice(TEXTS): 1}


def _reply(draw):
    """A whole answer: the fields that the judge looks at, each right or anything."""
    error = {"d": [[key, _tree(draw, 3)] for key in ("type", "message", "traceback", "at")]}
    fields = {
        "id": 1,
        "value": _tree(draw),
        "error": draw.choice([None, error, error, _tree(draw, 2)]),
        "found": draw.choice(
            [
                {"d": [["f", {"d": [["callable", True]]}]]},
                {"d": [["f", {"d": [["value", _tree(draw)]]}]]},
                _tree(draw, 2),
            ]
        ),
        "output": draw.choice(["", _tree(draw, 3)]),
    }
    return {"d": [[key, value] for key, value in fields.items() if key == "id" or draw.random() < 0.7]}


def _frame(draw, tree):
    bodies = [
        bytes(8),
        draw.randbytes(16),
        draw.randbytes(draw.randrange(64)),
        struct.pack("<3I", 0xD800, 0x110000, 65),
    ]
    body = b"" if draw.random() < 0.6 else draw.choice(bodies)
    text = json.dumps(tree).encode()
    frame = HEADER.pack(len(text), len(body)) + text + body
    if draw.random() < 0.1:  # damaged on the way
        at = draw.randrange(len(frame))
        frame = frame[:at] + draw.randbytes(1) + frame[at + draw.randrange(2) :]
    return frame


def _frames(seed, tree):
    draw = random.Random(seed)
    for _ in range(FRAMES):
        yield _frame(draw, tree(draw))


def _clean(value, depth=0):
    """Whether every text in a value is valid and every array plain."""
    if isinstance(value, str):
        return value.encode().decode() == value
    if isinstance(value, dict):
        return all(_clean(k) and _clean(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(map(_clean, value))
    if isinstance(value, np.ndarray | np.generic):
        assert value.dtype.kind in "biufcUS"
        return value.dtype.kind != "U" or all(map(_clean, np.asarray(value).reshape(-1).tolist()))
    return value is None or type(value) in (bool, int, float, complex, bytes)


def test_what_passes_is_plain_and_everything_else_is_refused():
    passed = 0
    for frame in _frames(1, _tree):
        try:
            value = unpack(frame)
        except ProtocolError:
            continue
        passed += 1
        assert _clean(value), frame
        repr(value)
        assert repr(unpack(pack(value))) == repr(value)
    assert FRAMES / 10 < passed < 9 * FRAMES / 10


class _Student:
    """A student's process that answers whatever comes."""

    def __init__(self, frames):
        self.frames, self.clock = frames, Clock()

    def ready(self):
        pass

    def exec(self, *_):
        for frame in self.frames:
            try:
                reply = unpack(frame)
            except ProtocolError:
                continue
            if isinstance(reply, dict) and reply.get("id") == 1:
                return reply
        return None

    def call(self, *_):
        return self.exec()


def test_no_answer_ends_the_judge_or_earns_a_mark():
    student = _Student(_frames(2, _reply))
    notebook, tested = Notebook(student, Limits()), 0
    while True:
        try:
            shown = notebook.student("part", "def f(x): return x", ["f"])
        except AttributeError:
            assert student.exec() is None, "the frames are used up"
            break
        notebook.names["f"] = notebook.proxy("f")
        try:
            outputs = notebook.test("test", "import numpy as np\nassert np.array_equal(f(1), 'the right answer')", 1.0)
        except AttributeError:
            break
        tested += 1
        json.dumps([shown, outputs]).encode()
        assert json.dumps([shown, outputs], ensure_ascii=False).encode()
        assert outputs[-1]["output_type"] == "error"
        assert len(json.dumps(outputs)) < 200_000
    assert tested > FRAMES / 20


EVIL = {
    "surrogate_in_the_types_name": "raise type('E\\ud800', (Exception,), {})('x')",
    "surrogate_in_the_message": "raise ValueError('\\ud800')",
    "surrogate_printed": "print('\\ud800')\nraise ValueError",
    "surrogate_in_the_result": "return '\\ud800'",
    "surrogate_in_an_array": "return np.array([0xD800, 0x110000], np.uint32).view('<U2')",
    "huge_name": "raise type('E' * 10**6, (Exception,), {})('x')",
    "name_that_is_no_text": "class M(type):\n        __name__ = property(lambda self: 10**400)\n"
    "    class E(Exception, metaclass=M):\n        pass\n    raise E",
}  # fmt: skip


@pytest.mark.parametrize("name", EVIL)
def test_an_evil_error_costs_its_own_part_only(name, package, bwrap):
    source = answers()["rnn_step"].split("\n", 1)[0] + "\n    " + EVIL[name] + "\n"
    score, graded = grade(package, with_answers({**answers(), "rnn_step": source}))
    assert score == FULL - 3
    assert json.dumps(graded, ensure_ascii=False).encode()


def test_a_result_that_cannot_be_stored_does_not_stop_the_others(bwrap, tmp_path, monkeypatch):
    course = make_course(tmp_path / "course")
    for student in ("ada", "ben", "cy"):
        hand_in(course, student, with_answers(answers()))
    save = stored.save

    def full(path, text):
        if "ben" in str(path):
            raise OSError(28, "No space left on device")
        save(path, text)

    monkeypatch.setattr(stored, "save", full)
    (course / "submitted").joinpath("d\udcff").mkdir()
    (course / "submitted").joinpath("d\udcff", "ps1").mkdir()
    run = pool.Run(open_course(course), "ps1", Bubblewrap(), Limits())
    results = run.grade(workers=1)
    assert run.merge(results) == 2
    assert totals(course) == {"ada": FULL, "cy": FULL}
    (line,) = [line for line in pool.summary(results, {"ps1": 13.0}).splitlines() if "NOT GRADED" in line]
    assert line.endswith("the result could not be stored: OSError: [Errno 28] No space left on device")
    monkeypatch.setattr(stored, "save", save)
    assert run.merge(run.grade(workers=1)) == 1
