"""What the instructors' pages tell you to type: every command, in order, from a fresh clone."""

import json
import shutil
import zipfile

import pytest
from course import answers, released, with_answers
from pages import shown
from support import ROOT, run

pytestmark = [pytest.mark.usefixtures("bwrap"), pytest.mark.timeout(900)]


@pytest.fixture
def clone(tmp_path):
    """What a clone of the repository holds."""
    listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]).stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def download(path):
    """What Canvas gives: one student has everything right, one has nothing, one has forgotten the bias."""
    forgot = {**answers(), "rnn_step": answers()["rnn_step"].replace(" + b_h", "")}
    class_ = {
        "doejane_101": with_answers(answers()),
        "roebob_LATE_102": released(),
        "solisana_103": with_answers(forgot),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for student, notebook in class_.items():
            archive.writestr(f"{student}_5550_ps1.ipynb", json.dumps(notebook))


@pytest.mark.parametrize("page", ["grading.md", "own_problem_set.md"])
def test_each_command_of_a_page_does_what_it_says(page, clone):
    commands = shown(page)
    assert commands
    download(clone / "ps1.zip")
    for command, lines in commands:
        done = run(["bash", "-c", command], cwd=clone)
        printed = done.stdout.splitlines()
        for line in lines:
            assert line in printed, f"{command} does not print {line!r}:\n{done.stdout}{done.stderr}"
