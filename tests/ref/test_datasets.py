"""Real and embedded reviews, and everything that can be wrong with them."""

import shutil
import sys
import zipfile

import numpy as np
import pytest

from birnn_ref.datasets import DataError, embedded_reviews, imdb, load_imdb, pad_sequences
from birnn_ref.datasets.reviews import words
from birnn_ref.datasets.tasks.ambiguous import ambiguous_sentences
from birnn_ref.datasets.tasks.filters import filter_task
from birnn_ref.datasets.tasks.motifs import motif_sequences
from birnn_ref.datasets.tasks.sensor_field import readings, sensor_field
from birnn_ref.datasets.tasks.suffixes import suffix_sentences
from birnn_ref.models import Classifier


@pytest.fixture
def real(data_folder, monkeypatch):
    monkeypatch.setenv("BIRNN_DATA", str(data_folder))
    return data_folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BIRNN_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def data(data_folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIRNN_DATA", str(data_folder))
        return load_imdb(2000, 50, padding="pre")


class TestReal:
    def test_shapes_balance_and_source(self, data):
        assert data["train"].x.shape == (22_500, 50)
        assert data["validation"].x.shape == (2_500, 50)
        assert data["test"].x.shape == (25_000, 50)
        assert data["test"].y.sum() == 12_500
        assert (data.source, data.note) == ("folder", "")

    def test_reviews_are_shuffled(self, data):
        assert 0.4 < data["test"].y[:1000].mean() < 0.6
        assert 0.4 < data["train"].y[:1000].mean() < 0.6

    def test_agrees_with_keras_own_loader(self, data, data_folder, monkeypatch):
        from birnn_ref.twins.keras import keras

        module = sys.modules["keras.src.datasets.imdb"]
        monkeypatch.setattr(module, "get_file", lambda *_, **__: str(data_folder / "imdb.npz"))
        (x, _), _ = keras.datasets.imdb.load_data(num_words=2000)
        padded = keras.utils.pad_sequences(x, maxlen=50)
        ours = np.concatenate([data["train"].x, data["validation"].x])
        assert sorted(map(bytes, ours.astype(np.int32))) == sorted(map(bytes, padded.astype(np.int32)))

    def test_whole_reviews_decode_and_encode(self, real):
        data = load_imdb(validation=0)
        review = data["train"].x[0]
        text = data.decode(review)
        assert text.startswith("<start> ")
        assert len(text.split()) == data["train"].lengths[0] == len(review)
        known = text.removeprefix("<start> ")
        assert np.array_equal(data.encode(known), review)
        assert "validation" not in data.splits

    def test_has_the_shape_of_all_data(self, data, capsys):
        assert data["test"].ids is data["test"].x
        assert data["test"].labels is data["test"].y
        assert repr(data).startswith("IMDb, from the folder: 2,000 words, 2 labels\n  train       <22,500 sequences")
        data.show(1)
        assert capsys.readouterr().out.startswith(("positive: ", "negative: "))
        ids = data["test"].ids[0]
        assert " ".join(data.vocabulary.decode(ids)) == data.decode(ids)
        assert data.vocabulary.encode(["the", "nosuchword"]).tolist() == data.encode("the nosuchword")[1:].tolist()

    def test_padding_and_truncation_of_either_side(self, real):
        start = load_imdb(2000, 50, truncating="post")
        assert (start["train"].x[:, 0] == 1).all()
        whole = load_imdb(2000, 3000, padding="pre")
        assert (whole["train"].x[:, -1] > 0).all()

    def test_a_truncated_file_is_refused(self, real, tmp_path, monkeypatch):
        shutil.copy(real / "imdb_word_index.json", tmp_path)
        (tmp_path / "imdb.npz").write_bytes((real / "imdb.npz").read_bytes()[:1_000_000])
        monkeypatch.setenv("BIRNN_DATA", str(tmp_path))
        with pytest.raises(DataError, match=r"imdb\.npz is damaged or is not Keras's imdb\.npz"):
            load_imdb()

    def test_an_altered_file_is_refused(self, real, tmp_path, monkeypatch):
        with np.load(real / "imdb.npz", allow_pickle=True) as archive:
            arrays = dict(archive)
        arrays["x_train"][0] = arrays["x_train"][0][:-1]
        np.savez(tmp_path / "imdb.npz", **arrays)
        monkeypatch.setenv("BIRNN_DATA", str(tmp_path))
        with pytest.raises(DataError, match=r"does not hold the published train reviews.*5942840"):
            load_imdb()


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"num_words": 0}, "num_words must be at least 4"),
            ({"maxlen": 0}, "maxlen must be at least 1"),
            ({"validation": 1.0}, r"validation must lie in \[0, 1\)"),
            ({"padding": "left"}, "padding must be one of"),
            ({"truncating": "left"}, "truncating must be one of"),
        ],
    )
    def test_arguments(self, arguments, message, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", "embedded")
        with pytest.raises(ValueError, match=message):
            load_imdb(**arguments)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"num_words": 10.5}, "num_words must be a whole number, got 10.5"),
            ({"num_words": "10000"}, "num_words must be a whole number, got '10000'"),
            ({"maxlen": 2.5}, "maxlen must be a whole number, got 2.5"),
            ({"maxlen": True}, "maxlen must be a whole number, got True"),
            ({"validation": "0.1"}, "validation must be a number, got '0.1'"),
            ({"rng": 0}, r"rng must be a numpy.random.Generator, got int: np.random.default_rng\(0\) makes one"),
            ({"rng": np.random}, "rng must be a numpy.random.Generator, got module"),
        ],
    )
    @pytest.mark.parametrize("load", [load_imdb, embedded_reviews])
    def test_types(self, load, arguments, message, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", "embedded")
        with pytest.raises(TypeError, match=message):
            load(**arguments)

    @pytest.mark.parametrize(
        ("draw", "message"),
        [
            (lambda: embedded_reviews(reviews=2.5), "reviews must be a whole number, got 2.5"),
            (lambda: pad_sequences([np.ones(2, int)], 2.5), "maxlen must be a whole number, got 2.5"),
            (lambda: motif_sequences("order", 1.5, np.random.default_rng(0)), "twins must be a whole number"),
            (lambda: suffix_sentences("9", np.random.default_rng(0)), "count must be a whole number, got '9'"),
            (lambda: filter_task(2.0, 40, np.random.default_rng(0)), "count must be a whole number"),
            (
                lambda: readings(sensor_field(3, np.random.default_rng(0)), 2, 2.0, np.random.default_rng(0)),
                "time must",
            ),
            (lambda: motif_sequences("order", 1, 0), "rng must be"),
            (lambda: suffix_sentences(9, 0), "rng must be"),
            (lambda: ambiguous_sentences(9, 0), "rng must be"),
            (lambda: filter_task(2, 40, 0), "rng must be"),
            (lambda: sensor_field(3, 0), "rng must be"),
        ],
    )
    def test_types_of_what_is_generated(self, draw, message):
        with pytest.raises(TypeError, match=message):
            draw()

    def test_a_wrong_split_name(self):
        with pytest.raises(KeyError, match="no split 'valid': choose one of"):
            embedded_reviews(reviews=20)["valid"]

    def test_a_missing_folder(self, folder, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", str(folder / "nowhere"))
        with pytest.raises(DataError, match="nowhere, which does not exist"):
            load_imdb()

    def test_a_folder_without_the_file(self, folder):
        with pytest.raises(DataError, match=r"which has no imdb\.npz"):
            load_imdb()

    def test_a_file_that_is_not_an_archive(self, folder):
        (folder / "imdb.npz").write_bytes(b"not a zip file")
        with pytest.raises(DataError, match="damaged"):
            load_imdb()

    def test_a_damaged_word_index(self, folder, monkeypatch):
        (folder / "imdb.npz").touch()
        (folder / "imdb_word_index.json").write_text("{ half")
        monkeypatch.setattr(imdb, "_read_reviews", lambda path: {})
        with pytest.raises(DataError, match="not a word index"):
            load_imdb()

    def test_a_file_with_code_in_it_is_not_run(self, folder):
        class Attack:
            def __reduce__(self):
                return (open, (str(folder / "ran"), "w"))

        attack = np.array([Attack()], dtype=object)
        np.savez(folder / "imdb.npz", x_train=attack, y_train=attack, x_test=attack, y_test=attack)
        with pytest.raises(DataError, match="which no data set needs"):
            load_imdb()
        assert not (folder / "ran").exists()

    def test_a_byte_changed_anywhere_is_found(self, folder):
        path = folder / "imdb.npz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x_train.npy", bytes(range(256)) * 2)
        whole = path.read_bytes()
        for at in range(len(whole)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
            with pytest.raises(DataError):
                load_imdb()

    def test_an_archive_without_the_arrays(self, folder):
        with zipfile.ZipFile(folder / "imdb.npz", "w") as archive:
            archive.writestr("x_train.npy", b"")
        with pytest.raises(DataError, match="damaged"):
            load_imdb()


class TestEmbedded:
    def test_is_deterministic_by_seed(self):
        first, again, other = (embedded_reviews(maxlen=30, rng=np.random.default_rng(s)) for s in (1, 1, 2))
        assert np.array_equal(first["train"].x, again["train"].x)
        assert not np.array_equal(first["train"].x, other["train"].x)

    @pytest.mark.parametrize("num_words", [None, 50, 2000])
    def test_a_word_of_no_training_review_is_unknown(self, num_words):
        data = embedded_reviews(num_words, reviews=10)
        assert max(x.max() for name in data.splits for x in data[name].x) < data.num_words
        assert any((x == 2).any() for x in data["test"].x), "there should be such words"

    def test_is_balanced_and_marked(self, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", "embedded")
        data = load_imdb(maxlen=30)
        assert data.source == "embedded"
        assert "not real reviews" in data.note
        assert data["test"].y.mean() == 0.5

    def test_default_padding_fits_the_lengths_that_every_layer_counts(self):
        model = Classifier("rnn", 300, 8, 4, rng=np.random.default_rng(0), dtype=np.float64)
        for _, value in model.named_parameters():
            value[...] = np.random.default_rng(1).normal(size=value.shape)
        data = embedded_reviews(300, 60, reviews=40)["train"]
        assert data.lengths.min() < 30
        alone = [model.forward(x[None, :n])[0] for x, n in zip(data.x, data.lengths, strict=True)]
        np.testing.assert_allclose(model.forward(data.x, data.lengths), alone)

    def test_sentences_are_split_as_reviews_that_are_encoded(self):
        data = embedded_reviews(reviews=40)
        for x in data["train"].x:
            assert np.array_equal(data.encode(data.decode(x).removeprefix("<start> ")), x)

    def test_its_figures_carry_the_note(self):
        import matplotlib.pyplot as plt

        from birnn_ref.figures import mark

        data = embedded_reviews(reviews=20)
        figure = plt.figure()
        mark(figure, data)
        assert figure.get_supxlabel() == data.note
        plt.close(figure)


class TestWords:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("It isn’t BAD; it's “worse”!", ["it", "isn't", "bad", "it's", "worse"]),
            ("great!", ["great"]),
            ("'twas rock'n'roll, 10/10", ["twas", "rock'n'roll", "10", "10"]),
            ("Amélie: naïve_ly", ["amélie", "naïve", "ly"]),
            ("  ...  ", []),
        ],
    )
    def test_letters_digits_and_an_apostrophe_inside(self, text, expected):
        assert words(text) == expected

    def test_a_word_is_known_whatever_stands_beside_it(self):
        data = embedded_reviews(reviews=40)
        assert np.array_equal(data.encode("Funny!"), data.encode("funny"))
        assert data.encode("Funny!")[1] == data.word_ids["funny"]


class TestPadSequences:
    @pytest.mark.parametrize("padding", ["pre", "post"])
    @pytest.mark.parametrize("truncating", ["pre", "post"])
    def test_equals_keras(self, padding, truncating):
        from birnn_ref.twins.keras import keras

        rng = np.random.default_rng(0)
        sequences = [rng.integers(1, 9, size=n) for n in (0, 1, 4, 5, 9)]
        for maxlen in (1, 5, None):
            ours = pad_sequences(sequences, maxlen, padding=padding, truncating=truncating)
            theirs = keras.utils.pad_sequences(sequences, maxlen, padding=padding, truncating=truncating)
            assert np.array_equal(ours, theirs)

    @pytest.mark.parametrize(("arguments", "message"), [(([],), "empty"), (([np.ones(1, int)], 0), "at least 1")])
    def test_bad_input(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            pad_sequences(*arguments)
