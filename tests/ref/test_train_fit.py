"""The loop: it learns, stops, resumes exactly, and leaves the best parameters."""

import numpy as np
import pytest

from birnn_ref.layers import Dense, Dropout, Embedding, Layer, PoolTime
from birnn_ref.losses import binary_cross_entropy, softmax_cross_entropy
from birnn_ref.train import (
    SGD,
    Adam,
    CheckpointError,
    EarlyStopping,
    Sequences,
    evaluate,
    fit,
    linear_decay,
    load_checkpoint,
    progress_bar,
    save_checkpoint,
)


class Bag(Layer):
    """A small model with every kind of gradient, and random numbers in training."""

    def __init__(self, outputs, rng, tags=False):
        super().__init__()
        self.children = {
            "words": Embedding(20, 8, rng=rng),
            "dropout": Dropout(0.2),
            "pool": PoolTime("mean"),
            "readout": Dense(8, outputs, rng=rng),
        }
        if tags:
            del self.children["pool"]

    def forward(self, x, lengths=None, *, rng=None):
        for child in self.children.values():
            x = child.forward(x, lengths if x.ndim != 2 or x.dtype.kind == "i" else None, rng=rng)
        return x

    def backward(self, d_outputs):
        for child in reversed(self.children.values()):
            d_outputs = child.backward(d_outputs)


def _data(seed=0, count=200, tags=False):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, size=count)
    x = [rng.integers(1, 20, size=n) for n in lengths]
    y = [(s > 9).astype(int) for s in x] if tags else np.array([int(np.mean(s > 9) > 0.5) for s in x])
    return Sequences.from_ragged(x, y)


def _fit(model, epochs, rng, **settings):
    arguments = {"loss": binary_cross_entropy, "batch_size": 16, "validation": _data(1), **settings}
    optimiser = arguments.pop("optimiser", None) or Adam(model, 0.02)
    return fit(model, _data(), optimiser=optimiser, epochs=epochs, rng=rng, **arguments)


def test_learns():
    model = Bag(1, np.random.default_rng(0))
    history = _fit(model, 10, np.random.default_rng(0), clip=1.0)
    assert history[-1]["validation_accuracy"] > 0.95 > history[0]["validation_accuracy"]
    assert history[-1]["loss"] < history[0]["loss"]


def test_learns_tags():
    model, held_out = Bag(2, np.random.default_rng(0), tags=True), _data(1, tags=True)
    before = evaluate(model, held_out, loss=softmax_cross_entropy)["accuracy"]
    settings = {"loss": softmax_cross_entropy, "optimiser": SGD(model, 0.1, 0.9), "epochs": 5, "batch_size": 16}
    fit(model, _data(tags=True), rng=np.random.default_rng(0), **settings)
    assert evaluate(model, held_out, loss=softmax_cross_entropy)["accuracy"] > 0.99 > 0.8 > before


class Interrupted(Exception):
    """The power went."""


@pytest.mark.parametrize("stop", [(1, 0), (2, 5)])
def test_resumes_exactly(tmp_path, stop):
    whole = Bag(1, np.random.default_rng(0))
    expected = _fit(whole, 4, np.random.default_rng(7))

    def fail(items, label, total):
        for i, item in enumerate(items):
            if (label, i) == (f"epoch {stop[0] + 1}", stop[1]):
                raise Interrupted
            yield item

    cut, path = Bag(1, np.random.default_rng(0)), tmp_path / "run.npz"
    with pytest.raises(Interrupted):
        _fit(cut, 4, np.random.default_rng(7), checkpoint=path, progress=fail)
    resumed = Bag(1, np.random.default_rng(99))
    found = _fit(resumed, 4, np.random.default_rng(88), checkpoint=path)
    for a, b in zip(expected, found, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
    for (_, a), (_, b) in zip(whole.named_parameters(), resumed.named_parameters(), strict=True):
        np.testing.assert_array_equal(a, b)
    again = Bag(1, np.random.default_rng(99))
    assert _fit(again, 4, np.random.default_rng(88), checkpoint=path) == found  # nothing is left to do


def test_stops_early_and_keeps_the_best():
    model = Bag(1, np.random.default_rng(0))
    history = _fit(model, 60, np.random.default_rng(0), patience=2, optimiser=Adam(model, 0.3))
    losses = [entry["validation_loss"] for entry in history]
    assert len(history) < 60
    assert int(np.argmin(losses)) == len(history) - 3
    assert evaluate(model, _data(1), loss=binary_cross_entropy)["loss"] == pytest.approx(min(losses), rel=1e-6)


def test_a_loss_that_is_not_a_number_is_never_the_best():
    stopping, model = EarlyStopping(1), Bag(1, np.random.default_rng(0))
    assert not stopping.update(0, 0.5, model)
    assert stopping.update(1, np.nan, model)
    assert stopping.best_epoch == 0


def test_a_metric_chooses_the_epoch_in_place_of_the_loss():
    """The loss falls to the end, the metric is best in the second epoch, and that one's parameters stay."""
    given = iter([0.1, 0.9, 0.3, 0.2])
    seen = []

    def metric(true, said):
        seen.append((true, said))
        return next(given)

    rng = np.random.default_rng(0)
    model, kept = Bag(2, rng, tags=True), []
    settings = {"loss": softmax_cross_entropy, "optimiser": Adam(model, 0.02), "batch_size": 16, "rng": rng}
    data, held_out = _data(tags=True), _data(1, count=300, tags=True)

    def progress(batches, *_):
        kept.append(model.children["readout"].params["W"].copy())
        return batches

    history = fit(model, data, epochs=9, validation=held_out, metric=metric, patience=2, progress=progress, **settings)
    assert [entry["validation_metric"] for entry in history] == [0.1, 0.9, 0.3, 0.2]
    assert history[3]["validation_loss"] < history[1]["validation_loss"]
    np.testing.assert_array_equal(model.children["readout"].params["W"], kept[2])  # as the third epoch began
    true, said = seen[-1]
    for own, answer, y, n in zip(true, said, held_out.y, held_out.lengths, strict=True):
        np.testing.assert_array_equal(own, y[:n])
        assert answer.shape == (n,)
    right = np.mean(np.concatenate(true) == np.concatenate(said))
    assert right == pytest.approx(history[-1]["validation_accuracy"])


def test_a_metric_survives_a_stop(tmp_path):
    def metric(true, said):
        return float(np.mean(np.array(true) == np.array(said)))

    runs = []
    for stops in ((5,), (2, 5)):
        rng = np.random.default_rng(0)
        model = Bag(1, rng)
        for epochs in stops:
            history = _fit(model, epochs, rng, metric=metric, checkpoint=tmp_path / f"{len(stops)}.npz")
        runs.append((model.children["readout"].params["W"], [entry["validation_metric"] for entry in history]))
    np.testing.assert_array_equal(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]


def test_a_models_own_answers_are_scored():
    class Contrary(Bag):
        def decode(self, logits, lengths):
            return logits.argmin(axis=-1)

    rng, data = np.random.default_rng(0), _data(tags=True)
    model = Contrary(2, rng, tags=True)
    plain = Bag(2, np.random.default_rng(0), tags=True)
    found, expected = (evaluate(m, data, loss=softmax_cross_entropy) for m in (model, plain))
    assert found["loss"] == expected["loss"]
    assert found["accuracy"] == pytest.approx(1 - expected["accuracy"])


def test_evaluation_does_not_depend_on_the_batches():
    model, data = Bag(1, np.random.default_rng(0)), _data()
    one, many = (evaluate(model, data, loss=binary_cross_entropy, batch_size=n) for n in (200, 7))
    assert one == pytest.approx(many, rel=1e-6)


def test_answers_and_targets_of_other_shapes_are_refused():
    class Answers(Layer):
        def __init__(self, flat=False):
            super().__init__()
            self.flat = flat

        def forward(self, x, lengths=None, *, rng=None):
            return x[:, 0] if self.flat else x

    def no_loss(logits, targets, lengths=None):
        return 0.0, logits

    logits = np.array([[1.0], [-1.0], [1.0]], np.float32)
    right = {"loss": 0.0, "accuracy": 2 / 3}
    assert evaluate(Answers(), Sequences(logits, np.array([1, 0, 0])), loss=no_loss) == right
    assert evaluate(Answers(flat=True), Sequences(logits, np.array([1, 0, 0])), loss=no_loss) == right
    with pytest.raises(
        ValueError, match=r"y has shape \(3, 2\), expected \(3, 1\): one target for each of the answers"
    ):
        evaluate(Answers(), Sequences(logits, np.ones((3, 2), int)), loss=no_loss)


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_a_checkpoint_keeps_the_generators_state(tmp_path, kind):
    model, rng = Bag(1, np.random.default_rng(0)), np.random.Generator(kind(3))
    rng.normal(size=5)
    save_checkpoint(tmp_path / "c.npz", model, rng=rng, notes={"text": "é", "loss": 0.1})
    expected, other = rng.random(5), np.random.Generator(kind(4))
    notes, arrays = load_checkpoint(tmp_path / "c.npz", model, rng=other)
    np.testing.assert_array_equal(other.random(5), expected)
    assert (notes, arrays) == ({"text": "é", "loss": 0.1}, {})


def test_a_failed_save_leaves_the_old_file_whole(tmp_path, monkeypatch):
    model, path = Bag(1, np.random.default_rng(0)), tmp_path / "c.npz"
    save_checkpoint(path, model)
    before = path.read_bytes()

    def half(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, model)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


class TestBadCheckpoint:
    @pytest.fixture
    def path(self, tmp_path):
        model = Bag(1, np.random.default_rng(0))
        save_checkpoint(tmp_path / "c.npz", model, Adam(model), np.random.default_rng(0))
        return tmp_path / "c.npz"

    def test_of_another_model(self, path):
        model = Bag(2, np.random.default_rng(0))
        before = {name: array.copy() for name, array in model.named_parameters()}
        with pytest.raises(CheckpointError, match=r"another model: 2 parameters differ, the first is readout\.W"):
            load_checkpoint(path, model)
        for name, array in model.named_parameters():
            np.testing.assert_array_equal(array, before[name])

    def test_another_generator(self, path):
        with pytest.raises(CheckpointError, match="a generator PCG64, and rng is a SFC64"):
            load_checkpoint(path, Bag(1, np.random.default_rng(0)), rng=np.random.Generator(np.random.SFC64(0)))

    def test_without_an_optimiser(self, path):
        model = Bag(1, np.random.default_rng(0))
        save_checkpoint(path, model)
        with pytest.raises(CheckpointError, match="holds the state of no optimiser, and optimiser is Adam"):
            load_checkpoint(path, model, Adam(model))

    def test_another_optimiser(self, path):
        model, rng = Bag(1, np.random.default_rng(0)), np.random.default_rng(5)
        with pytest.raises(CheckpointError, match="holds the state of Adam, and optimiser is SGD"):
            load_checkpoint(path, model, SGD(model, 0.1), rng)
        assert rng.random() == np.random.default_rng(5).random(), "nothing is changed"

    @pytest.mark.parametrize("size", [0, 10, 500])
    def test_cut_off(self, path, size):
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(CheckpointError, match=r"c\.npz is damaged or is not a checkpoint"):
            load_checkpoint(path, Bag(1, np.random.default_rng(0)))

    def test_missing(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            load_checkpoint(tmp_path / "none.npz", Bag(1, np.random.default_rng(0)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patience": 3, "validation": None}, "patience needs validation"),
        ({"metric": len, "validation": None}, "metric needs validation"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"optimiser": Adam(Bag(1, np.random.default_rng(0)))}, "optimiser belongs to another model"),
        ({"clip": 0}, "limit must be positive"),
        ({"batch_size": 0}, "size must be at least 1"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        _fit(Bag(1, np.random.default_rng(0)), 1, np.random.default_rng(0), **settings)


def test_a_schedule_sets_each_steps_rate():
    model, seen = Bag(1, np.random.default_rng(0)), []
    optimiser, fall = Adam(model, 1.0), linear_decay(0.1, 26)

    def schedule(step):
        seen.append((step, fall(step)))
        return seen[-1][1]

    _fit(model, 2, np.random.default_rng(0), optimiser=optimiser, schedule=schedule)
    assert [step for step, _ in seen] == list(range(26))  # 200 reviews, 16 a batch, twice
    assert (seen[0][1], seen[13][1], fall(26), fall(99)) == (0.1, pytest.approx(0.05), 0, 0)
    assert optimiser.rate == seen[-1][1]


def test_a_bar_shows_every_item(capsys):
    assert list(progress_bar(iter("abc"), "epoch 1", 3)) == ["a", "b", "c"]
    assert "epoch 1" in capsys.readouterr().err


def test_no_bar_without_tqdm(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tqdm.auto", None)
    assert list(progress_bar(iter("abc"), "epoch 1", 3)) == ["a", "b", "c"]
