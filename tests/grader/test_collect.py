"""What the platforms' downloads look like, and where their files go."""

import io
import json
import shutil
import zipfile
from zoneinfo import ZoneInfo

import pytest
from support import ROOT, run

from birnn_grader import downloads
from birnn_grader.collect import collect, read_groups
from birnn_grader.owners import CollectError

CANVAS = {
    "doejane_101_5550_ps1.ipynb": "jane",
    "roebob_LATE_102_5551_ps1-1.ipynb": "bob",
    "solisana_103_5552_My answers.ipynb": "ana",
    "solisana_103_5553_notes.py": "print()",
}
MOODLE = {
    "Jane Doe_8801_assignsubmission_file_/ps1.ipynb": "jane",
    "Bob Roe_8802_assignsubmission_file/ps1 (2).ipynb": "bob",
    "Zoë Li_8803_assignsubmission_file_ps1.ipynb": "zoë",
}
BLACKBOARD = {
    "Problem_Set_1_jd101_attempt_2026-10-01-09-00-00_ps1.ipynb": "jane's first",
    "Problem_Set_1_jd101_attempt_2026-10-02-09-00-00_ps1.ipynb": "jane's last",
    "Problem_Set_1_jd101_attempt_2026-10-02-09-00-00.txt": "Name: Jane Doe (jd101)",
    "Problem_Set_1_br102_attempt_2026-10-01-10-30-00_ps1-Copy1.ipynb": "bob",
}
GRADESCOPE = {
    "assignment_77_export/submission_1/ps1.ipynb": "jane",
    "assignment_77_export/submission_2/ps1.ipynb": "bob",
    "assignment_77_export/submission_metadata.yml": """---
submission_1:
  :submitters:
  - :name: Jane Doe
    :sid: '101'
    :email: jane@uni.edu
  :created_at: 2026-10-02 08:15:00.123000000 Z
submission_2:
  :submitters:
  - :name: Bob Roe
    :sid: ''
    :email: bob@uni.edu
  :created_at: 2026-10-03 08:15:00.000000000 Z
""",
}
PLAIN = {"jane/ps1.ipynb": "jane", "bob/ps1/ps1.ipynb": "bob", "bob/.ipynb_checkpoints/ps1-checkpoint.ipynb": "old"}


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.fixture
def gathered(tmp_path):
    """Collect a download of these files; return the lines, and what each student's notebook then holds."""

    def gather(files, as_zip=True, **options):
        download = tmp_path / "download"
        if as_zip:
            download = tmp_path / "download.zip"
            download.write_bytes(zipped(files))
        else:
            shutil.rmtree(download, ignore_errors=True)
            for name, content in files.items():
                path = download / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
        lines = collect(download, tmp_path / "submitted", "ps1", ["ps1"], **options)
        return lines, {p.parents[1].name: p.read_text() for p in sorted(tmp_path.glob("submitted/*/ps1/ps1.ipynb"))}

    return gather


@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "folder"])
@pytest.mark.parametrize(
    ("files", "there"),
    [
        (CANVAS, {"101": "jane", "102": "bob", "103": "ana"}),
        (MOODLE, {"Jane_Doe": "jane", "Bob_Roe": "bob", "Zoë_Li": "zoë"}),
        (BLACKBOARD, {"jd101": "jane's last", "br102": "bob"}),
        (GRADESCOPE, {"101": "jane", "bob@uni.edu": "bob"}),
        (PLAIN, {"jane": "jane", "bob": "bob"}),
    ],
    ids=["canvas", "moodle", "blackboard", "gradescope", "plain"],
)
def test_every_platforms_download_is_collected(gathered, files, there, as_zip):
    _, found = gathered(files, as_zip)
    assert found == there


def test_what_was_unusual_is_said(gathered):
    lines, _ = gathered(CANVAS)
    assert lines == [
        "101: collected",
        "102: collected; marked late by the platform; ps1-1.ipynb was taken for ps1.ipynb",
        "103: collected; notes.py was left out: it is not a notebook; My answers.ipynb was taken for ps1.ipynb",
    ]


def test_times_are_kept_for_late_penalties(gathered, tmp_path):
    gathered(GRADESCOPE)
    assert (tmp_path / "submitted/101/ps1/timestamp.txt").read_text() == "2026-10-02 08:15:00 UTC\n"


def test_collecting_again_overwrites_nothing(gathered, tmp_path):
    gathered(PLAIN)
    again, _ = gathered(PLAIN)
    assert again == ["bob: unchanged", "jane: unchanged"]
    newer = {**PLAIN, "jane/ps1.ipynb": "jane's second thoughts"}
    lines, found = gathered(newer)
    assert "kept what was collected before" in lines[1]
    assert found["jane"] == "jane"
    lines, found = gathered(newer, replace=True)
    assert lines[1] == "jane: replaced; what was there is in ps1.earlier-1"
    assert found["jane"] == "jane's second thoughts"
    assert (tmp_path / "submitted/jane/ps1.earlier-1/ps1.ipynb").read_text() == "jane"


def test_two_that_differ_are_left_to_a_person(gathered):
    lines, found = gathered({"jane/ps1 (1).ipynb": "a", "jane/ps1 (2).ipynb": "b", "bob/ps1.ipynb": "c"})
    assert lines[1].startswith("jane: nothing collected; ps1.ipynb could be any of")
    assert found == {"bob": "c"}


def test_the_released_name_counts_beside_another(gathered):
    _, found = gathered({"jane/ps1.ipynb": "a", "jane/draft.ipynb": "b"})
    assert found == {"jane": "a"}


def test_a_students_own_zip_is_opened(gathered):
    own = zipped({"homework/ps1.ipynb": "in a zip", "__MACOSX/ps1.ipynb": "no"})
    assert gathered({"doejane_101_5550_work.zip": own})[1] == {"101": "in a zip"}
    assert gathered({"Jane Doe_8801_assignsubmission_file_/work.zip": own})[1]["Jane_Doe"] == "in a zip"


def test_no_name_leads_out_of_the_folder(gathered, tmp_path):
    _, found = gathered({"../../escaped/ps1.ipynb": "a", "x/../../ps1.ipynb": "b", "bob/ps1.ipynb": "c"})
    assert found == {"bob": "c"}
    written = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"download.zip", "submitted"}


def test_links_are_not_followed(tmp_path):
    (tmp_path / "secret").write_text("the key")
    (tmp_path / "download/jane").mkdir(parents=True)
    (tmp_path / "download/bob").mkdir()
    (tmp_path / "download/bob/ps1.ipynb").write_text("{}")
    (tmp_path / "download/jane/ps1.ipynb").symlink_to(tmp_path / "secret")
    lines = collect(tmp_path / "download", tmp_path / "submitted", "ps1", ["ps1"])
    assert lines[1] == "jane: nothing collected; ps1.ipynb was left out: the file could not be read: it is a link; " + (
        "ps1.ipynb is missing"
    )
    assert not (tmp_path / "submitted/jane").exists()


def test_a_zip_bomb_is_left_out(gathered):
    lines, found = gathered({"jane/ps1.ipynb": " " * 60_000_000, "bob/ps1.ipynb": "c"})
    assert "it has more than" in lines[1]
    assert found == {"bob": "c"}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"no zip at all"])
def test_a_damaged_download_is_one_line(tmp_path, content):
    (tmp_path / "d.zip").write_bytes(content)
    with pytest.raises(CollectError, match="nor a zip file that can be read"):
        collect(tmp_path / "d.zip", tmp_path / "submitted", "ps1", ["ps1"])


def test_the_command(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    (tmp_path / "solutions/ps1").mkdir(parents=True)
    (tmp_path / "solutions/ps1/ps1.ipynb").write_text(json.dumps({"cells": []}))
    (tmp_path / "canvas.zip").write_bytes(zipped(CANVAS))
    done = run(["birnn-grade", "collect", "ps1", "canvas.zip"], cwd=tmp_path)
    assert done.stdout.endswith("3 students, 3 of them new in submitted/\n")
    assert (tmp_path / "submitted/101/ps1/ps1.ipynb").read_text() == "jane"


def test_work_of_a_group_counts_for_each_of_it(gathered, tmp_path):
    (tmp_path / "groups.csv").write_text("group,student\nred,jane\nred,bob\nblue,ana\n")
    groups = read_groups(tmp_path / "groups.csv")
    lines, found = gathered({"red/ps1.ipynb": "ours", "carl/ps1.ipynb": "mine"}, groups=groups)
    assert found == {"jane": "ours", "bob": "ours", "carl": "mine"}
    assert lines == ["bob: collected; handed in by red", "carl: collected", "jane: collected; handed in by red"]
    with pytest.raises(CollectError, match="group and student are wanted"):
        (tmp_path / "groups.csv").write_text("team,student\n") and read_groups(tmp_path / "groups.csv")


def test_names_of_a_download_become_numbers(gathered, tmp_path):
    """As Moodle's import wants them: a group of one."""
    (tmp_path / "names.csv").write_text("group,student\nJane Doe,1001\nBob Roe,1002\nZoë Li,1003\n")
    lines, found = gathered(MOODLE, groups=read_groups(tmp_path / "names.csv"))
    assert found == {"1001": "jane", "1002": "bob", "1003": "zoë"}
    assert lines[0] == "1001: collected; handed in by Jane_Doe"


def test_gradescopes_groups_are_known(gathered):
    metadata = GRADESCOPE["assignment_77_export/submission_metadata.yml"]
    second = "  - :name: Ana Solis\n    :sid: '103'\n  :created_at: 2026-10-02"
    together = {
        **GRADESCOPE,
        "assignment_77_export/submission_metadata.yml": metadata.replace("  :created_at: 2026-10-02", second),
    }
    assert gathered(together)[1] == {"101": "jane", "103": "jane", "bob@uni.edu": "bob"}


def test_a_platforms_clock_may_stand_elsewhere(gathered, tmp_path):
    gathered(BLACKBOARD, zone=ZoneInfo("America/New_York"))
    assert (tmp_path / "submitted/jd101/ps1/timestamp.txt").read_text() == "2026-10-02 13:00:00 UTC\n"


CANVAS_OF_TWO = {"doejane_101_5550_{}": "evil", "roebob_102_5551_ps1.ipynb": "bob"}
BLACKBOARD_OF_TWO = {
    "PS_1_jd101_attempt_2026-10-01-09-00-00_{}": "evil",
    "PS_1_br102_attempt_2026-10-01-10-30-00_ps1.ipynb": "bob",
}
MOODLE_OF_TWO = {
    "Jane Doe_8801_assignsubmission_file_/{}": "evil",
    "Bob Roe_8802_assignsubmission_file_/ps1.ipynb": "bob",
}
PLAIN_OF_TWO = {"jane/{}": "evil", "bob/ps1.ipynb": "bob"}
HOSTILE_NAMES = [
    "x_102_attempt_2030-01-01-00-00-00_ps1.ipynb",
    "x_br102_attempt_2030-01-01-00-00-00_ps1.ipynb",
    "roebob_102_9999_ps1.ipynb",
    "Bob Roe_8802_assignsubmission_file_ps1.ipynb",
    "Bob Roe_8802_assignsubmission_file_/ps1.ipynb",
    "submission_metadata.yml/ps1.ipynb",
    "ps1\n102: collected\n.ipynb",
    "ps1\u202e\x1b[2J.ipynb",
    "x_attempt_9999-99-99-99-99-99_ps1.ipynb",
    "\N{FRACTION SLASH}ps1.ipynb",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
@pytest.mark.parametrize(
    ("files", "jane", "bob"),
    [
        (CANVAS_OF_TWO, "101", "102"),
        (BLACKBOARD_OF_TWO, "jd101", "br102"),
        (MOODLE_OF_TWO, "Jane_Doe", "Bob_Roe"),
        (PLAIN_OF_TWO, "jane", "bob"),
    ],
    ids=["canvas", "blackboard", "moodle", "plain"],
)
def test_no_name_of_a_file_takes_anothers_place(gathered, files, jane, bob, name):
    if "/" in name and "/" not in next(iter(files)):
        name = name.replace("/", "-")  # these platforms make one name of it
    lines, found = gathered({path.format(name): data for path, data in files.items()})
    assert found[bob] == "bob"
    assert found.get(jane, "evil") == "evil"
    assert set(found) <= {jane, bob}
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


def test_a_students_own_list_of_students_counts_for_nothing(gathered):
    forged = "submission_1:\n  :submitters:\n  - :sid: 'bob@uni.edu'\n  :created_at: 2030-01-01"
    for at in (
        "assignment_77_export/submission_1/submission_metadata.yml",
        "assignment_77_export/submission_1/a/b.yml",
    ):
        assert gathered({**GRADESCOPE, at: forged})[1] == {"101": "jane", "bob@uni.edu": "bob"}
        assert gathered({at: forged, **GRADESCOPE})[1] == {"101": "jane", "bob@uni.edu": "bob"}


def test_two_students_of_one_name_both_count(gathered):
    files = {f"Jane Doe_{n}_assignsubmission_file_/ps1.ipynb": f"jane {n}" for n in (8801, 8802)}
    assert gathered(files)[1] == {"Jane_Doe_8801": "jane 8801", "Jane_Doe_8802": "jane 8802"}
    _, found = gathered({"a b/ps1.ipynb": "one", "a_b/ps1.ipynb": "two", f"{'x' * 120}1/ps1.ipynb": "three",
                         f"{'x' * 120}2/ps1.ipynb": "four"})  # fmt: skip
    assert sorted(content for content in found.values() if "jane" not in content) == ["four", "one", "three", "two"]


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ({f"{n}.ipynb": "" for n in range(10_000)}, "it is a zip file with more than 500 files"),
        ({f"{n}.ipynb": " " * 9_000_000 for n in range(3)}, "it is a zip file with more than 20000000 bytes in it"),
        ({"ps1.ipynb": " " * 60_000_000}, "it has more than 10000000 bytes"),
        ({f"notes{n}.txt": "" for n in range(300)}, "295 more files were left out"),
    ],
    ids=["ten_thousand_files", "many_large_ones", "a_bomb", "no_notebook"],
)
def test_a_students_own_zip_has_limits_and_takes_one_line(gathered, own, why):
    lines, found = gathered({"doejane_101_5550_work.zip": _deflated(own), "roebob_102_5551_ps1.ipynb": "bob"})
    assert why in lines[0]
    assert len(lines[0]) < 1000
    assert found == {"102": "bob"}


def _deflated(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_a_zip_in_a_zip_in_a_zip_is_not_opened_again(gathered):
    inner = zipped({"inner.zip": zipped({"ps1.ipynb": "deep"})})
    lines, found = gathered({"doejane_101_5550_work.zip": inner, "roebob_102_5551_ps1.ipynb": "bob"})
    assert found == {"102": "bob"}
    assert "inner.zip was left out: it is not a notebook" in lines[0]


def test_a_link_in_a_zip_is_what_it_holds_and_leads_nowhere(gathered, tmp_path):
    (tmp_path / "secret").write_text("the key")
    link = zipfile.ZipInfo("doejane_101_5550_ps1.ipynb")
    link.external_attr = 0o120777 << 16
    _, found = gathered({link: str(tmp_path / "secret"), "roebob_102_5551_ps1.ipynb": "bob"})
    assert found == {"101": str(tmp_path / "secret"), "102": "bob"}
    assert not (tmp_path / "submitted/101/ps1/ps1.ipynb").is_symlink()


def test_a_download_beyond_all_measure_is_a_line(gathered, monkeypatch):
    monkeypatch.setattr(downloads, "BYTES", 100)
    with pytest.raises(CollectError, match="it is not a class's download"):
        gathered({f"s{n}/ps1.ipynb": "x" * 60 for n in range(2)})


def test_who_worked_together_is_kept_beside_the_work(gathered, tmp_path):
    (tmp_path / "groups.csv").write_text("group,student\nred,jane\nred,bob\n")
    gathered({"red/ps1.ipynb": "ours", "carl/ps1.ipynb": "mine"}, groups=read_groups(tmp_path / "groups.csv"))
    assert (tmp_path / "submitted/jane/ps1/group.txt").read_text() == "bob\njane\n"
    assert not (tmp_path / "submitted/carl/ps1/group.txt").exists()
