"""One class for each sequence."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.estimators.base import Estimator, check_target
from birnn_ref.estimators.contract import column_warning, tags
from birnn_ref.losses import sigmoid, softmax
from birnn_ref.models import Classifier


class BiRNNClassifier(Estimator):
    """Tell sequences apart: a `Classifier` after scikit-learn's contract.

    Parameters
    ----------
    cell, hidden, depth, embedding, bidirectional, dropout, word_dropout, min_count, scale, epochs, batch_size, rate, \
clip, validation, patience, progress, dtype, random_state
        As in `Estimator`.
    pooling : {"mean", "final", "max", "attention"}
        How the states become one vector.
    class_weight : dict, "balanced" or None
        How much a sequence of each class weighs in training; balanced, all classes weigh alike together.

    Attributes
    ----------
    classes_ : array, ``(classes,)``
        The labels, sorted.
    model_, history_, n_features_in_
        As in `Estimator`.

    Examples
    --------
    Does a series go up or down in the end? The series are of any length.

    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=rng.integers(3, 9)) for _ in range(200)]
    >>> y = ["up" if series[-1] > series[0] else "down" for series in X]
    >>> model = BiRNNClassifier("gru", hidden=8, rate=0.03, progress=False, random_state=0).fit(X[:150], y[:150])
    >>> model.classes_.tolist(), model.score(X[150:], y[150:]) > 0.9
    (['down', 'up'], True)
    """

    kind: ClassVar[str | None] = "classifier"
    learned: ClassVar[tuple[str, ...]] = ("classes_",)
    classes_: Any

    def __init__(
        self, cell: str = "lstm", *, hidden: int = 32, depth: int = 1, embedding: int = 32, bidirectional: bool = True,
        pooling: str = "mean", class_weight: Any = None, dropout: float = 0.0, word_dropout: float = 0.0,
        min_count: int = 1, scale: bool = True, epochs: int = 50, batch_size: int = 32, rate: float = 0.01,
        clip: float | None = 5.0, validation: float = 0.0, patience: int | None = None, progress: bool = True,
        dtype: str = "float32", random_state: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            cell, hidden=hidden, depth=depth, embedding=embedding, bidirectional=bidirectional, dropout=dropout,
            word_dropout=word_dropout, min_count=min_count, scale=scale, epochs=epochs, batch_size=batch_size,
            rate=rate, clip=clip, validation=validation, patience=patience, progress=progress, dtype=dtype,
            random_state=random_state,
        )  # fmt: skip
        self.pooling, self.class_weight = pooling, class_weight

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from sequences and their classes.

        Parameters
        ----------
        X : list of arrays ``(time, features)`` or ``(time,)``, or of lists of words; or one array for all
        y : array, ``(count,)``
            Labels: text or whole numbers.

        Returns
        -------
        BiRNNClassifier
            Itself.

        Raises
        ------
        TypeError, ValueError
            If X or y is not as above, a number is NaN or infinite, or there is one class only.
        """
        reading = self._reading()
        reading.fit(X)
        labels = _labels(check_target(X, y, type(self).__name__))
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y holds one class only, {self.classes_[0]!r}: there is nothing to tell apart")
        outputs = 1 if len(self.classes_) == 2 else len(self.classes_)

        def make(num_words: int | None, features: int, **common: Any) -> Classifier:
            return Classifier(self.cell, num_words, features, self.hidden, outputs, pooling=self.pooling, **common)

        weights = self._weights(numbers)
        how = {} if weights is None else {"class_weights": weights}
        self._train(reading, X, make, numbers, per_step=False, **how)
        return self

    def predict(self, X: Any) -> Any:
        """Return the class of each sequence, ``(count,)``."""
        x, lengths = self._read(X)
        return self.classes_[self.model_.predict(x, lengths)]

    def predict_proba(self, X: Any) -> Float:
        """Return the probability of each class, ``(count, classes)``."""
        x, lengths = self._read(X)
        logits = self.model_.logits(x, lengths)
        if logits.shape[1] > 1:
            return softmax(logits)
        yes = sigmoid(logits)
        return np.concatenate([1 - yes, yes], axis=1)

    def score(self, X: Any, y: Any) -> float:
        """Return the accuracy, the share of classes that are right."""
        return float(np.mean(self.predict(X) == _labels(y)))

    def _weights(self, numbers: Any) -> Any:
        """Return one weight a class, or None."""
        if self.class_weight is None:
            return None
        if isinstance(self.class_weight, dict):
            return np.array([self.class_weight.get(label, 1.0) for label in self.classes_.tolist()])
        if self.class_weight != "balanced":
            raise ValueError(f"class_weight must be a dict, 'balanced' or None, got {self.class_weight!r}")
        counts = np.bincount(numbers)
        return len(numbers) / (len(counts) * counts)

    def __sklearn_tags__(self) -> Any:
        return tags(self.kind)


def _labels(y: Any) -> Any:
    """Return labels ``(count,)``."""
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        message = "A column-vector y was passed when a 1d array was expected: y.ravel() is one"
        warnings.warn(message, column_warning(), stacklevel=3)
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(f"y has shape {labels.shape}, expected one label for each sequence, (count,)")
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all():
            raise ValueError("y contains NaN or inf, which are no classes")
        if (labels != np.round(labels)).any():
            raise ValueError(
                "Unknown label type: continuous. Classes are text or whole numbers; BiRNNRegressor says numbers"
            )
    return labels
