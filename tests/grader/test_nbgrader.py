"""nbgrader's own commands, with this repository's configuration alone."""

import csv
import json
import os
import re
import sqlite3
import sys

import pytest
from course import FULL, PS1, answers, hand_in, make_course, released, settings, totals, with_answers
from support import BIN, run

pytestmark = [pytest.mark.timeout(7200), pytest.mark.slow]
RIGHT = answers()
SCRIPT = "<script>alert('BAD')</script> <img src=x onerror=alert('BAD')> [a](javascript:alert('BAD'))"
CARRIED = (
    "def rnn_step(x_t, h_prev, W_xh, W_hh, b_h):\n"
    "    print('CARRIED', x_t)\n    raise ValueError('CARRIED ' + repr(x_t))\n"
)


def _nbgrader(course, *words, check=True, **environment):
    return run([sys.executable, "-m", "nbgrader", *words], cwd=course, check=check, **environment)


@pytest.fixture(scope="module")
def cycle(bwrap, tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("cycle") / "course")
    hand_in(course, "right", with_answers(RIGHT))
    hand_in(course, "blank", released())
    loop = "def rnn_step(*arguments):\n    while True:\n        pass\n"
    hand_in(course, "loop", with_answers({**RIGHT, "rnn_step": loop}))
    hand_in(course, "scripts", with_answers({**RIGHT, "rnn_step": f"print({SCRIPT!r})", "explain_last_output": SCRIPT}))
    hand_in(course, "carries", with_answers({**RIGHT, "rnn_step": CARRIED}))
    hand_in(course, "no_json", data=b"print('hello')")
    hand_in(course, "no_notebook", data=b"hello", name="readme.txt")
    folder = hand_in(course, "foreign", with_answers(RIGHT)).parent
    (folder / "passwords").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    (folder / "timestamp.txt").write_text("not a time")
    twice = with_answers(RIGHT)
    twice["cells"] += [cell for cell in twice["cells"] if settings(cell).get("grade_id") == "rnn_step"]
    hand_in(course, "repeated", twice)
    old = with_answers(RIGHT)
    for cell in old["cells"]:
        if settings(cell):
            settings(cell)["schema_version"] = 0
    hand_in(course, "old_schema", old)
    done = _nbgrader(course, "autograde", "ps1", "--SplitExecute.cell_seconds=3")
    _nbgrader(course, "generate_feedback", "ps1")
    with sqlite3.connect(course / "gradebook.db") as connection:
        connection.execute("UPDATE grade SET manual_score = 0 WHERE auto_score IS NULL")
    _nbgrader(course, "export")
    return course, done.stderr


def test_everyone_is_graded_and_nobody_stops_the_class(cycle):
    course, _ = cycle
    expected = dict.fromkeys(["right", "foreign", "repeated", "old_schema"], FULL)
    expected |= dict.fromkeys(["blank", "no_json", "no_notebook"], 0.0)
    expected |= dict.fromkeys(["loop", "scripts", "carries"], FULL - 3)
    assert totals(course) == expected


def test_what_was_unusual_is_told(cycle):
    _, told = cycle
    for words in (
        "no_json, ps1: scored 0: it is not valid JSON",
        "no_notebook, ps1: scored 0",
        "rnn_step: it took too long",
    ):
        assert words in told
    assert "handed in 2 times" in told


def test_no_file_of_a_students_is_copied(cycle):
    course, _ = cycle
    names = {path.name for path in (course / "autograded").rglob("*") if not path.is_dir()}
    assert names == {"ps1.ipynb"}, "no timestamp.txt either: the one there is no time"


def test_export_writes_every_student_once(cycle):
    course, _ = cycle
    with (course / "grades.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["student_id"]: float(row["score"]) for row in rows} == totals(course)
    stock = _nbgrader(course, "export", "--exporter=nbgrader.plugins.CsvExportPlugin", "--to=stock.csv")
    assert stock.returncode == 0
    with (course / "stock.csv").open() as stream:
        known = list(csv.DictReader(stream))
    assert {row.pop("status") for row in rows} == {"graded"}
    assert sorted(map(str, known)) == sorted(map(str, rows))


HIDING = [settings(c)["grade_id"] for c in PS1["cells"] if "BEGIN HIDDEN" in "".join(c["source"])]


def _marked(page, name):
    """What the page shows of one marked cell: from its heading to the next one's."""
    (_, after) = page.split(f'<p class="marked" id="{name}">')
    return after.partition('<p class="marked"')[0]


def _page(course, student):
    return (course / "feedback" / student / "ps1" / "ps1.html").read_text()


def test_feedback_hides_the_hidden_tests(cycle):
    course, _ = cycle
    for cell in PS1["cells"]:
        source = "".join(cell["source"])
        if "BEGIN HIDDEN" not in source:
            continue
        hidden = re.search(r"BEGIN HIDDEN TESTS\n(.*)### END", source, re.S).group(1)
        line = max(hidden.split("\n"), key=len).strip()
        words = re.findall(r"[\w ]{12,}", line)
        for student in ("right", "blank", "carries"):
            text = re.sub(r"<[^>]+>", "", _page(course, student))
            assert "birnn_ref" not in text
            assert not any(word.strip() in text for word in words if word.strip() not in "".join(released_text()))


def released_text():
    return ["".join(cell["source"]) for cell in released()["cells"]]


def test_feedback_does_not_carry_hidden_numbers_out(cycle):
    course, _ = cycle
    graded = json.loads((course / "autograded/carries/ps1/ps1.ipynb").read_text())
    seen = [json.dumps(c.get("outputs")) for c in graded["cells"] if "BEGIN HIDDEN" in "".join(c["source"])]
    assert any("CARRIED" in outputs for outputs in seen), "the instructor sees them"
    page = _page(course, "carries")
    hidden = "".join(_marked(page, name) for name in HIDING)
    assert "raised by your function" in hidden
    carried = re.compile(r"CARRIED (\[|array)")  # what was printed, and what the error said; the line itself is theirs
    assert not carried.search(hidden)
    assert carried.search(_marked(page, "test_rnn_step_visible")), "what everybody sees is shown"


def test_no_script_of_a_students_survives(cycle):
    course, _ = cycle
    page = _page(course, "scripts")
    assert "BAD" in page, "the text itself is shown"
    for tag in re.findall(r"<[^>]*BAD[^>]*>", page):
        pytest.fail(f"a tag with the student's script: {tag}")
    assert page.count("<script") == _page(course, "blank").count("<script")
    assert 'href="javascript' not in page
    assert '<img src="x"' not in page


def test_feedback_shows_the_texts_as_they_should_look(cycle):
    page = _page(cycle[0], "blank")
    assert "<thead>" in page
    assert not re.findall(r"&lt;/?(?:p|h\d|thead|th|br)[ &]", page), "a tag was escaped that markdown yields"


def test_manual_marks_are_kept_when_graded_again(cycle):
    course, _ = cycle
    change = """UPDATE grade SET manual_score = 1.5 WHERE cell_id IN
      (SELECT id FROM base_cell WHERE name = 'explain_last_output')"""
    with sqlite3.connect(course / "gradebook.db") as connection:
        connection.execute(change)
    _nbgrader(course, "autograde", "ps1", "--force", "--student=right")
    with sqlite3.connect(course / "gradebook.db") as connection:
        kept = connection.execute("SELECT COUNT(*) FROM grade WHERE manual_score = 1.5").fetchone()[0]
    assert kept == len(totals(course))
    assert totals(course)["right"] == FULL


def test_without_a_sandbox_nothing_is_graded(cycle):
    course, _ = cycle
    refused = _nbgrader(course, "autograde", "ps1", "--force", check=False, PATH=str(BIN))
    assert refused.returncode != 0
    assert "install bubblewrap" in refused.stderr
    assert totals(course)["right"] == FULL


def test_a_test_that_uses_an_unknown_name_is_not_released(tmp_path):
    course = make_course(tmp_path / "course")
    path = course / "solutions/ps1/ps1.ipynb"
    notebook = json.loads(path.read_text())
    test = next(cell for cell in notebook["cells"] if settings(cell).get("grade") and cell["cell_type"] == "code")
    test["source"] = "assert scratch_value == 3"
    path.write_text(json.dumps(notebook))
    refused = _nbgrader(course, "generate_assignment", "ps1", "--force", check=False)
    assert refused.returncode != 0
    assert "uses scratch_value, which neither" in refused.stderr
