"""Every model: its answers in batches, its file, and training that goes on from a checkpoint."""

import inspect
import json
import zipfile

import numpy as np
import pytest

from birnn_ref.cells import CELLS
from birnn_ref.layers import Spelt, WordDropout
from birnn_ref.models import CharTagger, Classifier, ConvClassifier, Model, Regressor, Seq2Seq, Tagger
from birnn_ref.train import Adam, CheckpointError, Sequences, fit, save_checkpoint

SIZES = {"num_words": 9, "embedding": 2, "hidden": 3}
MODELS = {
    "classifier": lambda rng: Classifier(
        "gru", **SIZES, outputs=4, pooling="attention", merge="sum", dropout=0.3, rng=rng
    ),
    "yes or no": lambda rng: Classifier("rnn", **SIZES, activation="relu", bidirectional=False, rng=rng),
    "vectors": lambda rng: Classifier("lstm", None, 2, 3, forget_bias=0.5, rng=rng, dtype=np.float64),
    "convolution": lambda rng: ConvClassifier("lstm", **SIZES, filters=3, width=2, pool=2, rng=rng),
    "tagger": lambda rng: Tagger("gru", **SIZES, outputs=4, depth=np.int64(2), word_dropout=0.2, rng=rng),
    "crf": lambda rng: Tagger("rnn", **SIZES, outputs=4, crf=("O", "B-x", "I-x", "B-y"), rng=rng),
    "letters": lambda rng: CharTagger(
        "lstm", **SIZES, outputs=4, num_chars=6, char_embedding=2, filters=3, width=2, crf=True, rng=rng
    ),
    "pairs": lambda rng: Seq2Seq("gru", 9, 8, 3, 4, start=2, end=3, form="luong", rng=rng),
    "regressor": lambda rng: Regressor("gru", None, 2, 3, 2, error="absolute", pooling="mean", rng=rng),
    "steps": lambda rng: Regressor("lstm", **SIZES, pooling=None, rng=rng),
}
LENGTHS = np.array([5, 3, 1, 0, 4])
each_model = pytest.mark.parametrize("name", MODELS)


def _model(name):
    return MODELS[name](np.random.default_rng(0))


def _input(name, count=5):
    rng = np.random.default_rng(1)
    if name in ("vectors", "regressor"):
        return rng.normal(size=(count, 5, 2)).astype(np.float64 if name == "vectors" else np.float32)
    ids = rng.integers(9, size=(count, 5))
    if name == "letters":
        return ids, Spelt(rng.integers(7, size=(count, 5)), rng.integers(1, 6, size=(7, 4)), rng.integers(5, size=7))
    return ids


@each_model
def test_comes_back_from_its_file(name, tmp_path):
    model = _model(name)
    path = tmp_path / "model.npz"
    model.save(path)
    for loaded in (Model.load(path), type(model).load(path)):
        assert type(loaded) is type(model)
        for (own, a), (other, b) in zip(model.named_parameters(), loaded.named_parameters(), strict=True):
            assert (own, a.dtype) == (other, b.dtype)
            np.testing.assert_array_equal(a, b)
        expected, found = model.predict(_input(name), LENGTHS), loaded.predict(_input(name), LENGTHS)
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_array_equal(a, b)
        assert repr(loaded) == repr(model)


@each_model
def test_its_file_is_arrays_and_json(name, tmp_path):
    model = _model(name)
    model.save(tmp_path / "model.npz")
    with zipfile.ZipFile(tmp_path / "model.npz") as file:
        assert all(entry.endswith(".npy") for entry in file.namelist())
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    notes = json.loads(str(arrays.pop("plain")))["notes"]
    assert notes == {"format": "birnn_ref model 1", "kind": type(model).__name__, "settings": notes["settings"]}
    assert arrays.keys() == {f"parameters/{key}" for key, _ in model.named_parameters()}


@each_model
def test_all_its_arguments_are_settings(name):
    model = _model(name)
    named = [p.name for p in inspect.signature(type(model)).parameters.values() if p.kind is not p.VAR_KEYWORD]
    assert set(named) - {"rng"} <= model.settings.keys()


@each_model
def test_answers_do_not_depend_on_the_batches(name):
    model, x = _model(name), _input(name)
    whole, cut = (model.predict(x, LENGTHS, batch_size=n) for n in (5, 2))
    for a, b in zip(whole, cut, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    if name == "pairs":
        x = x, LENGTHS, np.full((5, 4), 2)
        lengths = np.array([4, 2, 1, 3, 4])
    else:
        lengths = LENGTHS
    np.testing.assert_allclose(model.logits(x, lengths, batch_size=2), model.forward(x, lengths), rtol=1e-5, atol=1e-6)


def test_answers_are_classes_tags_and_texts():
    assert set(_model("classifier").predict(_input("classifier", 200)).tolist()) <= {0, 1, 2, 3}
    model = _model("yes or no")
    ids = _input("yes or no", 50)
    np.testing.assert_array_equal(model.predict(ids), model.forward(ids)[:, 0] > 0)
    model = _model("crf")
    tags = model.predict(_input("crf"), LENGTHS)
    assert tags.shape == (5, 5)
    np.testing.assert_array_equal(tags, model.crf.decode(model.forward(_input("crf"), LENGTHS), LENGTHS))
    model = _model("pairs")
    np.testing.assert_array_equal(model.predict(_input("pairs"))[0], model.write(_input("pairs"))[0].ids)
    with pytest.raises(ValueError, match="x holds no sequences"):
        _model("tagger").predict(np.zeros((0, 3), int))


class TestBadFile:
    @pytest.fixture
    def path(self, tmp_path):
        _model("tagger").save(tmp_path / "model.npz")
        return tmp_path / "model.npz"

    def _rewrite(self, path, **change):
        with np.load(path) as file:
            arrays = {key: file[key] for key in file.files}
        plain = json.loads(str(arrays["plain"]))
        plain["notes"] |= change
        np.savez(path, **{**arrays, "plain": np.array(json.dumps(plain))})

    def test_of_another_kind(self, path):
        with pytest.raises(CheckpointError, match=r"model\.npz holds a Tagger, expected Classifier"):
            Classifier.load(path)
        self._rewrite(path, kind="Oracle")
        with pytest.raises(CheckpointError, match="holds a Oracle, expected CharTagger or Classifier or"):
            Model.load(path)

    def test_of_a_later_version(self, path):
        self._rewrite(path, format="birnn_ref model 2")
        with pytest.raises(CheckpointError, match="not a model's file"):
            Model.load(path)

    def test_with_other_settings(self, path):
        self._rewrite(path, settings={"cell": "gru"})
        with pytest.raises(CheckpointError, match="has settings that do not make a Tagger"):
            Model.load(path)

    def test_a_checkpoint_of_training(self, path):
        model = _model("tagger")
        save_checkpoint(path, model, Adam(model), notes={"history": []})
        with pytest.raises(CheckpointError, match="is a checkpoint, not a model's file"):
            Model.load(path)

    def test_missing_or_cut_off(self, path, tmp_path):
        with pytest.raises(FileNotFoundError):
            Model.load(tmp_path / "none.npz")
        path.write_bytes(path.read_bytes()[:400])
        with pytest.raises(CheckpointError, match="damaged"):
            Model.load(path)

    def test_a_cell_of_ones_own_has_no_file(self, tmp_path):
        model = Tagger(CELLS["gru"], **SIZES, outputs=2, rng=np.random.default_rng(0))
        with pytest.raises(TypeError, match="settings must be plain data to be saved"):
            model.save(tmp_path / "model.npz")
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["classifier", "crf", "letters", "steps"])
def test_training_goes_on_bit_for_bit(name, tmp_path):
    """With words and entries dropped at random: three epochs at once, or one, and two from its checkpoint."""
    x, rng = _input(name, 40), np.random.default_rng(2)
    y = {"classifier": rng.integers(4, size=40), "steps": rng.normal(size=(40, 5))}.get(
        name, rng.integers(2, size=(40, 5))
    )
    data = Sequences(x, y, rng.integers(1, 6, size=40))
    runs = []
    for stops in ((3,), (1, 3)):
        for epochs in stops:
            rng = np.random.default_rng(0)
            model = _model(name)
            how = {"optimiser": Adam(model, 0.01), "batch_size": 8, "rng": rng, "validation": data, "clip": 1.0}
            fit(model, data, loss=model.loss, epochs=epochs, checkpoint=tmp_path / f"{len(stops)}.npz", **how)
        runs.append(dict(model.named_parameters()))
    for key, array in runs[0].items():
        np.testing.assert_array_equal(array, runs[1][key], err_msg=key)


class TestWordDropout:
    IDS = np.arange(2, 9)[None].repeat(400, axis=0)

    def test_takes_its_share(self):
        lengths = np.full(400, 5)
        found = WordDropout(0.3, unknown=0).forward(self.IDS, lengths, rng=np.random.default_rng(0))
        dropped = found != self.IDS
        assert abs(dropped[:, :5].mean() - 0.3) < 0.03
        assert not dropped[:, 5:].any()
        assert set(found[dropped].tolist()) == {0}

    def test_only_in_training(self):
        assert WordDropout(0.9).forward(self.IDS) is self.IDS
        assert WordDropout(0.0).forward(self.IDS, rng=np.random.default_rng(0)) is self.IDS
        with pytest.raises(ValueError, match=r"rate must lie in \[0, 1\)"):
            WordDropout(1.0)

    @pytest.mark.parametrize("kind", [Classifier, Tagger, Regressor])
    def test_the_unknown_words_vector_learns(self, kind):
        for rate, moves in ((0.0, False), (0.5, True)):
            rng = np.random.default_rng(0)
            model = kind("gru", **SIZES, outputs=2, word_dropout=rate, unknown=3, rng=rng)
            model.backward(np.ones_like(model.forward(np.full((4, 5), 7), rng=rng)))
            assert (3 in model.words.grads["W"].rows) == moves

    def test_a_words_letters_stay(self):
        rng, (ids, spelt) = np.random.default_rng(0), _input("letters")
        model = CharTagger(
            "lstm", **SIZES, outputs=4, num_chars=6, char_embedding=2, filters=3, width=2, word_dropout=0.999, rng=rng
        )
        found = model.forward((ids, spelt), rng=rng)
        np.testing.assert_array_equal(found, model.forward((np.ones_like(ids), spelt)))
        with pytest.raises(ValueError, match="unknown must lie between 0 and 8, got 9"):
            Tagger("gru", **SIZES, outputs=2, unknown=9, rng=rng)
