"""Estimators: scikit-learn's own checks, ragged sequences of numbers and words, files, and what is refused."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from birnn_ref.estimators import BiRNNClassifier, BiRNNRegressor, BiRNNTagger, Estimator, NotFittedError
from birnn_ref.metrics import score_spans
from birnn_ref.train import CheckpointError

SMALL = {"hidden": 8, "epochs": 12, "rate": 0.05, "batch_size": 16, "progress": False, "random_state": 0}
RAGGED = "an array (count, time) is series of one feature, and series of another length are read as well"
EXPECTED = {
    "check_n_features_in": RAGGED,
    "check_n_features_in_after_fitting": RAGGED,
    "check_classifiers_train": f"its last part: {RAGGED}; its accuracies are checked below",
}


def _check_name(case):
    """The name of one of scikit-learn's checks, which comes as a pair or as pytest's parameter."""
    check = getattr(case, "values", case)[1]
    return getattr(check, "func", check).__name__


with warnings.catch_warnings():
    # It asks for its own base class, which a package that needs NumPy alone cannot have; the contract is what counts.
    warnings.filterwarnings("ignore", "Estimator .* does not inherit from", UserWarning)
    own_checks = parametrize_with_checks(
        [BiRNNClassifier("gru", **SMALL, dtype="float64"), BiRNNRegressor("gru", **SMALL, dtype="float64")],
        expected_failed_checks=lambda estimator: EXPECTED,
    )

# These want pandas, and SciPy's switch for other kinds of array: neither is anything that the estimators read.
OTHER_ARRAYS = ("check_array_api_input", "check_classifier_data_not_an_array", "check_regressor_data_not_an_array")
names, checks = own_checks.args
own_checks = pytest.mark.parametrize(
    names, [case for case in checks if _check_name(case) not in OTHER_ARRAYS], **own_checks.kwargs
)


@own_checks
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def _ups(count, seed=0):
    """Series of any length, and whether each ends higher than it begins."""
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=rng.integers(2, 9)) for _ in range(count)]
    return X, np.array(["up" if series[-1] > series[0] else "down" for series in X])


def _orders(count, seed=0):
    """Sentences of words: which of two names comes first, or neither."""
    rng = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(count):
        words = rng.choice(["so", "then", "and"], size=rng.integers(2, 7)).tolist()
        first = rng.choice(["ann", "bob", "none"])
        if first != "none":
            at = sorted(rng.choice(len(words) + 1, 2, replace=False))
            other = {"ann": "bob", "bob": "ann"}[first]
            words.insert(at[1], other)
            words.insert(at[0], str(first))
        X.append(words)
        y.append(str(first))
    return X, y


def _songs(count, seed=0):
    rng = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(count):
        name = rng.choice(["let it be", "help", "yesterday"]).split()
        X.append(["play", *name, "now"])
        y.append(["O", *["B-song", "I-song", "I-song"][: len(name)], "O"])
    return X, y


class TestClassifier:
    def test_series_of_any_length(self):
        X, y = _ups(300)
        model = BiRNNClassifier("gru", **SMALL)
        assert model.fit(X, y) is model
        assert model.classes_.tolist() == ["down", "up"]
        assert model.n_features_in_ == 1
        assert model.score(*_ups(100, 1)) > 0.9
        shares = model.predict_proba(X)
        assert shares.shape == (300, 2)
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
        np.testing.assert_array_equal(model.predict(X), np.where(shares[:, 1] > 0.5, "up", "down"))
        assert model.history_[-1]["loss"] < model.history_[0]["loss"]

    def test_words(self):
        model = BiRNNClassifier("gru", **SMALL).fit(*_orders(300))
        X, y = _orders(100, 1)
        assert model.score(X, y) > 0.95
        assert model.predict_proba([["never", "ann", "bob"]]).shape == (1, 3)  # a word that it has never seen
        assert not hasattr(model, "n_features_in_")

    def test_the_accuracies_of_scikit_learns_checks(self):
        from sklearn.datasets import make_blobs
        from sklearn.preprocessing import StandardScaler

        X, y = make_blobs(n_samples=300, random_state=0)
        X = StandardScaler().fit_transform(X)
        for keep in (y >= 0, y < 2):
            assert BiRNNClassifier("gru", **SMALL).fit(X[keep], y[keep]).score(X[keep], y[keep]) > 0.83

    def test_scale_of_the_features_does_not_matter(self):
        X, y = _ups(200)
        one, other = (
            BiRNNClassifier("gru", **SMALL, dtype="float64").fit(X_, y) for X_ in (X, [1e6 * x + 5e6 for x in X])
        )
        np.testing.assert_allclose(one.predict_proba(X), other.predict_proba([1e6 * x + 5e6 for x in X]), rtol=1e-6)

    @pytest.mark.parametrize("weights", ["balanced", {"rare": 30.0}])
    def test_a_rare_class_weighs_more(self, weights):
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(200, 3)), np.where(rng.random(200) < 0.1, "rare", "usual")  # nothing tells them apart
        said = [BiRNNClassifier("rnn", **SMALL | {"epochs": 3}, class_weight=w).fit(X, y).predict_proba(X)[:, 0].mean()
                for w in (None, weights)]  # fmt: skip
        assert said[0] < 0.2 < 0.4 < said[1]

    def test_the_best_epoch_on_held_out_series_is_kept(self):
        X, y = _ups(100)
        model = BiRNNClassifier("gru", **SMALL | {"epochs": 30}, validation=0.3, patience=2).fit(X, y)
        losses = [entry["validation_loss"] for entry in model.history_]
        assert len(losses) < 30
        assert int(np.argmin(losses)) == len(losses) - 3


class TestRegressor:
    def test_a_number_for_a_series(self):
        rng = np.random.default_rng(0)
        X = [rng.normal(size=(rng.integers(2, 7), 2)) for _ in range(300)]
        y = [1000 + 50 * walk[:, 0].sum() for walk in X]
        model = BiRNNRegressor("gru", **SMALL, pooling="final").fit(X[:250], y[:250])
        assert model.score(X[250:], y[250:]) > 0.8
        said = model.predict(X[250:])
        assert (said.shape, said.dtype) == ((50,), np.float64)
        assert 900 < said.mean() < 1100

    @pytest.mark.parametrize("outputs", [None, 1, 2])
    def test_numbers_for_each_step(self, outputs):
        rng = np.random.default_rng(0)
        X = [rng.normal(size=rng.integers(2, 7)) for _ in range(200)]
        y = [np.convolve(np.pad(series, 1), [1, 0, 1], "valid") for series in X]  # what stands on both sides
        if outputs:
            y = [np.repeat(steps[:, None], outputs, axis=1) for steps in y]
        model = BiRNNRegressor("gru", **SMALL, pooling=None).fit(X, y)
        assert model.score(X, y) > 0.9
        for said, true in zip(model.predict(X), y, strict=True):
            assert said.shape == true.shape

    def test_several_numbers(self):
        X, _ = _ups(100)
        y = np.array([[series.sum(), series[0]] for series in X])
        said = BiRNNRegressor("gru", **SMALL, error="absolute").fit(X, y).predict(X[:7])
        assert said.shape == (7, 2)

    def test_its_score_is_scikit_learns(self):
        from sklearn.metrics import r2_score

        X, _ = _ups(50)
        y = np.array([[series.sum(), series[0]] for series in X])
        model = BiRNNRegressor("rnn", **SMALL).fit(X, y)
        assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)), rel=1e-9)


class TestTagger:
    @pytest.mark.parametrize("options", [{}, {"crf": False}, {"chars": True}, {"chars": True, "width": None}], ids=str)
    def test_words(self, options):
        X, y = _songs(60)
        model = BiRNNTagger("gru", **SMALL, **options).fit(X, y)
        assert model.classes_.tolist() == ["O", "B-song", "I-song"]
        assert (model.model_.crf is not None) == options.get("crf", True)
        said = model.predict(X)
        assert score_spans(y, said)["all"].f1 == model.score(X, y) == 1
        shares = model.predict_proba(X[:3])
        assert [share.shape for share in shares] == [(len(words), 3) for words in X[:3]]
        np.testing.assert_allclose(shares[0].sum(axis=1), 1, rtol=1e-5)

    def test_a_crf_of_bio_tags_keeps_their_rules(self):
        X, y = _songs(60)
        model = BiRNNTagger("gru", **SMALL | {"epochs": 1}).fit(X, y)
        assert not model.model_.crf.rules[0][2]
        assert BiRNNTagger("gru", **SMALL | {"epochs": 1}).fit([[1.0], [2.0]], [[3], [5]]).model_.crf.rules[0].all()

    def test_letters_of_new_words(self):
        rng = np.random.default_rng(0)
        X = [
            ["".join(rng.choice(list("abcde"), 3)) + end for end in rng.choice(["ly", "ing"], size=4)]
            for _ in range(150)
        ]
        y = [["A" if word.endswith("ly") else "V" for word in words] for words in X]
        read = {"filters": 12, "char_embedding": 8, "min_count": 5}
        found = [BiRNNTagger("gru", **SMALL, chars=chars, **read).fit(X[:100], y[:100]).score(X[100:], y[100:])
                 for chars in (True, False)]  # fmt: skip
        assert found[0] > 0.95 > 0.75 > found[1]


FITTED = {
    "classifier": lambda: BiRNNClassifier("gru", **SMALL, class_weight={"up": 2.0}).fit(*_ups(60)),
    "classes of words": lambda: BiRNNClassifier("rnn", **SMALL, scale=False).fit(*_orders(60)),
    "objects": lambda: BiRNNClassifier("rnn", **SMALL).fit(_ups(60)[0], _ups(60)[1].astype(object)),
    "regressor": lambda: BiRNNRegressor("lstm", **SMALL).fit(_ups(60)[0], np.arange(60.0)),
    "steps": lambda: BiRNNRegressor("lstm", **SMALL, pooling=None).fit(_ups(60)[0], _ups(60)[0]),
    "tagger": lambda: BiRNNTagger("gru", **SMALL, chars=True).fit(*_songs(60)),
}
each_fitted = pytest.mark.parametrize("name", FITTED)


def _asked(name):
    return {"tagger": _songs, "classes of words": _orders}.get(name, _ups)(20, 9)[0]


@each_fitted
def test_comes_back_from_its_file(name, tmp_path):
    model, X = FITTED[name](), _asked(name)
    path = tmp_path / "model.npz"
    model.save(path)
    for loaded in (Estimator.load(path), type(model).load(path)):
        assert loaded.get_params() == model.get_params()
        assert loaded.history_ == model.history_
        assert loaded.summary() == model.summary()
        for a, b in zip(model.predict(X), loaded.predict(X), strict=True):
            np.testing.assert_array_equal(a, b)
        if hasattr(model, "predict_proba"):
            for a, b in zip(model.predict_proba(X), loaded.predict_proba(X), strict=True):
                np.testing.assert_array_equal(a, b)
    with np.load(path, allow_pickle=False) as file:
        assert all(file[key].dtype != object for key in file.files)
    other = BiRNNRegressor if isinstance(model, BiRNNClassifier) else BiRNNClassifier
    with pytest.raises(CheckpointError, match=f"holds a {type(model).__name__}, expected {other.__name__}"):
        other.load(path)


def test_another_file_is_refused(tmp_path):
    FITTED["classifier"]().model_.save(tmp_path / "model.npz")
    with pytest.raises(CheckpointError, match="is not an estimator's file"):
        Estimator.load(tmp_path / "model.npz")
    with pytest.raises(FileNotFoundError):
        Estimator.load(tmp_path / "none.npz")


@each_fitted
def test_a_clone_is_alike_and_not_fitted(name):
    model = FITTED[name]()
    other = clone(model)
    assert other.get_params() == model.get_params()
    assert repr(other) == repr(model)
    with pytest.raises(ValueError, match=r"instance is not fitted yet: call fit"):
        other.predict(_asked(name))
    for call in (other.summary, other.plot_history, lambda: other.save("x.npz")):
        with pytest.raises(AttributeError, match="not fitted yet"):
            call()


def test_scikit_learns_tools_take_it():
    X, y = _ups(90)
    X = [np.resize(series, 8) for series in X]
    model = BiRNNClassifier("rnn", **SMALL)
    assert cross_val_score(model, X, y, cv=3).shape == (3,)
    search = GridSearchCV(model, {"hidden": [2, 3]}, cv=2).fit(X, y)
    assert search.best_params_["hidden"] in (2, 3)
    assert make_pipeline(FunctionTransformer(), model).fit(np.array(X), y).predict(np.array(X)).shape == (90,)


@pytest.mark.parametrize("state", [3, np.int64(3), np.random.default_rng(3), np.random.RandomState(3)], ids=str)
def test_seeds_make_a_fit_repeatable(state):
    X, y = _ups(40)
    if isinstance(state, np.random.Generator | np.random.RandomState):
        state, again = np.random.default_rng(3), np.random.default_rng(3)
    else:
        again = int(state)
    how = SMALL | {"epochs": 2, "dropout": 0.5}
    one, two = (BiRNNClassifier("gru", **how | {"random_state": s}).fit(X, y).predict_proba(X) for s in (state, again))
    np.testing.assert_array_equal(one, two)


def test_a_bar_by_default_and_a_summary(capsys):
    model = BiRNNClassifier("gru", hidden=2, epochs=1, random_state=0).fit(*_ups(40))
    assert "epoch 1" in capsys.readouterr().err
    lines = model.summary().splitlines()
    assert lines[0] == "BiRNNClassifier(cell='gru', hidden=2, epochs=1, random_state=0)"
    assert lines[1].split() == ["summary.stack.0.W_xh", "2", "×", "1", "×", "6", "12"]
    assert lines[-1].split() == ["in", "all", "57"]  # 2 × (6 + 12 + 6 + 2) and 4 + 1


def test_a_learning_curve():
    pytest.importorskip("matplotlib")
    from birnn_ref.inspect.plots import plot_history

    model = BiRNNClassifier("gru", **SMALL, validation=0.2).fit(*_ups(60))
    ax = model.plot_history()
    assert [line.get_label() for line in ax.lines] == ["training", "held out"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [entry["validation_loss"] for entry in model.history_])
    ax.figure.clear()
    with pytest.raises(ValueError, match="history holds no epochs"):
        plot_history([])


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        ([[1.0, 2.0], [1.0, np.nan]], [0, 1], ValueError, "X contains NaN at sequence 1, step 1: fill gaps"),
        ([[1.0], [1.0, np.nan]], [0, 1], ValueError, "sequence 1 of X contains NaN at step 1"),
        (
            [np.ones((2, 3)), np.full((1, 3), np.inf)],
            [0, 1],
            ValueError,
            "sequence 1 of X contains inf at step 0, feature 0",
        ),
        (
            [np.ones((2, 3)), np.ones((2, 2))],
            [0, 1],
            ValueError,
            "sequence 1 of X has 2 features a step, and sequence 0 3",
        ),
        ([np.ones((2, 3)), np.ones(2)], [0, 1], ValueError, "sequence 1 of X has numbers, and sequence 0 3 features"),
        ([[1.0], []], [0, 1], ValueError, "sequence 1 of X has no steps"),
        ([["a"], []], [0, 1], ValueError, "sequence 1 of X has no steps"),
        ([["a"], ["b", 3]], [0, 1], TypeError, "sequence 1 of X holds something that is not a word"),
        (["a text", "another"], [0, 1], TypeError, r"one text: cut it into words first, as text\.split\(\) does"),
        ([1.0, 2.0], [0, 1], ValueError, r"X has shape \(2,\).*X.reshape\(1, -1\) is one sequence"),
        ([], [], ValueError, "X holds 0 sequences"),
        ([[1.0], [2.0]], [0], ValueError, "X holds 2 sequences and y 1 targets"),
        ([[1.0], [2.0]], [[0], [1, 2]], ValueError, "inhomogeneous"),
        ([[1.0], [2.0]], [0, np.nan], ValueError, "y contains NaN"),
        ([[1.0], [2.0]], [0, 0.5], ValueError, "Unknown label type: continuous"),
        ([[1.0], [2.0]], [1, 1], ValueError, "one class only"),
    ],
)
def test_what_is_refused(X, y, error, message):
    with pytest.raises(error, match=message):
        BiRNNClassifier("gru", **SMALL).fit(X, y)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: FITTED["classifier"]().predict([["a"]]), TypeError, "X holds words, and BiRNNClassifier was"),
        (lambda: FITTED["classes of words"]().predict([[1.0]]), TypeError, "X holds numbers, and BiRNNClassifier was"),
        (lambda: FITTED["classifier"]().predict(np.ones((1, 2, 3))), ValueError, "X has 3 features, but BiRNNC"),
        (lambda: BiRNNTagger(**SMALL).fit([["a", "b"]], [["O"]]), ValueError, r"target 0 of y has shape \(1,\), exp"),
        (lambda: BiRNNTagger(**SMALL).fit([["a"]], [[0.5]]), TypeError, "target 0 of y has dtype float64"),
        (lambda: BiRNNTagger(**SMALL, chars=True).fit([[1.0]], [[1]]), ValueError, "chars=True reads the letters"),
        (lambda: BiRNNRegressor(**SMALL).fit([[1.0]], [[[1.0]]]), ValueError, "target 0 of y .* expected one number"),
        (lambda: BiRNNRegressor(**SMALL).fit([[1.0]], [np.nan]), ValueError, "target 0 of y contains NaN"),
        (lambda: BiRNNRegressor(**SMALL, pooling=None).fit([[1.0]], [[1.0, 2]]), ValueError, "target 0 of y has 2 s"),
        (lambda: BiRNNRegressor(**SMALL).fit([[1.0], [2.0]], [[1.0], [1, 2]]), ValueError, "target 1 of y has 2 n"),
        (lambda: BiRNNClassifier(**SMALL, class_weight="even").fit(*_ups(9)), ValueError, "class_weight must be a"),
        (lambda: BiRNNClassifier(**SMALL | {"random_state": "x"}).fit(*_ups(9)), TypeError, "random_state must be"),
        (lambda: BiRNNClassifier(**SMALL | {"epochs": 0}).fit(*_ups(9)), ValueError, "epochs must be at least 1"),
        (lambda: BiRNNClassifier(**SMALL, validation=1).fit(*_ups(9)), ValueError, r"validation must lie in \[0, 1\)"),
        (lambda: BiRNNClassifier(**SMALL).set_params(cells="gru"), ValueError, "Invalid parameter 'cells' for BiRNNCl"),
    ],
)  # fmt: skip
def test_what_else_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_it_needs_no_scikit_learn(monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn.exceptions", None)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        BiRNNClassifier().predict([[1.0]])
    with pytest.warns(UserWarning, match="A column-vector y was passed"):
        BiRNNClassifier("rnn", **SMALL | {"epochs": 1}).fit([[1.0], [2.0]], [[0], [1]])
