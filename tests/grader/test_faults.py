"""A disk that fills at any moment, two instructors at once: one clear line, and nothing is lost."""

import fcntl
import shutil
import subprocess

import pytest
from course import FULL, answers, gradebook, hand_in, make_course, released, totals, with_answers
from support import BIN

from birnn_grader.cli import main

# In a file system of its own: leave so many bytes free, grade; then make room and grade again.
SCRIPT = """
cp -r "$1" "$2/course" && cd "$2/course"
free=$(( $(df --output=avail -B1 . | tail -1) ))
for left in $4; do
  head -c $((free - left)) /dev/zero > filler
  birnn-grade run ps1 --workers 1 > said 2>&1; echo "$left $?: $(tail -n 1 said)" | tee /dev/stderr > /dev/null
  rm -f filler said
done
birnn-grade run ps1 --workers 1 && cp -r gradebook.db autograded "$3/"
"""


@pytest.fixture(scope="module")
def course(bwrap, tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("faults") / "course")
    hand_in(course, "right", with_answers(answers()))
    hand_in(course, "blank", released())
    return course


def test_a_second_command_is_told_who_is_at_work(course, capsys):
    (course / ".birnn-grade").mkdir(exist_ok=True)
    with open(course / ".birnn-grade/lock", "w+") as held:
        held.write("`birnn-grade run ps1` of ada on here, since 09:00")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        for words in (["run", "ps1"], ["regrade", "ps1"], ["collect", "ps1", str(course / "submitted")]):
            assert main([*words, "--course", str(course)]) == 2
            said = capsys.readouterr().err
            assert said == (
                "birnn-grade: `birnn-grade run ps1` of ada on here, since 09:00 is at work in this course: "
                "wait until it has ended, nothing was changed\n"
            )
    assert not (course / "autograded").exists()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_disk_that_fills_costs_nothing(course, bwrap, tmp_path):
    place, out = tmp_path / "place", tmp_path / "out"
    place.mkdir()
    out.mkdir()
    size = sum(path.stat().st_size for path in course.rglob("*") if path.is_file()) + 2_000_000
    sizes = "0 4096 20000 40000 60000 80000 100000 120000"
    command = [bwrap, "--dev-bind", "/", "/", "--cap-add", "ALL", "--size", str(size), "--tmpfs", str(place), "--"]
    command += ["bash", "-c", SCRIPT, "fill", str(course), str(place), str(out), sizes]
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": "/tmp"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr or "disk is full" in done.stderr
    assert totals(out) == {"right": FULL, "blank": 0.0}
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(course, undisturbed)
    assert main(["run", "ps1", "--workers", "1", "--course", str(undisturbed)]) == 0
    assert gradebook(out) == gradebook(undisturbed)
    for path in (undisturbed / "autograded").rglob("*.ipynb"):
        assert (out / path.relative_to(undisturbed)).read_text() == path.read_text()
