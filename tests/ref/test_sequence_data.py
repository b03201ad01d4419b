"""Every sequence data set has one shape: parts alike, padding behind, a vocabulary of the training part alone."""

import itertools

import numpy as np
import pytest

from birnn_ref.datasets import (
    Split,
    Vocabulary,
    load_beijing,
    load_digits,
    load_letters,
    load_snips,
    load_tatoeba,
    load_ud,
)
from birnn_ref.datasets.vocabulary import PAD, UNKNOWN

LOADERS = {
    "beijing": load_beijing, "digits": load_digits, "letters": load_letters, "snips": load_snips,
    "tatoeba": load_tatoeba, "ud": load_ud,
}  # fmt: skip
FETCHED = ("digits", "ud")


@pytest.fixture(scope="module", params=sorted(LOADERS))
def data(request):
    if request.param in FETCHED:
        folder = request.getfixturevalue("data_folder")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("BIRNN_DATA", str(folder))
            return LOADERS[request.param]()
    with pytest.MonkeyPatch.context() as patch:  # what lies in the package asks for no folder
        patch.setenv("BIRNN_DATA", "/nonexistent")
        return LOADERS[request.param]()


class TestShape:
    def test_three_parts_with_rows_alike(self, data):
        assert set(data.splits) == {"train", "validation", "test"}
        for split in data.splits.values():
            arrays = [value for value in vars(split).values() if value is not None]
            assert {len(value) for value in arrays} == {len(split)}
            assert split.lengths.min() >= 1
            widths = {a.shape[1] for a in (split.ids, split.tags, split.features) if a is not None}
            assert widths == {split.lengths.max()}

    def test_padding_stands_behind(self, data):
        for split in data.splits.values():
            behind = np.arange(split.lengths.max()) >= split.lengths[:, None]
            for array in (split.ids, split.tags, split.features):
                assert array is None or not array[behind].any()
            if split.targets is not None:
                assert split.targets.shape[1] == split.target_lengths.max()
                behind_targets = np.arange(split.targets.shape[1]) >= split.target_lengths[:, None]
                assert np.array_equal(split.targets == 0, behind_targets)
            assert split.ids is None or split.ids[~behind].all()

    def test_the_vocabulary_is_of_train_alone(self, data):
        if data.vocabulary is None:
            return  # it has features
        train = {word for words in data["train"].words for word in words}
        assert set(data.vocabulary.entries) == train | {PAD, UNKNOWN}
        assert set(data.letters.entries) == set("".join(train)) | {PAD, UNKNOWN}
        assert not (data["train"].ids == 1).any()
        assert (data["test"].ids == 1).any()

    def test_ids_are_the_words(self, data):
        if data.vocabulary is None:
            with pytest.raises(ValueError, match="has features, not ids"):
                data.decode([1])
            return
        for split in data.splits.values():
            for i in range(50):
                ids = split.ids[i, : split.lengths[i]]
                known = [w if w in data.vocabulary else UNKNOWN for w in split.words[i]]
                assert data.decode(split.ids[i]).split(" ") == known
                assert np.array_equal(data.vocabulary.encode(split.words[i]), ids)

    def test_repr_and_show_say_what_is_in_it(self, data, capsys):
        assert data.name in repr(data)
        for split in data.splits.values():
            assert f"{len(split):,} sequences" in repr(data)
        data.show(2, "test")
        assert capsys.readouterr().out.count("\n") >= 2

    def test_a_wrong_split_name(self, data):
        with pytest.raises(KeyError, match="no split 'dev': choose one of"):
            data["dev"]

    def test_taken_rows_are_those_rows(self, data):
        split = data["test"]
        rows = np.argsort(split.lengths)[:5]
        taken = split.take(rows)
        for name, value in vars(taken).items():
            if isinstance(value, np.ndarray):
                whole = getattr(split, name)[rows]
                np.testing.assert_array_equal(value, whole[:, : value.shape[1]] if value.ndim > 1 else whole)
        assert taken.ids is None or taken.ids.shape[1] == taken.lengths.max()


class TestVocabulary:
    def test_a_rare_word_is_unknown(self):
        vocabulary = Vocabulary.of(["aab"], min_count=2)
        assert vocabulary.encode("ab").tolist() == [2, 1]

    @pytest.mark.parametrize("ids", [[-1], [3]])
    def test_a_number_without_an_entry_is_refused(self, ids):
        with pytest.raises(IndexError, match="ids must lie between 0 and 2"):
            Vocabulary.of(["a"]).decode(ids)

    def test_min_count_is_checked(self):
        with pytest.raises(ValueError, match="min_count must be at least 1"):
            load_snips(min_count=0)


class TestSnips:
    """The usual split, by what is known of it (Goo et al., 2018)."""

    def test_sizes(self):
        data = load_snips()
        assert [len(data[name]) for name in ("train", "validation", "test")] == [13_084, 700, 700]
        assert len(data.label_names) == 7
        assert len({name[2:] for name in data.tag_names} - {""}) == 39
        assert np.bincount(data["validation"].labels).tolist() == [100] * 7
        assert np.bincount(data["test"].labels).tolist() == [124, 92, 104, 86, 80, 107, 107]

    def test_every_part_has_all_intents_from_its_start(self):
        data = load_snips()
        for split in data.splits.values():
            assert len(set(split.labels[:60].tolist())) == 7

    def test_tags_are_bio(self):
        data = load_snips()
        for split in data.splits.values():
            for row, length in zip(split.tags, split.lengths, strict=True):
                tags = ["O", *(data.tag_names[t] for t in row[:length])]
                for before, tag in itertools.pairwise(tags):
                    assert not tag.startswith("I-") or before[2:] == tag[2:]

    def test_test_utterances_in_train_are_counted_as_the_docstring_says(self):
        data = load_snips()
        train = set(data["train"].words)
        assert sum(words in train for words in data["test"].words) == 26
        assert "test utterances 26 occur" in load_snips.__doc__


def test_split_repr():
    split = Split(lengths=np.array([2, 1]), ids=np.array([[5, 6], [7, 0]]))
    assert repr(split) == "<2 sequences of 1 to 2 steps: lengths (2,), ids (2, 2)>"
