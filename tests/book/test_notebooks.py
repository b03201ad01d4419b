"""Every notebook: strictly on the real data, to its end on the embedded corpus, normal, light and clean.

A chapter that reads neither reviews nor recordings does the same on both, so it is executed once: strictly, on the
embedded corpus. A Keras chapter runs here on TensorFlow; `test_backends` has it on the other two, embedded.
"""

import re

import nbformat
import notebooks as tool
import pytest
from executing import CHAPTERS, KERAS_CHAPTERS, WITH_STAND_IN, execute_only, passed, strict
from support import ROOT

SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))


def _each(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


@_each(WITH_STAND_IN)
def test_strict_on_real_data(path, data_folder):
    passed(strict(path, data_folder))


@_each([path for path in CHAPTERS if path not in WITH_STAND_IN])
def test_strict_on_any_data(path):
    passed(strict(path, "embedded"))


@_each([path for path in WITH_STAND_IN + SOLUTIONS if path not in KERAS_CHAPTERS])
def test_executes_on_the_embedded_corpus(path, tmp_path):
    passed(execute_only(path, tmp_path))


@_each(CHAPTERS + SOLUTIONS)
def test_is_normalised(path):
    text = path.read_text(encoding="utf-8")
    assert tool.normalised(text) == text, "run `make format`"


@_each(CHAPTERS)
def test_stored_outputs_are_there_light_and_clean(path):
    assert path.stat().st_size < 1_000_000
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert any(cell.outputs for cell in code), "no stored outputs: run `make notebooks`"
    for output in (output for cell in code for output in cell.outputs):
        assert output.output_type != "error"
        assert output.get("name") != "stderr", output.text
        text = str(output.get("text", output.get("data", {}).get("text/plain", "")))
        assert not re.search(r"Warning|/home/|/root/|/tmp/|[A-Z]:\\\\|\r", text), text


class TestPlanted:
    """The checks above fail when they should."""

    @pytest.fixture
    def notebook(self, tmp_path):
        def write(source, stored):
            output = nbformat.v4.new_output("stream", name="stdout", text=stored)
            cell = nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1)
            path = tmp_path / "planted.ipynb"
            nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": tool.KERNEL}), path)
            return path

        return write

    def test_an_unchanged_output_passes(self, notebook, tmp_path):
        passed(strict(notebook("print('alike')", "alike\n"), tmp_path))

    def test_a_changed_output_fails_with_the_cell_and_the_difference(self, notebook, tmp_path):
        done = strict(notebook("print('accuracy 0.784')", "accuracy 0.785\n"), tmp_path)
        assert done.returncode == 1
        assert "print('accuracy 0.784')" in done.stdout
        assert "accuracy 0.785" in done.stdout

    def test_a_chapter_that_no_longer_runs_fails(self, notebook, tmp_path):
        source = "from birnn_ref.datasets import load_imdb\nassert not load_imdb(maxlen=9).note, 'planted'"
        done = execute_only(notebook(source, ""), tmp_path)
        assert done.returncode == 1
        assert "planted" in done.stdout

    def test_a_masked_time_may_differ(self, notebook, tmp_path):
        passed(strict(notebook("print('took 1.2 s')", "took 3.4 s\n"), tmp_path))
