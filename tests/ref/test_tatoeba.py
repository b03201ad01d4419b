"""Pairs of sentences: parts without a sentence in common, targets with their start and end, damaged files."""

import hashlib
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from birnn_ref.datasets import DataError, load_tatoeba, tatoeba
from birnn_ref.datasets.pairs import related

LINES = ["Go.\tVa !", "Run!\tCours\u202f!", "I don't know.\tJe ne l'ai pas vu aujourd'hui."]


@pytest.fixture(scope="module")
def data():
    return load_tatoeba()


def _zip(folder, content, name="fra.txt"):
    path = folder / "tatoeba" / "fra-eng.zip"
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BIRNN_DATA", str(tmp_path))
    return tmp_path


class TestParts:
    def test_are_90_5_and_5_per_cent(self, data):
        sizes = [len(data[name]) for name in ("train", "validation", "test")]
        assert sum(sizes) == 20_001
        assert np.allclose(np.divide(sizes, sum(sizes)), [0.9, 0.05, 0.05], atol=0.005)

    @pytest.mark.parametrize("side", ["words", "target_words"])
    def test_no_sentence_is_in_two(self, data, side):
        train, validation, test = (set(getattr(data[name], side)) for name in ("train", "validation", "test"))
        assert not train & validation
        assert not train & test
        assert not validation & test

    def test_the_parts_are_the_same_both_ways(self, data):
        other = load_tatoeba("english")
        for name, split in data.splits.items():
            assert split.words == other[name].target_words
            assert split.target_words == other[name].words
        assert (data.name, other.name) == ("Tatoeba, French to English", "Tatoeba, English to French")

    def test_groups_have_no_sentence_in_common(self):
        rng = np.random.default_rng(0)
        pairs = [((str(a),), (str(b),)) for a, b in rng.integers(40, size=(40, 2))]
        groups = related(pairs)
        assert sorted(i for group in groups for i in group) == list(range(40))
        for side in (0, 1):
            found = [{pairs[i][side] for i in group} for group in groups]
            assert sum(map(len, found)) == len(set.union(*found))
        assert 1 < len(groups) < 40


class TestTargets:
    def test_start_words_end(self, data):
        split = data["test"]
        for i in range(50):
            row = split.targets[i, : split.target_lengths[i]]
            assert (row[0], row[-1], len(row)) == (2, 3, len(split.target_words[i]) + 2)
            known = [w if w in data.target_vocabulary else "<unknown>" for w in split.target_words[i]]
            assert data.decode_target(split.targets[i]) == " ".join(known)

    def test_what_comes_after_the_end_is_not_read(self, data):
        go = int(data.target_vocabulary.encode(["go"])[0])
        assert data.decode_target([2, go, 3, go, 3]) == "go"

    def test_a_limit_of_words(self):
        data = load_tatoeba(max_words=4)
        assert max(map(len, data["train"].words)) == max(map(len, data["train"].target_words)) == 4

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"reads": "german"}, "reads must be one of 'english', 'french', got 'german'"),
            ({"max_words": 0}, "max_words must be at least 1"),
            ({"max_words": 1}, "max_words=1 leaves no pair"),
        ],
    )
    def test_bad_arguments(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            load_tatoeba(**arguments)

    def test_words(self):
        words = dict(map(reversed, tatoeba.words_of([LINES[2], LINES[2].upper()])))
        assert words == {("i", "don't", "know", "."): ("je", "ne", "l'", "ai", "pas", "vu", "aujourd'", "hui", ".")}


class TestWhole:
    def test_the_published_file(self, data_folder, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", str(data_folder))
        data = load_tatoeba(whole=True)
        assert sum(map(len, data.splits.values())) == 142_637  # 150 differ from another in capitals or spaces alone
        assert not set(data["train"].target_words) & set(data["test"].target_words)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("\n".join(LINES).encode("latin-1", "replace") + b"\xe9", r"fra\.txt is not UTF-8 text"),
            ("\n".join([*LINES, "Go."]), r"line 4 of fra\.txt has 1 columns, not English and French: 'Go\.'"),
            ("\n".join(line + "\tCC-BY 2.0" for line in LINES), r"line 1 of fra\.txt has 3 columns.*Newer files"),
            ("\n".join(LINES), "holds 3 pairs, not 142,787"),
        ],
    )
    def test_a_damaged_text_is_named(self, folder, content, message):
        _zip(folder, content)
        with pytest.raises(DataError, match=rf"fra-eng\.zip.*{message}.*fetch|(?i:Fetch) https"):
            load_tatoeba(whole=True)
        with pytest.raises(DataError, match=message):
            load_tatoeba(whole=True)

    def test_a_zip_without_the_text(self, folder):
        _zip(folder, "text", "deu.txt")
        with pytest.raises(DataError, match=r"is damaged or is not fra-eng\.zip.*fra\.txt"):
            load_tatoeba(whole=True)

    def test_a_byte_changed_or_missing_anywhere_is_found(self, folder):
        path = _zip(folder, "\n".join(LINES * 20))
        whole = path.read_bytes()
        for at in range(len(whole)):
            for damaged in (whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :], whole[:at]):
                path.write_bytes(damaged)
                with pytest.raises(DataError, match=r"fra-eng\.zip"):
                    load_tatoeba(whole=True)

    def test_is_downloaded_and_checked(self, cache, server, tmp_path, monkeypatch):
        server.files["fra-eng.zip"] = content = _zip(tmp_path, "\n".join(LINES)).read_bytes()
        checksum = "sha256:" + hashlib.sha256(content).hexdigest()
        monkeypatch.setattr(
            tatoeba, "WHOLE", replace(tatoeba.WHOLE, url=server.address("fra-eng.zip"), checksum=checksum)
        )
        monkeypatch.setattr(tatoeba, "PAIRS", 3)
        monkeypatch.setattr(tatoeba, "HELD_OUT", 0)
        for source in ("download", "cache"):
            assert load_tatoeba(whole=True, progress=False).source == source
