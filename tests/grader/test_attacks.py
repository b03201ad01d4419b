"""The attack corpus, a class: hostile and unlucky submissions, each followed by an innocent one.

No undeserved mark, no mark lost that was deserved, no effect on this machine, no survivor, and the class is graded.
``BIRNN_SANDBOX=podman`` (or docker) tries the container backend.
"""

import hashlib
import json
import os
import re
import secrets
import socket
from pathlib import Path

import pytest
from attacks import ATTACKS, REST
from course import FULL, answers, hand_in, make_course, open_course, totals, with_answers
from support import ROOT

from birnn_grader.judge import selftest
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import choose
from birnn_grader.pool import Run

# Bytes that no other run on this machine allows: by them its sandboxes are known in the list of processes.
LIMITS = Limits(cell=3, total=20, data=700_000_000 + secrets.randbelow(10**6), memory=900_000_000)
SANDBOX = os.environ.get("BIRNN_SANDBOX", "bwrap")
pytestmark = [pytest.mark.timeout(7200), pytest.mark.slow]


def _digests(folder):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def graded(bwrap, tmp_path_factory):
    """The class, graded by two workers; what was found on this machine before and after."""
    course = make_course(tmp_path_factory.mktemp("attacked") / "course")
    secret = course.parent / "secret"
    secret.write_text("CANARY_TOKEN")
    marker = f"birnn-survivor-{secrets.token_hex(6)}"
    server = socket.create_server(("0.0.0.0", 0))
    server.setblocking(False)
    places = {
        "COURSE": course,
        "ROOT": ROOT,
        "HOME": Path.home(),
        "SECRET": secret,
        "CANARY": course.parent / "canary",
        "PORT": server.getsockname()[1],
        "HOSTNAME": socket.gethostname(),
        "HOST": os.getpid(),
        "MARKER": marker,
    }
    innocent = with_answers(answers())
    for attack in ATTACKS:
        folder = course / "submitted" / attack.name / "ps1"
        folder.mkdir(parents=True)
        attack.make(folder, places)
        hand_in(course, f"{attack.name}-victim", innocent)
    before = {"course": _digests(course), "startup": _startup(), "grader": _digests(ROOT / "birnn_grader")}
    os.environ["BIRNN_CANARY"] = "CANARY_TOKEN"
    run = Run(open_course(course), "ps1", choose(SANDBOX), LIMITS)
    try:
        results = {result["student"]: result for result in run.grade(workers=2)}
    finally:
        del os.environ["BIRNN_CANARY"]
    after = {"course": _digests(course), "startup": _startup(), "grader": _digests(ROOT / "birnn_grader")}
    try:
        server.accept()
        called = True
    except BlockingIOError:
        called = False
    server.close()
    traces = [marker, f'"RLIMIT_DATA": {LIMITS.data}']  # what a student's code left, and the sandboxes themselves
    survivors = [line for trace in traces if not selftest.ends(trace, 60) for line in selftest.running(trace)]
    return {"course": course, "run": run, "results": results, "before": before, "after": after, "called": called,
            "survivors": survivors, "places": places}  # fmt: skip


def _startup():
    places = [Path.home() / ".bashrc", Path.home() / ".ipython/profile_default/startup/00.py"]
    return [path.read_bytes() if path.is_file() else None for path in places]


def _score(result):
    assert result.get("error") is None, result["error"]
    return sum(score for score in result["scores"].values() if score is not None)


def test_the_corpus_has_at_least_sixty_cases_with_names_of_their_own():
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 60


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_marks_are_what_was_deserved(attack, graded):
    result = graded["results"][attack.name]
    if attack.deserved is None:  # it may spoil its own later parts
        assert _score(result) <= REST, result
    else:
        assert _score(result) == attack.deserved, result["notes"]
    assert _score(graded["results"][f"{attack.name}-victim"]) == FULL, "an innocent submission lost marks"


@pytest.mark.parametrize("name", [a.name for a in ATTACKS if a.name.startswith(("reads", "calls", "abstract"))])
def test_nothing_is_read_that_is_not_the_students(name, graded):
    notebook = json.loads((graded["course"] / "autograded" / name / "ps1/ps1.ipynb").read_text())
    outputs = json.dumps([cell.get("outputs") for cell in notebook["cells"]])
    assert "LEAK" not in outputs
    assert "CANARY_TOKEN" not in outputs


def test_this_machine_is_as_it_was(graded):
    before, after = graded["before"], graded["after"]
    changed = {name for name, digest in before["course"].items() if after["course"].get(name) != digest}
    assert not changed
    added = {name.split("/")[0] for name in after["course"].keys() - before["course"].keys()}
    assert added == {"autograded", ".birnn-grade"}
    assert before["startup"] == after["startup"]
    assert before["grader"] == after["grader"]
    assert not graded["places"]["CANARY"].exists()
    assert not graded["called"], "the sandbox reached the network"


def test_no_process_survives(graded):
    assert graded["survivors"] == []


def test_nothing_foreign_is_copied(graded):
    found = {path.name for path in (graded["course"] / "autograded").rglob("*") if not path.is_dir()}
    assert found == {"ps1.ipynb"}


def test_what_is_not_a_notebook_is_flagged_with_its_reason(graded):
    notes = {name: " ".join(result["notes"]) for name, result in graded["results"].items()}
    for name, words in {
        "no_json": "not valid JSON",
        "empty_file": "empty",
        "huge_file": "bytes, more than",
        "not_utf8": "not UTF-8",
        "wrong_name": "missing",
        "link_to_the_solution": "link",
        "named_pipe": "not a plain file",
        "loop_when_called": "took too long",
        "segfault_when_called": "signal 11",
        # A container's own limit stops its children; bubblewrap's sandbox is ended, on a busy machine by its time.
        "memory_flood_by_children": "too much memory|took too long" if SANDBOX == "bwrap" else "",
        "repeated_answers": "run one after the other",
        "foreign_cells": "",
    }.items():
        assert re.search(words, notes[name]), (name, notes[name])


def test_the_whole_class_is_merged(graded):
    merged = graded["run"].merge(list(graded["results"].values()))
    assert merged == 2 * len(ATTACKS)
    assert totals(graded["course"]) == {name: _score(result) for name, result in graded["results"].items()}


def test_the_page_for_instructors_is_what_the_corpus_yields(graded):
    import table

    stored = json.loads(table.STORED.read_text())
    assert list(stored["cases"]) == [attack.name for attack in ATTACKS]
    for attack in ATTACKS:
        case = stored["cases"][attack.name]
        assert case["deserved"] == attack.deserved
        if attack.deserved is not None:
            got = [_score(graded["results"][name]) for name in (attack.name, f"{attack.name}-victim")]
            assert [case["ours"]["got"], case["ours"]["victim"]] == got, attack.name
    assert table.PAGE.read_text() == table.page(stored)
