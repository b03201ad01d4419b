"""Stored results are complete, reproducible, and are what the text quotes."""

import json
from dataclasses import replace

import pytest
from results import lookup

from birnn_ref.experiments.__main__ import notebooks_that_name
from birnn_ref.experiments.part2 import padding
from birnn_ref.experiments.results import (
    ResultError,
    load_result,
    mean_and_interval,
    results_folder,
    run_check,
    run_experiment,
    store_experiment,
)  # fmt: skip
from birnn_ref.experiments.study import find, plain

STORED = sorted(path.stem for path in results_folder().glob("*.json"))
NOT_COMPARED = (
    "seconds", "peak_mb", "right_bits", "by_day", "by_window", "by_sentence", "by_block", "by_writer", "counts", "said",
)  # fmt: skip
"""What it took; which single answers were right, how wrong each was or what it was, of which the mean is compared."""
FETCHED = ("ud_tags", "ud_tags_whole")
"""Studies of data that neither lie in the package nor have a generated stand-in."""
each_result = pytest.mark.parametrize("name", STORED)


def _close(stored, found, tolerance, where=""):
    """Compare nested plain data: numbers within the tolerance, the rest exactly, but what is not compared."""
    if isinstance(stored, dict):
        assert stored.keys() == found.keys(), where
        for key in stored:
            if not key.endswith(NOT_COMPARED):
                _close(stored[key], found[key], tolerance, f"{where}.{key}")
    elif isinstance(stored, list):
        assert len(stored) == len(found), where
        for i, (a, b) in enumerate(zip(stored, found, strict=True)):
            _close(a, b, tolerance, f"{where}[{i}]")
    elif isinstance(stored, float):
        assert found == pytest.approx(stored, abs=tolerance), where
    else:
        assert found == stored, where


@each_result
def test_carries_its_provenance_and_its_summary(name):
    result, study = load_result(name), find(name)
    assert result.keys() >= {
        "settings",
        "seeds",
        "runs",
        "summary",
        "check",
        "versions",
        "machine",
        "seconds",
    }
    assert result["settings"] == plain(study.settings)
    assert len(result["runs"]) == len(result["seeds"])
    assert all(run.get("source", "generated") != "embedded" for run in result["runs"])
    assert study.summarise(result["runs"]) == result["summary"]


@each_result
def test_a_cut_down_run_gives_what_is_stored(name, any_data, request):
    if name in FETCHED:
        request.getfixturevalue("data_folder")
    stored, found = load_result(name)["check"], run_check(name)
    if found.get("source") == "embedded":  # other reviews give other figures, under the same names
        assert found.keys() == stored.keys()
    else:
        _close(stored, found, find(name).tolerance)


def test_the_notebooks_that_name_a_result_are_found():
    assert [page.stem for page in notebooks_that_name("parity")] == ["three_ways"]
    assert [page.stem for page in notebooks_that_name("imdb_ablation")] == ["properly", "tutorial"]


class TestStore:
    @pytest.fixture
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("BIRNN_RESULTS", str(tmp_path))
        return tmp_path

    def test_a_missing_result_says_how_to_make_it(self, folder):
        with pytest.raises(ResultError, match=r"python -m birnn_ref\.experiments imdb_tutorial` makes it"):
            load_result("imdb_tutorial")

    def test_a_damaged_result_is_named(self, folder):
        (folder / "imdb_tutorial.json").write_text("{")
        with pytest.raises(ResultError, match="damaged"):
            load_result("imdb_tutorial")

    def test_an_unknown_setting_is_refused(self):
        with pytest.raises(ValueError, match=r"no setting \['epoch'\]"):
            run_experiment("imdb_tutorial", epoch=1)

    @pytest.mark.parametrize("count", [1, 11])
    def test_an_interval_needs_seeds(self, count):
        with pytest.raises(ValueError, match="2 to 10 seeds"):
            mean_and_interval([0.5] * count)

    def test_an_interval_is_students(self):
        assert mean_and_interval([1.0, 2.0, 3.0, 4.0, 5.0]) == {
            "mean": 3.0,
            "half_width": pytest.approx(1.96326, 1e-4),
        }


class TestAdding:
    """A study stored with one seed; each run of it tells the seed."""

    @pytest.fixture(autouse=True)
    def study(self, tmp_path, monkeypatch):
        monkeypatch.setenv("BIRNN_RESULTS", str(tmp_path))
        telling = replace(
            padding.STUDY,
            run=lambda seed, settings: {"seed": seed},
            summarise=lambda runs: {"seeds": [run["seed"] for run in runs]},
        )
        monkeypatch.setattr(padding, "STUDY", telling)
        store_experiment("padding", [0, 3])

    def test_the_stored_runs_stay(self):
        store_experiment("padding", [2, 1], add=True)
        result = load_result("padding")
        assert (result["seeds"], result["summary"]) == ([0, 3, 2, 1], {"seeds": [0, 3, 2, 1]})

    def test_without_it_they_go(self):
        store_experiment("padding", [2, 4])
        assert load_result("padding")["seeds"] == [2, 4]

    def test_a_seed_counts_once(self):
        with pytest.raises(ResultError, match=r"seeds \[0\] already"):
            store_experiment("padding", [0, 1], add=True)

    @pytest.mark.parametrize(
        ("seeds", "message"), [([7, 7], "a seed is named twice"), ([7], "2 to 10 seeds"), (range(11), "got 11")]
    )
    def test_seeds_that_give_no_interval_are_refused_before_a_run(self, seeds, message, monkeypatch):
        monkeypatch.setattr(padding, "STUDY", replace(padding.STUDY, run=lambda *_: pytest.fail("it ran")))
        with pytest.raises(ResultError, match=message):
            store_experiment("padding", seeds)

    def test_runs_made_otherwise_are_not_mixed(self):
        with pytest.raises(ResultError, match=r"other settings \(hidden, steps\): run all its seeds again"):
            store_experiment("padding", [1], add=True, steps=1, hidden=2)


class TestRole:
    @pytest.fixture
    def folder(self, tmp_path):
        (tmp_path / "study.json").write_text(json.dumps({"summary": {"test": {"mean": 0.7837, "runs": [1, 2]}}}))
        return tmp_path

    def test_formats_a_figure(self, folder):
        assert lookup("study summary.test.mean .1%", folder) == "78.4\u202f%"
        assert lookup("study summary.test.runs.1", folder) == "2"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("other summary.test", "no stored result other"),
            ("study summary.best", "stops at 'best'"),
            ("study summary.test", "no single value"),
        ],
    )
    def test_what_is_not_there_is_an_error(self, text, message, folder):
        with pytest.raises(ValueError, match=message):
            lookup(text, folder)
