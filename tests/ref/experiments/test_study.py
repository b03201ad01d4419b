"""Studies are found in their folders, say what they are about, and cannot be changed by accident."""

import dataclasses
import json
import re
import sys

import pytest
from support import ROOT, run

from birnn_ref.experiments.__main__ import listing, main
from birnn_ref.experiments.results import load_result, results_folder
from birnn_ref.experiments.study import Study, by_part, find, mapping, plain

STUDIES = [study for studies in by_part().values() for study in studies]
each_study = pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)


@dataclasses.dataclass(frozen=True)
class Settings:
    steps: int = 100
    rates: tuple[float, ...] = (0.1, 0.2)
    hidden: dict[str, int] = mapping(rnn=4, lstm=2)


STUDY = Study("some", Settings(), lambda seed, settings: {"steps": settings.steps}, lambda runs: {}, check={"steps": 2})


@each_study
def test_its_settings_are_frozen_and_its_check_names_some_of_them(study):
    assert study.settings.__dataclass_params__.frozen
    cut = study.changed(study.check)
    assert set(study.check) == {k for k, v in plain(cut).items() if v != plain(study.settings)[k]}, "each is changed"


@each_study
def test_it_stands_in_the_list_with_a_line_of_its_own(study):
    (line,) = [line for line in listing().splitlines() if line.split()[:1] == [study.name]]
    assert len(line.split()) > 3


def test_names_are_unique_and_every_stored_result_has_a_study():
    names = [study.name for study in STUDIES]
    assert len(set(names)) == len(names)
    assert {path.stem for path in results_folder().glob("*.json")} <= set(names)


def test_parts_are_the_books():
    contents = (ROOT / "book/_toc.yml").read_text()
    captions = dict(re.findall(r"caption: (.+)\n(?:.*\n){1,2}?.*file: part(\d)_", contents))
    titles = {f"Part {number}, {caption}." for caption, number in captions.items()}
    assert len(by_part()) >= 4
    assert set(by_part()) <= titles


def test_listing_them_needs_no_framework():
    code = "import sys; from birnn_ref.experiments.__main__ import listing; listing(); print(*sys.modules)"
    loaded = set(run([sys.executable, "-c", code]).stdout.split())
    assert "birnn_ref.experiments.part4.past_xor_future" in loaded
    assert not loaded & {"torch", "keras", "tensorflow", "sklearn"}


def test_settings_are_stored_as_json_has_them():
    stored = plain(Settings())
    assert stored == {"steps": 100, "rates": [0.1, 0.2], "hidden": {"rnn": 4, "lstm": 2}}
    assert json.loads(json.dumps(stored)) == stored


def test_one_default_is_not_shared():
    one, other = Settings(), Settings()
    one.hidden["rnn"] = 9
    assert other.hidden["rnn"] == 4


def test_a_variant_differs_in_what_it_names():
    more = STUDY.variant("more", "The same for longer.", steps=200)
    assert (more.name, more.line(), more.settings) == ("more", "The same for longer.", Settings(steps=200))
    assert (more.run, more.check, STUDY.settings.steps) == (STUDY.run, STUDY.check, 100)


def test_an_unknown_setting_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"some has no setting \['step'\]: choose from \['hidden', 'rates', 'steps'\]"):
        STUDY.changed({"step": 1})


class TestCommand:
    def test_without_a_name_it_lists_them(self, capsys):
        main([])
        assert "adding_problem" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nothing"], "there is no study 'nothing': choose from adding_problem"),
            (["padding", "--tune"], "padding has no rates to choose"),
            (["padding", "--seeds", "0", "--add"], "padding is stored with seeds [0] already"),
            (["padding", "--add", "--refresh"], "not allowed with argument --add"),
        ],
    )
    def test_what_cannot_be_done_is_said(self, arguments, message, capsys):
        with pytest.raises(SystemExit):
            main(arguments)
        assert message in capsys.readouterr().err

    def test_a_name_is_found_among_a_modules_variants(self):
        assert find("bag_of_trigrams").settings.ngrams == 3
        assert plain(find("imdb_tutorial_held_out").settings) == load_result("imdb_tutorial_held_out")["settings"]
