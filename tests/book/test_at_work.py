"""The scripts of the chapter on work: the page shows the whole of them, and what is copied from it runs."""

import importlib.util
import re
import sys

import nbformat
import pytest
from support import ROOT, run

CHAPTER = ROOT / "book/part3_keras_imdb/at_work.ipynb"
INCLUDE = re.compile(
    r"```\{literalinclude\} (?P<file>\S+)\n(?P<options>(?::[\w-]+: .*\n)*)```", re.MULTILINE
)  # fmt: skip
SCRIPTS = {"torch_birnn.py": "torch", "keras_birnn.py": "keras"}
each_script = pytest.mark.parametrize("name", SCRIPTS)


def pieces(text, folder):
    """Return what each ``literalinclude`` of a page shows, by the file's name, in the page's order."""
    found = {}
    for block in INCLUDE.finditer(text):
        path = folder / block["file"]
        options = dict(re.findall(r""":([\w-]+): "?(.*?)"?\n""", block["options"]))
        code = path.read_text(encoding="utf-8")
        start, end = options.get("start-at"), options.get("end-before")
        assert start is None or code.count(start) == 1, f"{start} stands once in {path.name}"
        code = code[code.index(start) :] if start else code
        assert end is None or end in code, f"{end} comes after {start}"
        found.setdefault(path.name, []).append(code[: code.index(end)] if end else code)
    return found


def shown():
    cells = nbformat.read(CHAPTER, as_version=4).cells
    return pieces("\n".join(cell.source for cell in cells if cell.cell_type == "markdown"), CHAPTER.parent)


def copied(name, folder, *, change=("", ""), library):
    """Run what the page shows from an empty folder, small, on the stand-in."""
    if not importlib.util.find_spec(library):
        pytest.skip(f"{library} is not installed")
    code = "".join(shown()[name])
    assert change[0] in code
    (folder / "copied.py").write_text(code.replace(*change) if change[0] else code)
    return run(
        [sys.executable, "copied.py", "--reviews", "96", "--epochs", "1", "--out", "made"], cwd=folder, check=False,
        BIRNN_DATA="embedded", TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow",
    )  # fmt: skip


def test_the_page_shows_the_whole_of_both_scripts():
    found = shown()
    assert found.keys() == SCRIPTS.keys()
    for name, parts in found.items():
        assert "".join(parts) == (CHAPTER.parent / "code" / name).read_text(encoding="utf-8"), name


@each_script
def test_copied_into_an_empty_file_it_runs(name, tmp_path):
    done = copied(name, tmp_path, library=SCRIPTS[name])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "padding does not matter" in done.stdout
    assert "Warning" not in done.stderr, done.stderr
    assert (tmp_path / "made/result.json").exists()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("torch_birnn.py", ("last - step, step)", "step.max() - step, step)"), "must not matter"),
        ("keras_birnn.py", ("where(mask[:, :, None], h, -1e4)", "where(True, h, -1e4)"), "batch mates"),
    ],
    ids=["turned past its length", "a maximum without its mask"],
)
def test_planted_in_the_script_its_own_check_finds_it(name, change, message, tmp_path):
    done = copied(name, tmp_path, change=change, library=SCRIPTS[name])
    assert done.returncode == 1
    assert "AssertionError" in done.stderr
    assert message in done.stderr


def test_a_page_that_leaves_a_line_out_is_found():
    some = '```{literalinclude} code/torch_birnn.py\n:start-at: "# [data]"\n```'
    (part,) = pieces(some, CHAPTER.parent)["torch_birnn.py"]
    assert part != (CHAPTER.parent / "code/torch_birnn.py").read_text(encoding="utf-8")
