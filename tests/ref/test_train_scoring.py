"""What counts in training: targets with lengths of their own, ignored ones, class weights, callbacks, whose loss."""

import numpy as np
import pytest

from birnn_ref.layers import CRF, Dense
from birnn_ref.losses import binary_cross_entropy, ctc_greedy, ctc_loss, softmax_cross_entropy, squared_error
from birnn_ref.models import Classifier, Tagger
from birnn_ref.train import SGD, Adam, Sequences, evaluate, fit


def _rng():
    return np.random.default_rng(0)


def _blinks(count, rng):
    """Steps of noise; each label is a burst of its own feature, and the target is the labels in order."""
    said = [rng.integers(1, 4, size=rng.integers(0, 4)) for _ in range(count)]
    x = []
    for labels in said:
        steps = np.zeros((4 * len(labels) + 2, 3), np.float32)
        steps[4 * np.arange(len(labels)) + 1, labels - 1] = 3
        x.append(steps + rng.normal(size=steps.shape).astype(np.float32) / 5)
    return Sequences.from_ragged(x, said, aligned=False)


class TestTargetsOfTheirOwnLength:
    def test_are_padded_and_cut(self):
        data = Sequences.from_ragged([[5, 6, 7], [8], [9, 9]], [[1], [2, 3, 4, 4], []], aligned=False)
        np.testing.assert_array_equal(data.y, [[1, -1, -1, -1], [2, 3, 4, 4], [-1] * 4])
        batch = next(iter(data.batches(1)))
        assert (batch.x.tolist(), batch.y.tolist()) == ([[5, 6, 7]], [[1]])
        assert (batch.lengths.tolist(), batch.target_lengths.tolist(), batch.per_step) == ([3], [1], False)

    def test_are_learned(self):
        rng = _rng()
        model = Tagger("gru", None, 3, 8, 4, rng=rng)
        settings = {"loss": ctc_loss, "decode": ctc_greedy}
        data = _blinks(100, rng)
        history = fit(model, data, optimiser=Adam(model, 0.02), epochs=12, batch_size=10, rng=rng, **settings)
        found = evaluate(model, _blinks(50, rng), **settings)
        assert found["accuracy"] > 0.9 > 0.5 > history[0]["accuracy"]

    def test_accuracy_is_of_whole_answers(self):
        data, logits = _blinks(9, _rng()), []

        def decode(logits, lengths):
            return [row[:n] for row, n in zip(data.y, data.target_lengths, strict=True)]

        def metric(true, said):
            logits.append([len(row) for row in true])
            return float(sum(np.array_equal(a, b) for a, b in zip(true, said, strict=True)))

        model = Tagger("gru", None, 3, 2, 4, rng=_rng())
        found = evaluate(model, data, loss=ctc_loss, decode=decode, metric=metric)
        assert (found["accuracy"], found["metric"], logits) == (1, 9, [data.target_lengths.tolist()])
        found = evaluate(model, data, loss=ctc_loss, decode=lambda *_: [np.array([9])] * 9)
        assert found["accuracy"] == 0
        with pytest.raises(ValueError, match="metric needs answers: give a decode"):
            evaluate(Dense(3, 4, rng=_rng()), data, loss=ctc_loss, metric=metric)

    def test_without_a_decode_there_is_no_accuracy(self):
        assert evaluate(Dense(3, 4, rng=_rng()), _blinks(9, _rng()), loss=ctc_loss).keys() == {"loss"}


class TestIgnoredTargets:
    @pytest.mark.parametrize("unknown", [-1, 99])
    def test_count_for_nothing(self, unknown):
        rng = _rng()
        model, x = Tagger("gru", 9, 3, 4, 3, rng=rng), rng.integers(1, 9, size=(6, 5))
        y, lengths = rng.integers(3, size=(6, 5)), np.array([5, 4, 3, 5, 5, 2])
        cut = np.where(np.arange(5) >= 3, unknown, y)
        whole = evaluate(model, Sequences(x, cut, lengths), loss=model.loss, ignore=unknown, batch_size=2)
        logits = model.forward(x, lengths)
        loss, d_logits = softmax_cross_entropy(logits, cut, lengths, ignore=unknown)
        known = np.minimum(lengths, 3)
        expected, d_expected = softmax_cross_entropy(logits, y, known)
        assert loss == expected
        np.testing.assert_array_equal(d_logits, d_expected)
        counts = np.arange(5) < known[:, None]
        right = (logits.argmax(axis=2) == y)[counts].mean()
        assert whole == pytest.approx({"loss": loss, "accuracy": right}, rel=1e-6)

    def test_metric_does_not_see_them(self):
        seen = []

        def metric(true, said):
            seen.append([row.tolist() for row in true])
            assert [len(row) for row in true] == [len(row) for row in said]
            return 0.0

        model = Tagger("gru", 9, 3, 4, 3, rng=_rng())
        data = Sequences(np.ones((2, 3), int), np.array([[0, -1, 2], [-1, 1, 9]]), np.array([3, 2]))
        evaluate(model, data, loss=model.loss, ignore=-1, metric=metric)
        assert seen == [[[0, 2], [1]]]

    def test_a_batch_of_nothing_else_is_passed_over(self):
        rng = _rng()
        model = Classifier("rnn", 9, 2, 3, 3, rng=rng)
        before = {name: array.copy() for name, array in model.named_parameters()}
        data = Sequences(np.ones((2, 3), int), np.array([-1, -1]))
        with pytest.raises(ValueError, match="data holds no step that counts"):
            fit(model, data, loss=model.loss, optimiser=SGD(model), epochs=1, batch_size=1, rng=rng, ignore=-1)
        for name, array in model.named_parameters():
            np.testing.assert_array_equal(array, before[name])
        with pytest.raises(ValueError, match="lengths and ignore leave no step that counts"):
            softmax_cross_entropy(np.zeros((1, 3)), np.array([-1]), ignore=-1)

    def test_yes_no_and_not_known(self):
        logits = np.array([[1.0], [-2.0], [3.0]])
        for targets, ignore in (([1, -1, 0], -1), ([1.0, np.nan, 0.0], np.nan)):
            loss, d_logits = binary_cross_entropy(logits, np.array(targets), ignore=ignore)
            expected, d_expected = binary_cross_entropy(logits[[0, 2]], np.array([1, 0]))
            assert loss == expected
            np.testing.assert_array_equal(d_logits, [d_expected[0], [0], d_expected[1]])


class TestClassWeights:
    def test_equal_torch(self):
        torch = pytest.importorskip("torch")
        rng = _rng()
        logits, targets, weights = rng.normal(size=(8, 3)), rng.integers(3, size=8), np.array([0.2, 1.0, 5.0])
        theirs = torch.tensor(logits, requires_grad=True)
        expected = torch.nn.functional.cross_entropy(theirs, torch.tensor(targets), torch.tensor(weights))
        expected.backward()
        loss, d_logits = softmax_cross_entropy(logits, targets, class_weights=weights)
        assert loss == pytest.approx(expected.item(), rel=1e-12)
        np.testing.assert_allclose(d_logits, theirs.grad.numpy(), rtol=1e-10, atol=1e-15)

    def test_yes_or_no_is_a_softmax_of_two(self):
        rng = _rng()
        logits, targets = rng.normal(size=(8, 1)), rng.integers(2, size=8)
        two = np.concatenate([np.zeros((8, 1)), logits], axis=1)
        loss, d_logits = binary_cross_entropy(logits, targets, class_weights=[3, 0.5])
        expected, d_expected = softmax_cross_entropy(two, targets, class_weights=[3, 0.5])
        assert loss == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(d_logits, d_expected[:, 1:], rtol=1e-10, atol=1e-15)

    def test_loss_does_not_depend_on_the_batches(self):
        rng = _rng()
        model, data = (
            Tagger("gru", 9, 3, 4, 3, rng=rng),
            Sequences(rng.integers(9, size=(9, 4)), rng.integers(3, size=(9, 4))),
        )
        one, many = (evaluate(model, data, loss=model.loss, class_weights=[1, 4, 2], batch_size=n) for n in (9, 2))
        plain = evaluate(model, data, loss=model.loss)
        assert one == pytest.approx(many, rel=1e-5)
        assert (one["accuracy"] == plain["accuracy"], one["loss"] != plain["loss"]) == (True, True)

    def test_probabilities_in_place_of_classes(self):
        rng = _rng()
        model, data = Classifier("gru", 9, 3, 4, rng=rng), Sequences(rng.integers(9, size=(9, 4)), rng.random(9))
        one, many = (evaluate(model, data, loss=model.loss, class_weights=[1, 4], batch_size=n) for n in (9, 2))
        assert one["loss"] == pytest.approx(many["loss"], rel=1e-5)

    def test_a_rare_class_is_said_more_often(self):
        rng = _rng()
        x = rng.integers(1, 9, size=(400, 3))
        y = (rng.random(400) < 0.15).astype(int)  # nothing tells them apart
        said = []
        for weights in (None, [1, 20]):
            model = Classifier("gru", 9, 3, 4, rng=_rng())
            how = {"optimiser": Adam(model, 0.01), "epochs": 2, "batch_size": 20, "rng": _rng()}
            fit(model, Sequences(x, y), loss=model.loss, class_weights=weights, **how)
            said.append(model.predict(x).mean())
        assert said[0] < 0.05 < 0.9 < said[1]

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([1, 2], r"class_weights must be 3 numbers, one a class, got shape \(2,\)"),
            ([1, -1, 1], "finite and at least 0"),
            ([1, np.nan, 1], "finite and at least 0"),
            ([0, 0, 1], "class_weights are 0 for all that counts"),
        ],
    )
    def test_bad(self, weights, message):
        with pytest.raises(ValueError, match=message):
            softmax_cross_entropy(np.zeros((2, 3)), np.array([0, 1]), class_weights=weights)


def test_a_crf_takes_no_class_weights():
    model = Tagger("gru", 9, 3, 4, 3, crf=True, rng=_rng())
    data = Sequences(np.ones((2, 3), int), np.zeros((2, 3), int))
    for name, value in (("class_weights", [1, 1, 1]), ("ignore", 1)):
        with pytest.raises(ValueError, match=f"a CRF scores a tagging as a whole, and takes no {name}"):
            model.loss(model.forward(data.x), data.y, **{name: value})
    with pytest.raises(ValueError, match="class_weights must be numbers, one a class, got 1"):
        evaluate(model, data, loss=model.loss, class_weights=1)
    with pytest.raises(TypeError, match="loss takes no class_weights: softmax_cross_entropy and"):
        evaluate(model, data, loss=ctc_loss, class_weights=[1, 1])


def test_a_losss_parameters_are_the_models():
    model, crf = Tagger("gru", 9, 3, 4, 3, rng=_rng()), CRF(3, rng=_rng())
    data = Sequences(np.ones((2, 3), int), np.zeros((2, 3), int))
    how = {"optimiser": Adam(model), "epochs": 1, "batch_size": 2, "rng": _rng()}
    with pytest.raises(ValueError, match="loss has a parameter transitions that model has not: make it one of its"):
        fit(model, data, loss=crf.loss, **how)
    before = {name: array.copy() for name, array in crf.params.items()}
    model.children["crf"] = crf
    fit(model, data, loss=crf.loss, decode=crf.decode, **how)
    assert all((array != before[name]).any() for name, array in crf.params.items())


class TestCallbacks:
    def _fit(self, epochs, callbacks, **options):
        rng = _rng()
        model = Classifier("rnn", 9, 2, 3, rng=rng)
        data = Sequences(rng.integers(9, size=(8, 4)), rng.integers(2, size=8))
        how = {"optimiser": Adam(model), "batch_size": 4, "rng": rng, **options}
        return model, fit(model, data, loss=model.loss, epochs=epochs, callbacks=callbacks, **how)

    def test_are_called_after_each_epoch(self):
        seen = []

        def note(epoch, entry, model):
            seen.append((epoch, entry["loss"], model.readout.params["W"].copy()))
            entry["size"] = float(np.abs(model.readout.params["W"]).sum())

        model, history = self._fit(3, [note])
        assert [epoch for epoch, *_ in seen] == [0, 1, 2]
        assert [loss for _, loss, _ in seen] == [entry["loss"] for entry in history]
        np.testing.assert_array_equal(seen[-1][2], model.readout.params["W"])
        assert history[-1]["size"] == pytest.approx(np.abs(model.readout.params["W"]).sum())

    def test_one_stops_and_all_are_called(self, tmp_path):
        called = []
        callbacks = [lambda epoch, *_: epoch == 1, lambda epoch, *_: called.append(epoch)]
        _, history = self._fit(5, callbacks, checkpoint=tmp_path / "run.npz")
        assert (len(history), called) == (2, [0, 1])
        _, again = self._fit(5, callbacks, checkpoint=tmp_path / "run.npz")  # it had stopped
        assert (again, called) == (history, [0, 1])


def test_numbers_are_not_right_or_wrong():
    data = Sequences(np.ones((4, 3), np.float32), np.arange(4.0))
    found = evaluate(Dense(3, 1, rng=_rng()), data, loss=squared_error, metric=lambda true, said: float(said[3]))
    assert found.keys() == {"loss", "<lambda>"}


def test_several_numbers_for_a_sequence_are_not_steps():
    x, y = np.ones((4, 2, 3), np.float32), np.ones((4, 5), np.float32)
    data = Sequences(x, y, np.array([2, 1, 2, 2]), per_step=False)
    assert next(data.batches(2)).y.shape == (2, 5)
    with pytest.raises(ValueError, match="target_lengths must lie between 0 and the 5 steps of y"):
        Sequences(x, y, target_lengths=np.array([1, 1, 1, 6]))
